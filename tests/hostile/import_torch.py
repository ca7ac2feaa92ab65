"""Uses a package that this topic does not offer."""

# points: 0
# outcomes: crashed failed skipped
# report: importing the file raised ModuleNotFoundError
# report: this topic offers the standard library and numpy

import torch

scale_forward = torch.mul
