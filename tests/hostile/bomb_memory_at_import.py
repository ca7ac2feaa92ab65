"""Takes all the memory it can get while it is imported, and more in small pieces when there is no large one left."""

# points: 0
# outcomes: crashed timed_out skipped
# report: importing scale.py
# needs: memory_limit

hoard = []
size = 1 << 26
while True:
    try:
        hoard.append(bytearray(size))
    except MemoryError:
        if size == 1:
            raise
        size //= 2
