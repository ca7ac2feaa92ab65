"""Raises from a line of code of a megabyte, in a function whose name is as long as Python allows."""

# points: 0
# outcomes: crashed failed skipped
# report: fits raised ValueError

code = f"def {'f' * 10_000}(): raise ValueError('{'0' * 1_000_000}')"
exec(compile("\n" * 40 + code, __file__, "exec"))


def fits(total, parts):
    return globals()["f" * 10_000]()
