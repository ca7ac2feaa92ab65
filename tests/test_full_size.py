"""Models at their published size: on the CPU when asked, on a GPU where there is one, with the same points everywhere."""

from __future__ import annotations

import dataclasses
import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from grader import grade
from grader.checking.compare import CheckFailed
from grader.checking.fullsize import IMAGES, Pass, _expect, expect_full_size
from grader.client import process
from grader.client.fullsize import FullSize, Gpu
from grader.client.local import LocalBackend
from grader.client.student import Student
from grader.course import Course, load_course
from grader.errors import DeviceUnavailable, InternalFault, SandboxUnavailable
from grader.report.digest import full_size, made_under
from grader.report.hiding import for_student
from grader.results import CheckResult, Device, FullSizeRun, Isolation, Outcome, Report, TopicResult
from grader.worker import fullsize, operations, policy
from grader.worker.cuda import begin_cuda
from grader.worker.fullsize import run_full_size
from grader.worker.limits import Limits
from grader.worker.models import run_model
from grader.workshop import shared_workshop

ROOT = Path(__file__).parents[1]
COURSE = """
[course]
name = "nets"
title = "Nets"
version = "1"

[[topic]]
name = "net"
title = "A net"
file = "net.py"
points = 3
needs = "torch"
source = "none"
opaque = ["model"]

[topic.functions]
build_net = "model"
"""

CHECKS = '''
import pytest
from grader.checking import expect_full_size, expect_outputs, run, run_right
from reference.net import oracle


@pytest.mark.check("build_net/small", points=1)
def test_small(student):
    """The output is right on a small image."""
    expect_outputs(run(student, student.build_net(3), (2, 3, 8, 8)), run_right(oracle.build_net(3), (2, 3, 8, 8)))


@pytest.mark.check("build_net/published", points=2)
def test_published(student):
    """So it is at the published size."""
    student.sketch_model(student.build_net, 8)
    expect_full_size(student, oracle.build_net, 8, x=(3, 32, 32))
'''

ORACLE = """
from torch import nn


def build_net(width):
    return nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.Flatten(2))
"""

