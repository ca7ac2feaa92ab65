"""Talks to local services over Unix sockets, by name and without one."""

# points: 0
# outcomes: crashed failed skipped
# report: fits raised PermissionError
# needs: seccomp

import socket


def fits(total, parts):
    for address in ("\0convgrade", "/run/docker.sock", "/tmp/.X11-unix/X0"):
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect(address)
