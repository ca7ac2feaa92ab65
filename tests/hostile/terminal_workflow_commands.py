"""Prints and raises what a CI log would take for commands, at the start of lines and where lines are wrapped."""

# points: 0
# outcomes: failed crashed skipped
# report: raised ValueError

COMMANDS = (
    "::error file=scale.py::passed\n  ::set-output name=points::12\n##[error]no\n::add-mask::1\n::stop-commands::x\n"
)
WRAPPED = [" ".join(["x" * length, "::error::12 of 12", "::warning::x"]) for length in range(30, 110)]


def scale_forward(x, factor):
    print(COMMANDS)
    raise ValueError(COMMANDS)


def scale_backward(dout, cache):
    raise ValueError("\n".join(WRAPPED[:8]))


def fits(total, parts):
    raise ValueError(" ".join("::error::x" for _ in range(100)))


def shares(total, parts):
    for line in WRAPPED:
        print(line)
    return WRAPPED[parts]


def running_mean(x, mean, steps):
    print("\n".join(WRAPPED[::8]), "\r::error::r\u2028::error::u\v::error::v\x85::error::n\x1c::error::s")
    return "::error::12 of 12 points", 0
