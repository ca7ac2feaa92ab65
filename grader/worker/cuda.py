"""Makes CUDA ready in a worker before it is locked down, while the driver may open what it needs; imports nothing of ours.

CUDA must not be begun before a fork, so such a worker is always a cold one.
"""

from __future__ import annotations

import warnings
from typing import Any

ENVIRONMENT = {
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # matrix products are then the same in every run
    "NVIDIA_TF32_OVERRIDE": "0",  # whatever a submission switches on
    "CUDA_CACHE_DISABLE": "1",  # there is no folder for compiled kernels
    "CUDA_MODULE_LOADING": "LAZY",
}
CHOICE = "CUDA_VISIBLE_DEVICES"
"""Which of the machine's GPUs may be used; with LIBRARIES, all that a worker has from who runs the grader."""
LIBRARIES = "LD_LIBRARY_PATH"
"""Where the driver's library lies on machines that do not tell the system's loader, such as Colab's."""
VARIABLES = (*ENVIRONMENT, CHOICE, LIBRARIES)
HIDDEN = {CHOICE: ""}
"""Keeps CUDA out of a process. Where autograd sees a GPU it starts a thread for it, and after a fork it then refuses to work."""


def begin_cuda() -> dict[str, str]:
    """Begin CUDA and try it out: the "name" of the GPU, or the "problem", a sentence without its full stop."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they say is in the sentences
        try:
            if torch.version.cuda is None:
                return {"problem": f"PyTorch {torch.__version__} is built without CUDA"}
            if not torch.cuda.is_available():
                return {"problem": "PyTorch finds no usable NVIDIA driver and GPU"}
            name = str(torch.cuda.get_device_name(0))[:100]
        except Exception as error:
            return {"problem": f"CUDA could not be begun ({_first_line(error)})"}
        try:
            _try_out(torch)
        except Exception as error:
            return {"problem": f"{name} could not compute ({_first_line(error)})"}
    return {"name": name}


def _try_out(torch: Any) -> None:
    """A pass through what every model needs, so that its libraries are loaded and an old GPU shows itself."""
    model = torch.nn.Sequential(
        torch.nn.Conv2d(2, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8, 2)
    ).to("cuda")
    model(torch.ones(2, 2, 4, 4, device="cuda")).sum().backward()
    torch.cuda.synchronize()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
