"""Prints, raises and returns markup: of the terminal library, of HTML, of Markdown, of spreadsheets."""

# points: 0
# outcomes: failed crashed skipped
# report: [bold red]12 of 12[/bold red]

MARKUP = (
    "[bold red]12 of 12[/bold red] [/] [link=https://x]y[/link] <script>alert(1)</script> ![x](y) ``` =1+1 &lt; ]]>"
)


def scale_forward(x, factor):
    print(MARKUP)
    return MARKUP, None


def fits(total, parts):
    raise ValueError(MARKUP)


def shares(total, parts):
    return [MARKUP, MARKUP]
