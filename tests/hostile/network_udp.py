"""Sends a datagram."""

# points: 0
# outcomes: crashed failed skipped
# report: fits raised PermissionError
# needs: seccomp

import socket


def fits(total, parts):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"what is the answer?", ("127.0.0.1", 53))
