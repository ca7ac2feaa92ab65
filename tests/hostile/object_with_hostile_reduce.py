"""Returns objects that run code where they are pickled or copied."""

# points: 0
# outcomes: failed crashed skipped
# report: an object of type Bomb

import os


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/convgrade_left_behind",)

    def __deepcopy__(self, memory):
        os._exit(0)

    __copy__ = __getstate__ = __deepcopy__


def scale_forward(x, factor):
    return Bomb(), Bomb()


def fits(total, parts):
    return Bomb()
