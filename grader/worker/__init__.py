"""The worker: the process that holds a student's file and nothing else.

Modules here import the standard library, NumPy, safetensors and each other; of the grader they know
nothing. Whatever runs here can be replaced by the student's code, so nothing here decides anything.
"""
