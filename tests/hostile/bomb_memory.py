"""Takes all the memory it can get."""

# points: 0
# outcomes: crashed failed timed_out skipped
# report: fits
# needs: memory_limit


def fits(total, parts):
    hoard = []
    while True:
        hoard.append(bytearray(1 << 24))