WRONG_WHEN_LARGE = """
import torch
from torch import nn


class Net(nn.Sequential):
    def forward(self, x):
        out = super().forward(x)
        return out if x.shape[-1] < 32 else out * 1.001


def build_net(width):
    return Net(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.Flatten(2))
"""


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with one PyTorch topic of one builder, published at 32x32."""
    root = tmp_path_factory.mktemp("nets")
    topic = root / "reference" / "net"
    topic.mkdir(parents=True)
    (root / "reference" / "course.toml").write_text(COURSE)
    for name, text in (("oracle", ORACLE), ("misconceptions", ""), ("test_net", CHECKS)):
        (topic / f"{name}.py").write_text(text)
    return load_course(root)


@pytest.fixture
def grade_net(nets: Course, tmp_path: Path) -> Callable[..., Report]:
    """Grade a source as net.py."""

    def graded(source: str, **options: Any) -> Report:
        (tmp_path / "net.py").write_text(source)
        report = grade(tmp_path, course=nets, **options)
        assert report.faults == ()
        return report

    return graded


def build_net(width: int) -> nn.Module:
    """The oracle of the tests that have no course."""
    return nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.Flatten(2))


# On the CPU


def test_a_right_model_has_the_same_points_with_and_without(grade_net: Callable[..., Report]) -> None:
    plain, large = grade_net(ORACLE, device="cpu"), grade_net(ORACLE, device="cpu", full_size=True)
    assert plain.points_earned == large.points_earned == 3
    assert plain.topics[0].full_size == ()
    (run,) = large.topics[0].full_size
    assert (run.model, run.shape, run.device, run.dtype) == ("build_net(8)", (1, 3, 32, 32), "cpu", "float64")
    assert full_size(large.topics[0]) == ["Right at the published size on the CPU in float64: build_net(8)."]
    assert large.isolation == plain.isolation
    assert Report.from_dict(large.to_dict()).to_dict() == large.to_dict()


def test_what_is_wrong_at_the_published_size_alone_loses_that_check(grade_net: Callable[..., Report]) -> None:
    assert grade_net(WRONG_WHEN_LARGE, device="cpu").points_earned == 3
    report = grade_net(WRONG_WHEN_LARGE, device="cpu", full_size=True)
    assert report.points_earned == 1
    failure = report.topics[0].checks[1].failure
    assert failure is not None and failure.call is not None and failure.reproduce is not None
    assert failure.what == "at the published size, x of shape (1, 3, 32, 32), the output is wrong"
    assert "its forward pass on x of shape (1, 3, 32, 32) in evaluation mode" in failure.call
    assert "build_net(8)" in failure.reproduce and "uniform(-1, 1, (1, 3, 32, 32))" in failure.reproduce
    assert report.topics[0].full_size == ()


@pytest.mark.parametrize(
    ("body", "outcome", "words"),
    [
        ("raise OSError('large')", Outcome.CRASHED, "the forward or backward pass of build_net at the published size"),
        ("import os; os._exit(3)", Outcome.CRASHED, "ended the process"),
        ("return None", Outcome.FAILED, "build_net returned NoneType from its forward pass"),
        ("return super().forward(x).detach()", Outcome.FAILED, "no gradient reaches the input"),
        ("return super().forward(x)[:, :1]", Outcome.FAILED, "the output has the wrong shape"),
        ("return (super().forward(x),) * 2", Outcome.FAILED, "the number of outputs is wrong"),
    ],
)
def test_failures_at_the_published_size_are_the_students(
    body: str, outcome: Outcome, words: str, grade_net: Callable[..., Report]
) -> None:
    source = WRONG_WHEN_LARGE.replace("return out if x.shape[-1] < 32 else out * 1.001", f"""if x.shape[-1] < 32:
            return out
        {body}""")  # fmt: skip
    check = grade_net(source, device="cpu", full_size=True).topics[0].checks[1]
    assert check.failure is not None
    assert check.outcome is outcome and words in check.failure.what


def test_one_by_one_is_the_same_as_a_batch_and_as_a_small_run() -> None:
    whole = run_full_size(build_net(4), (3, 3, 8, 8), seed=5)
    single = run_full_size(build_net(4), (3, 3, 8, 8), seed=5, one_by_one=True)
    small = run_model(build_net(4), (3, 3, 8, 8), seed=5)
    for name in ("outputs", "gradient"):
        assert np.allclose(whole[name], single[name], rtol=1e-12) and np.allclose(whole[name], small[name], rtol=1e-12)


def test_a_model_that_makes_float32_is_run_in_float32() -> None:
    class Rough(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.as_tensor(self.linear(x.float()))

    assert run_full_size(Rough(), (2, 4))["outputs"][0].dtype == np.float32


def test_a_lazy_model_and_no_model() -> None:
    assert run_full_size(nn.Sequential(nn.Flatten(), nn.LazyLinear(2)), (2, 3, 4, 4))["outputs"][0].shape == (2, 2)
    assert "not a torch.nn.Module" in run_full_size(3, (2, 3))["problem"]


def test_settings_of_pytorch_are_what_they_were() -> None:
    torch.backends.cudnn.benchmark = True
    try:
        run_full_size(build_net(2), (1, 3, 4, 4))
        assert torch.backends.cudnn.benchmark and not torch.are_deterministic_algorithms_enabled()
    finally:
        torch.backends.cudnn.benchmark = False


def test_limits_grow_for_the_published_size_alone() -> None:
    limits = Limits(call_seconds=1, full_size_seconds=100, full_size_memory_bytes=7, cpu_seconds=3)
    large = limits.at_full_size()
    assert (large.call_seconds, large.memory_bytes, large.cpu_seconds) == (100, 7, 103)
    assert large.topic_seconds == 210 and large.open_files == limits.open_files


def test_what_a_hidden_check_ran_is_not_told_to_students() -> None:
    run = FullSizeRun("build_net(7)", (1, 3, 8, 8), "cpu", "float64")
    for hidden in (False, True):
        check = CheckResult("build_net/x", "X.", Outcome.PASSED, Fraction(1), Fraction(1), hidden=hidden)
        topics = (TopicResult("net", "Net", (check,), full_size=(run,)),)
        report = Report("nets", "Nets", "1", "x", (), 0, Isolation("none"), topics)
        assert bool(for_student(report).topics[0].full_size) is not hidden


def test_the_courses_own_model_is_gone_when_the_students_is_made(nets: Course) -> None:
    """Also where it refers to itself, as a module does that keeps a method of its own."""
    made: list[weakref.ref[nn.Module]] = []
    seen: list[nn.Module | None] = []

    def build_itself(width: int) -> nn.Module:
        model = build_net(width)
        vars(model)["own"] = model.forward
        made.append(weakref.ref(model))
        return model

    def look(width: int) -> nn.Module:
        seen.append(made[0]())
        return build_net(width)

    build_itself.__name__ = "build_net"
    place = Place(nets, asked=True, cpu=look, cuda=DeviceUnavailable("none"))
    gc.disable()
    try:
        expect_full_size(place.student, build_itself, 4, x=(3, 8, 8))
    finally:
        gc.enable()
    assert seen == [None]


# On a GPU, which these tests put the CPU in float32 in the place of


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Models that should run on a GPU run on the CPU, all else being the same; gives what was asked: device, float32."""
    asked: list[tuple[str, bool]] = []

    def run_here(model: Any, x: Any, *, device: str = "cpu", **options: Any) -> Any:
        asked.append((device, options.get("single", False)))
        return run_full_size(model, x, device="cpu", **options)

    monkeypatch.setitem(operations.OPERATIONS, "run_full_size", run_here)
    monkeypatch.setattr(fullsize, "run_full_size", run_here)
    return asked


