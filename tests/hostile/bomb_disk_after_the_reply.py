"""Sends its reply and goes on writing files in the same thread, so that there is no second one to notice."""

# points: 0
# outcomes: failed crashed skipped
# report: wrote more than it may

from grader.worker import serve

original = serve.Server._returned


def returned(self, number, result, *arguments):
    original(self, number, result, *arguments)
    if type(result) is not bool:
        return
    for part in range(800):
        with open(f"part{part}", "wb") as file:
            file.write(bytes(1 << 20))


serve.Server._returned = returned
