"""Opens a connection over TCP, to the outside and to this machine."""

# points: 0
# outcomes: crashed failed skipped
# report: fits raised PermissionError
# needs: seccomp

import socket


def fits(total, parts):
    for host in ("127.0.0.1", "::1", "192.0.2.1"):
        socket.create_connection((host, 80), timeout=0.2).sendall(b"what is the answer?")
