"""Reports: each format is a function from a Report to text, and knows nothing else of the grader."""
