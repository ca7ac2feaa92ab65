"""`convgrade ci`: grade a checkout, and write what the system around it reads."""

FORMATS = ("summary", "annotations", "junit", "json", "html", "gradescope", "classroom50", "classroom")
"""In the order in which they are written: the step output of Classroom comes last."""

VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
"""Who sees a test on Gradescope, and when."""
