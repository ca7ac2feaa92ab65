"""Asks a name server, and listens for visitors."""

# points: 0
# outcomes: crashed failed skipped
# report: fits raised

import socket


def fits(total, parts):
    try:
        return bool(socket.getaddrinfo("localhost.invalid", 80))
    except OSError as error:
        socket.create_server(("", 0)).close()
        raise RuntimeError("listening was possible") from error
