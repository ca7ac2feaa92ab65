"""The grader's side of the worker: starting it, talking to it, ending it, and the `student` that checks call."""