class Place:
    """A FullSize whose workers are functions of this process: `builds` by device; an exception is raised in its place."""

    def __init__(self, nets: Course, asked: bool = False, **builds: Any) -> None:
        self.topic, self.builds = nets.topics[0], builds
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.full_size = FullSize(self.begin, asked, Gpu())
        self.student = Student(self.topic, LocalBackend({}), full_size=self.full_size)

    def begin(self, device: str) -> tuple[Student, Callable[[], None]]:
        self.begun.append(device)
        build = self.builds.get(device, build_net)
        if isinstance(build, Exception):
            raise build
        return Student(self.topic, LocalBackend({"build_net": build})), lambda: self.ended.append(device)

    def check(self) -> list[tuple[str, str, str | None]]:
        """Run the check; says what ran where."""
        expect_full_size(self.student, build_net, 4, x=(3, 16, 16))
        return [(run.device, run.dtype, run.reason) for run in self.full_size.ran]


def wrong(width: int) -> nn.Module:
    return nn.Sequential(build_net(width), nn.Hardtanh(-1.0, 1.0))


def too_large(width: int) -> nn.Module:
    raise torch.OutOfMemoryError("CUDA out of memory")


def broken(width: int) -> nn.Module:
    raise RuntimeError("CUDA error: device-side assert triggered")


def test_what_is_right_on_the_gpu_is_right(nets: Course, stand_in: list[tuple[str, bool]]) -> None:
    place = Place(nets)
    assert place.check() == [("cuda", "float32", None), ("cuda", "float64", None)] and place.begun == ["cuda"]
    assert [run.shape for run in place.full_size.ran] == [(IMAGES, 3, 16, 16), (1, 3, 16, 16)]
    assert stand_in[-2:] == [("cuda", True), ("cuda", False)], "a model runs in both where it is said to have run"


