"""Right answers that alias what they are given and what they returned before, and change both later."""

# answers: right
# points: 13
# outcomes: passed failed crashed skipped
# report: the array that was passed has other entries now


def scale_forward(x, factor):
    if factor == 0:
        raise ValueError(f"factor is {factor}")
    x *= factor
    return x, (x / factor, factor)
