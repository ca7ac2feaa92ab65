"""What a course's checks are written with: values to call with, comparisons that say what differs."""

from grader.checking.arrays import as_drawn, draw_array, draw_distinct, draw_positive, rng
from grader.checking.compare import (
    expect_again,
    expect_array,
    expect_equal,
    expect_handle,
    expect_integer,
    expect_number,
    expect_truth,
    fail,
    with_calls_in_between,
)
from grader.checking.dropping import Dropping, expect_share, follow_dropout
from grader.checking.fullsize import expect_full_size
from grader.checking.known import Trait, misconception
from grader.checking.models import (
    Description,
    Run,
    describe_right,
    describe_theirs,
    expect_all_used,
    expect_description,
    expect_gradient,
    expect_output_shape,
    expect_outputs,
    expect_parameters,
    expect_statistics,
    only_output,
    run,
    run_right,
)
from grader.checking.raising import expect_message, expect_no_warning, expect_value_error
from grader.checking.remember import remember
from grader.checking.tolerance import EPS32, FACTOR, allowed_error
from grader.client.values import describe
from grader.worker.naming import layer
from grader.worker.wire import Rng

__all__ = [
    "EPS32",
    "FACTOR",
    "Description",
    "Dropping",
    "Rng",
    "Run",
    "Trait",
    "allowed_error",
    "as_drawn",
    "describe",
    "describe_right",
    "describe_theirs",
    "draw_array",
    "draw_distinct",
    "draw_positive",
    "expect_again",
    "expect_all_used",
    "expect_array",
    "expect_description",
    "expect_equal",
    "expect_full_size",
    "expect_gradient",
    "expect_handle",
    "expect_integer",
    "expect_message",
    "expect_no_warning",
    "expect_number",
    "expect_output_shape",
    "expect_outputs",
    "expect_parameters",
    "expect_share",
    "expect_statistics",
    "expect_truth",
    "expect_value_error",
    "fail",
    "follow_dropout",
    "layer",
    "misconception",
    "only_output",
    "remember",
    "rng",
    "run",
    "run_right",
    "with_calls_in_between",
]
