"""Returns texts of five megabytes, and texts that no encoding can write."""

# points: 0
# outcomes: failed crashed timed_out skipped
# report: fits

asked = []


def fits(total, parts):
    asked.append(total)
    return "x" * 5_000_000 if len(asked) < 4 else 0


def shares(total, parts):
    asked.append(total)
    if len(asked) > 8:
        return 0
    return ["\ud800\udfff\x00\x1b[2J\u202e", ["::error::" * 100_000]]


def running_mean(x, mean, steps):
    return "\ud800", "\udfff"
