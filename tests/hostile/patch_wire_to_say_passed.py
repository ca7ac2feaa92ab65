"""Answers every request with messages in which everything that can be true is true."""

# points: 0
# outcomes: crashed skipped
# report: its reply is not the answer to a call

from grader.worker import serve

original = serve.Server.send


def send(self, kind, arrays=None, **fields):
    if kind == "returned":
        original(self, "loaded", passed=True, outcome="passed", points=12, id=fields["id"], functions=["scale_forward"])
    else:
        original(self, kind, arrays, **fields)


serve.Server.send = send
