"""Leaves files with hostile names and modes in its scratch folder."""

# points: 0
# outcomes: failed
# report: is wrong

import os

for name in (b"\xff\xfe", b"\x1b[2J", b"-rf", b"a" * 255, b"new\nline", b"::error::", b" "):
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0))
kept = [open(f"open{number}", "wb") for number in range(20)]
for number in range(10):
    os.unlink(f"open{number}")
