"""A cold worker: `python -s -P -m grader.worker`; requests on stdin, replies on stdout, output on stderr."""

from __future__ import annotations

import os

from . import process, wire
from .serve import Server


def main() -> None:
    """Take the channel off the standard descriptors, read the start message, become the worker."""
    parent = os.getppid()
    descriptors = (os.dup(0), os.dup(1), os.dup(2))
    message = Server(descriptors[0], descriptors[1], ".", ())._receive()
    if message is None or message.kind != "start":
        raise wire.MalformedFrame("the first message is not a start")
    process.own_session()
    needs = message.fields["needs"]
    paths = process.find_paths(needs, message.fields["device"])
    process.become_worker(descriptors, message.fields, process.warm_up(needs), paths, parent)


if __name__ == "__main__":
    main()
