"""Functions that say they stand in other files, on other lines, under other names; and a cache of lines that lies as well."""

# points: 0
# outcomes: crashed skipped
# report: raised KeyError

import linecache
import os

scale_forward = scale_backward = unscale = fits = shares = running_mean = None
HERE = os.path.dirname(__file__)


def make(name, file, line):
    code = compile(f"def {name}(*arguments):\n    raise KeyError('::error::x')\n", os.path.join(HERE, file), "exec")
    exec(code, globals())
    function = globals()[name]
    function.__code__ = function.__code__.replace(co_firstlineno=line, co_name="\x1b[2J\n::error::name")


make("scale_forward", "../../../../etc/passwd", 1)
make("scale_backward", "\x1b[2J\n::error::file.py", 1)
make("unscale", "scale.py", 2**31 - 2)
make("fits", "a" * 5000, 1)
make("shares", "\ud800.py", 1)
make("running_mean", "scale.py", 0)
linecache.getline = lambda *arguments: "\x1b[2J\n::error::line ##[error]x" * 9
