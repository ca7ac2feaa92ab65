"""Sends whole numbers of a million digits, which Python cannot print and no float can hold."""

# points: 0
# outcomes: crashed skipped failed
# report: its reply is not one the grader knows

from grader.worker import serve

original = serve.Server._returned


def returned(self, number, result, *arguments):
    if type(result) is not bool:
        return original(self, number, result, *arguments)
    value = {"int": "f" * 1_000_000}
    self.send("returned", id=number, value=value, after={"list": [{"list": [value, value]}, {"dict": []}]})


serve.Server._returned = returned
