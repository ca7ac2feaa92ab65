"""Raises an exception with a message of ten megabytes and a class name of one."""

# points: 0
# outcomes: crashed failed timed_out skipped
# report: fits

Long = type("A" * 1_000_000, (Exception,), {})


def fits(total, parts):
    raise Long("m" * 10_000_000)
