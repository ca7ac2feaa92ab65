"""Gradebooks: files that a learning platform imports, filled from the results of a class."""

from grader.batch.gradebooks.entry import Entry, Filled, lateness
from grader.batch.gradebooks.formats import FORMATS, Request, make, read_request, write_gradebooks

__all__ = ["FORMATS", "Entry", "Filled", "Request", "lateness", "make", "read_request", "write_gradebooks"]
