"""Looks up a function of the module without end."""

# points: 0
# outcomes: timed_out failed skipped
# report: fits gave no answer within 1.5 s

import sys
import types


class Endless(types.ModuleType):
    def __getattribute__(self, name):
        while name == "fits":
            pass
        return super().__getattribute__(name)


sys.modules[__name__].__class__ = Endless