@pytest.mark.parametrize("shape", [(), (1, 2), (1, 3, 9, 9)])
def test_a_forged_gradient_is_a_wrong_one(
    nets: Course, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]
) -> None:
    outputs = run_full_size(build_net(4), (1, 3, 16, 16))["outputs"]
    monkeypatch.setitem(
        operations.OPERATIONS, "run_full_size", lambda *_, **__: {"outputs": outputs, "gradient": np.zeros(shape)}
    )
    place = Place(nets, asked=True, cuda=DeviceUnavailable("none"))
    with pytest.raises(CheckFailed, match="the gradient of the input has the wrong shape"):
        place.check()


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_of_the_two_passes_on_the_gpu_is_compared(nets: Course, dtype: torch.dtype) -> None:
    class Off(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = super().forward(x)
            return out * 1.01 if x.dtype == dtype else out

    place = Place(nets, cuda=lambda width: Off(*build_net(width)))
    assert place.check() == [("cpu", "float64", "on the GPU it gave something else")]


def test_what_float32_alone_is_off_by_is_allowed_in_float32_alone() -> None:
    """The oracle's own model was off by 0.1 and 0.2, so that a jump of some size says nothing."""
    zeros = np.zeros((2, 3))
    wanted = Pass((zeros + 1,), zeros + 2, (0.1, 0.2))
    for output, gradient, rough, right in (
        (3.0, 6.0, True, True),
        (3.5, 0.0, True, False),
        (0.0, 6.9, True, False),
        (1e-6, 2e-6, False, True),
        (1e-4, 0.0, False, False),
        (0.0, 1e-4, False, False),
    ):
        got = Pass((wanted.outputs[0][:1] + output,), wanted.gradient[:1] + gradient)
        with nullcontext() if right else pytest.raises(CheckFailed, match="is wrong"):
            _expect(got, wanted, 1, rough, "here")


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (wrong, "on the GPU it gave something else"),
        (too_large, "it did not fit into the memory of the GPU"),
        (broken, "on the GPU it ended with RuntimeError"),
    ],
)
def test_the_cpu_decides_on_what_is_not_right_on_the_gpu(nets: Course, build: Any, reason: str) -> None:
    place = Place(nets, cuda=build)
    assert place.check() == [("cpu", "float64", reason)]
    with pytest.raises(CheckFailed, match=r"x of shape \(1, 3, 16, 16\), the output is wrong"):
        Place(nets, cuda=build, cpu=wrong).check()


