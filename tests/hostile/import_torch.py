"""Uses a package that this topic does not offer."""

# points: 0
# outcomes: crashed skipped
# report: importing scale.py raised ModuleNotFoundError
# report: this topic offers the standard library and numpy

import torch

scale_forward = torch.mul
