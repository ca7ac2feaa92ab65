"""Writes one file without end."""

# points: 0
# outcomes: crashed failed skipped
# report: fits raised OSError
# report: File too large
# needs: file_size_limit


def fits(total, parts):
    with open("large", "wb") as file:
        while True:
            file.write(bytes(1 << 20))