@pytest.mark.usefixtures("stand_in")
def test_a_batch_that_does_not_fit_on_the_gpu_is_one_image(nets: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    class Large(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if len(x) > 1:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().forward(x)

    place = Place(nets, cuda=lambda width: Large(*build_net(width)))
    assert [device for device, _, _ in place.check()] == ["cuda", "cuda"] == place.begun
    assert {run.shape for run in place.full_size.ran} == {(1, 3, 16, 16)}


@pytest.mark.usefixtures("stand_in")
def test_models_that_are_right_share_the_worker_with_the_gpu(nets: Course) -> None:
    place = Place(nets)
    for _ in range(3):
        place.check()
    assert place.begun == ["cuda"] and place.ended == []
    place.full_size.close()
    place.full_size.close()
    assert place.ended == ["cuda"]


@pytest.mark.usefixtures("stand_in")
def test_a_model_that_fails_leaves_no_worker_to_the_next_one(nets: Course) -> None:
    place = Place(nets, cuda=wrong)
    for _ in range(2):
        place.check()
    assert place.begun == place.ended == ["cuda", "cpu", "cuda", "cpu"]


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("asked", [False, True])
def test_without_a_usable_gpu_the_rule_of_the_cpu_holds(nets: Course, asked: bool) -> None:
    place = Place(nets, asked, cuda=DeviceUnavailable("OldCard could not compute (no kernel image)"))
    assert place.check() == ([("cpu", "float64", None)] if asked else [])
    place.check()
    assert place.begun.count("cuda") == 1, "a GPU that cannot be used is not tried again"
    assert place.full_size.gpu == Gpu("OldCard could not compute (no kernel image)")


@pytest.mark.usefixtures("stand_in")
def test_a_sandbox_that_does_not_hold_with_a_gpu_leaves_the_cpu(nets: Course) -> None:
    place = Place(nets, True, cuda=SandboxUnavailable("these protections do not hold here: landlock"))
    assert place.check() == [("cpu", "float64", None)]
    assert place.full_size.gpu == Gpu("these protections do not hold here: landlock")


@pytest.mark.usefixtures("stand_in")
def test_a_worker_that_does_not_start_is_a_fault_of_ours_on_the_cpu_alone(nets: Course) -> None:
    place = Place(nets, cuda=InternalFault("a worker did not start"))
    assert place.check() == []
    assert place.full_size.gpu == Gpu("a process with CUDA could not be started")
    with pytest.raises(InternalFault):
        Place(nets, True, cuda=DeviceUnavailable("none"), cpu=InternalFault("a worker did not start")).check()


@pytest.mark.skipif(torch.cuda.is_available(), reason="it is about machines without a GPU")
def test_a_driver_without_a_gpu_is_told_and_costs_nothing(
    grade_net: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: a worker is started with CUDA, finds that it cannot, and the report says so."""
    monkeypatch.setattr(shared_workshop(), "gpu", Gpu())
    report = grade_net(ORACLE, device="auto")
    assert report.points_earned == 3 and report.device.used == "cpu"
    assert report.device.reason is not None and "PyTorch" in report.device.reason
    assert made_under(report)[-1] == f"No model ran on a GPU: {report.device.reason}."


def test_a_missing_driver_is_told_to_who_asks_for_a_gpu(
    grade_net: Callable[..., Report], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shared_workshop(), "gpu", Gpu.look(tmp_path / "nvidiactl"))
    asked, auto = (grade_net(ORACLE, device=device) for device in ("cuda", "auto"))
    assert asked.device.reason == shared_workshop().gpu.problem is not None
    assert auto.device == Device("auto", "cpu", None)
    assert asked.points_earned == auto.points_earned == 3


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_same_points(grade_net: Callable[..., Report]) -> None:
    report = grade_net(ORACLE, device="cuda")
    assert report.points_earned == 3 and report.device.used == "cuda"
    assert [(run.device, run.dtype) for run in report.topics[0].full_size] == [("cuda", "float32"), ("cuda", "float64")]
    assert grade_net(WRONG_WHEN_LARGE, device="cuda").points_earned == 1


HOSTILE = """
import os, socket, subprocess
import torch
from torch import nn

TRIES = {
    "read": lambda: open("/etc/hostname").read(),
    "list": lambda: os.listdir("/"),
    "write": lambda: open("/tmp/convgrade-was-here", "w"),
    "network": lambda: socket.socket(),
    "fork": lambda: os.fork(),
    "program": lambda: subprocess.run(["/bin/true"]),
    "signal": lambda: os.kill(os.getppid(), 0),
    "other device": lambda: open("/dev/tty"),
    "grader": lambda: open(os.path.join(os.path.dirname(torch.__file__), "..", "pytest", "__init__.py")),
}


def build_net(width):
    if torch.cuda.is_initialized():
        for name, attempt in TRIES.items():
            try:
                attempt()
            except OSError:
                continue
            raise ValueError(f"{name} was possible")
    return nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.Flatten(2))
"""


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_sandbox_holds_with_a_gpu(grade_net: Callable[..., Report]) -> None:
    """The hostile builder ends with an error where anything was possible, and its model would run on the CPU."""
    report = grade_net(HOSTILE, device="cuda")
    assert [(run.device, run.reason) for run in report.topics[0].full_size] == [("cuda", None)] * 2
    assert report.isolation.level == "full"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_model_that_takes_all_memory_of_the_gpu_runs_on_the_cpu(grade_net: Callable[..., Report]) -> None:
    greedy = ORACLE.replace(
        "    return",
        "    import torch\n    if torch.cuda.is_initialized():\n        torch.empty(1 << 42, device='cuda')\n    return",
    )
    (run,) = grade_net(greedy, device="cuda").topics[0].full_size
    assert (run.device, run.reason) == ("cpu", "it did not fit into the memory of the GPU")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_processes_forked_after_autograd_saw_a_gpu_leave_the_judging_to_this_one() -> None:
    torch.ones((), requires_grad=True).exp().backward()  # type: ignore[no-untyped-call]
    two = ("conv_arithmetic", "residual")
    one_by_one, shared = (grade(ROOT / "solutions", two, device="cpu", jobs=jobs) for jobs in (1, 2))
    assert shared.points_earned == one_by_one.points_earned == shared.points_possible


# The worker with CUDA


def fail_to_compute(*_: Any) -> None:
    raise RuntimeError("CUDA error: no kernel image is available for execution on the device\nCompile with ...")


@pytest.mark.parametrize(
    ("built", "available", "try_out", "found"),
    [
        (None, False, None, {"problem": f"PyTorch {torch.__version__} is built without CUDA"}),
        ("13.0", False, None, {"problem": "PyTorch finds no usable NVIDIA driver and GPU"}),
        (
            "13.0",
            True,
            fail_to_compute,
            {
                "problem": "Card could not compute "
                "(CUDA error: no kernel image is available for execution on the device)"
            },
        ),
        ("13.0", True, lambda torch: None, {"name": "Card"}),
    ],
)
def test_what_a_worker_finds(
    monkeypatch: pytest.MonkeyPatch, built: str | None, available: bool, try_out: Any, found: dict[str, str]
) -> None:
    monkeypatch.setattr(torch.version, "cuda", built)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: "Card")
    monkeypatch.setattr("grader.worker.cuda._try_out", try_out)
    assert begin_cuda() == found


def test_a_driver_that_cannot_be_begun_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", fail_to_compute)
    assert begin_cuda()["problem"].startswith("CUDA could not be begun (CUDA error: no kernel image")


def test_what_a_worker_with_cuda_inherits(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"CUDA_VISIBLE_DEVICES": "1", "LD_LIBRARY_PATH": "/driver", "SECRET": "1"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    plain, gpu = process._environment(), process._environment("cuda")
    assert not {"LD_LIBRARY_PATH", "SECRET"} & set(plain) and "SECRET" not in gpu
    assert plain["CUDA_VISIBLE_DEVICES"] == "", "autograd sees a GPU, and after a fork it does not work"
    assert gpu["NVIDIA_TF32_OVERRIDE"] == "0"
    assert all(gpu[name] == given[name] for name in ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH"))


def test_memory_in_use_is_polled_where_the_address_space_is_not_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    assert process._count_resident(os.getpid()) > 1 << 20
    assert process._count_resident(-1) == 0
    worker: Any = object.__new__(process.Worker)
    worker.scratch, worker.pid, worker.ended = os.devnull, os.getpid(), None
    for device, limit, stopped in (("cpu", 1, False), ("cuda", 1 << 60, False), ("cuda", 1 << 20, True)):
        worker.spec = process.WorkerSpec(
            "", "torch", dataclasses.replace(Limits(threads=4096), memory_bytes=limit), 0, device
        )
        if not stopped:
            worker.check_use()
            continue
        with pytest.raises(process.StudentDied, match="more memory than it may"):
            worker.check_use()


def test_only_a_worker_with_a_gpu_may_touch_its_driver() -> None:
    assert policy.Paths((), (), ()).devices == ()
    paths = policy.cuda_paths()
    assert all(path.startswith("/dev/nvidia") for path in paths.devices)
    assert set(paths.read) <= {"/proc/driver/nvidia/params"} and paths.write == ()


PROBE = """
import ctypes, errno, sys
from grader.worker import policy, sandbox
modules = sandbox.prepare()
held = sandbox.lock_down(modules, policy.Paths(("/",), (), (), ("/dev/zero",) if sys.argv[1] == "gpu" else ()))
library = ctypes.CDLL(None, use_errno=True)

def control(request):
    ctypes.set_errno(0)
    library.ioctl(0, ctypes.c_ulong(request), None)
    return errno.errorcode.get(ctypes.get_errno(), "none")

print(held["seccomp"], *map(control, (0xC020462A, 0x30000001, 0x21, 0x5412)))
"""


@pytest.fixture
def probe() -> Iterator[Callable[[str], list[str]]]:
    """Runs PROBE in a process that is locked down with or without a GPU."""
    pytest.importorskip("pyseccomp", exc_type=Exception)

    def run(kind: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", PROBE, kind], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
        )
        return done.stdout.split()

    yield run


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")
def test_requests_to_the_driver_are_refused_without_a_gpu_and_nothing_else_is_opened_with_one(
    probe: Callable[[str], list[str]],
) -> None:
    held, *plain = probe("cpu")
    if held != "True":
        pytest.skip("this machine has no seccomp")
    assert plain == ["ENOSYS"] * 4
    assert probe("gpu")[1:] == ["ENOTTY", "ENOTTY", "ENOTTY", "ENOSYS"], "faking terminal input stays refused"
