"""Grading a whole class: who handed in what, grading in parallel, what is kept, gradebooks and the overview."""
