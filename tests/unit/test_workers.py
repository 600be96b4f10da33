"""Parts done by helping processes: the same results in the same order, faults told, nothing left behind."""

from __future__ import annotations

import operator
import os
import signal
from itertools import count, islice

import psutil
import pytest

from throughline import workers
from throughline.landing import S3Url
from throughline.source import Refused


def helpers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "workers.serve" in " ".join(child.cmdline())]


@pytest.mark.parametrize("number", [0, 1, 3])
def test_results_come_in_order_whatever_the_number_of_helpers(number: int) -> None:
    parts = range(100)
    assert list(workers.ordered(operator.add, 1000, parts, helpers=number)) == [1000 + part for part in parts]
    assert helpers() == []


def test_parts_are_taken_as_they_are_needed_and_a_reader_that_leaves_ends_the_helpers() -> None:
    endless = count()
    results = workers.ordered(operator.mul, -1, endless, helpers=2)
    assert list(islice(results, 3)) == [0, -1, -2]
    assert len(helpers()) == 2
    assert next(endless) <= 3 + workers.MOST_WAITING + 1
    results.close()
    assert helpers() == []


def test_parts_and_results_may_be_larger_than_what_a_pipe_holds() -> None:
    parts = [bytes([number]) * 3 * workers.PIPE_BYTES for number in range(12)]
    results = workers.ordered(operator.add, b".", parts, helpers=2)
    assert all(result == b"." + part for result, part in zip(results, parts, strict=True))


@pytest.mark.parametrize("number", [0, 1])
def test_what_the_function_raises_is_raised_here(number: int) -> None:
    results = workers.ordered(operator.floordiv, 10, [5, 2, 0, 1], helpers=number)
    assert [next(results), next(results)] == [2, 5]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert helpers() == []


def test_a_refusal_arrives_whole() -> None:
    with pytest.raises(Refused, match=r"^nowhere: is no place in S3; write s3://bucket/prefix$") as refused:
        list(workers.ordered(operator.call, S3Url.parse, ["nowhere"], helpers=1))
    assert (refused.value.where, refused.value.remedy) == ("nowhere", "write s3://bucket/prefix")


def test_a_helper_that_is_killed_is_an_error_of_the_machine_and_not_of_the_data() -> None:
    with pytest.raises(workers.Lost, match="a helping process ended"):
        list(workers.ordered(operator.call, os._exit, [3], helpers=1))
    results = workers.ordered(operator.mul, 2, count(), helpers=1)
    assert next(results) == 0
    helpers()[0].send_signal(signal.SIGKILL)
    with pytest.raises(workers.Lost):
        list(islice(results, 1000))
    assert issubclass(workers.Lost, OSError)  # which a parser's caller lets through, so that the task is tried again
    assert helpers() == []


def test_a_helper_makes_columns_without_importing_pandas() -> None:
    asked = "(__import__('pyarrow').array([1]).to_pylist(), 'pandas' in __import__('sys').modules)"
    assert list(workers.ordered(operator.call, eval, [asked], helpers=1)) == [([1], False)]
