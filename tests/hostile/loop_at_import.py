"""Never ends being imported."""

# points: 0
# outcomes: timed_out skipped
# report: importing scale.py took more than 2.5 s

while True:
    pass
