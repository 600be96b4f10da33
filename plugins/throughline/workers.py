"""One pure function over many parts, in order, by this process and helpers: for parsers whose time is Python's.

Helpers are started as programs, not forked, and talk over pipes: so they can be used inside a task of Airflow, whose
process has threads and may be a daemon that `multiprocessing` allows no children. While results are not there yet this
process does parts itself instead of waiting. Memory holds a few parts a helper, and the results and their order are the
same with any number of them. What the function raises is raised here; a helper that ends by itself raises `Lost`.
"""

from __future__ import annotations

import fcntl
import gc
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import IO, Any, Final, TypeVar

IN_HAND: Final = 2  # parts that a helper has: the one it works on, and the next, so that it never waits for us
AHEAD: Final = 6  # parts on their way to a helper or back; as many as it does while we are busy with results
MOST_WAITING: Final = 24  # results that wait for an earlier one
AT_ONCE: Final = 2  # results handed on before a helper is given more to do
PIPE_BYTES: Final = 1 << 20  # a result fits in, so that a helper need not wait until it is taken
KEPT_BYTES: Final = 16 << 20  # of freed memory, more than a part takes, so that the next part finds it there
_LENGTH_BYTES: Final = 8
_PACKAGE: Final = str(Path(__file__).parents[1])  # Airflow puts it on sys.path by itself, so no variable names it
_PROGRAM: Final = "import sys; sys.path.insert(0, sys.argv[1]); from throughline import workers; workers.serve()"

Known = TypeVar("Known")
Part = TypeVar("Part")
Result = TypeVar("Result")


class Lost(OSError):  # noqa: N818  # as source.Stopped: an answer, not an error of the program
    """A helper ended in the middle, by a signal or for want of memory: nothing is wrong with the data."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered(
    work: Callable[[Known, Part], Result], known: Known, parts: Iterable[Part], *, helpers: int
) -> Iterator[Result]:
    """work(known, part) for each part, in order. work: a function of a module, whose objects make no cycles."""
    _keep_freed_memory()
    with ExitStack() as stack:
        started = [stack.enter_context(_Helper(work, known)) for _ in range(helpers)]
        idle: SimpleQueue[_Helper] = SimpleQueue()
        for helper in started * IN_HAND:
            idle.put(helper)
        threads = ThreadPoolExecutor(max(helpers, 1) * IN_HAND)
        stack.callback(threads.shutdown, cancel_futures=True)
        for helper in started:
            stack.callback(helper.end)  # first of all, so that no thread waits for it

        def by_helper(part: Part) -> Result:
            helper = idle.get()
            try:
                result: Result = helper.do(part)
            finally:
                idle.put(helper)
            return result

        waiting: deque[Future[Result]] = deque()
        for part in parts:
            if sum(not one.done() for one in waiting) < helpers * AHEAD:
                waiting.append(threads.submit(by_helper, part))
            else:
                waiting.append(_done(work, known, part))
            for _ in range(AT_ONCE):
                if waiting and (waiting[0].done() or len(waiting) > MOST_WAITING):
                    yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _done(work: Callable[[Known, Part], Result], known: Known, part: Part) -> Future[Result]:
    """By this process, at once; what it raises waits for its turn, too."""
    future: Future[Result] = Future()
    try:
        future.set_result(_without_collector(work, known, part))
    except Exception as error:
        future.set_exception(error)
    return future


def serve() -> None:
    """A helper's life: the function and what is known, then parts until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the process that started us, which ends us
    _keep_freed_memory()
    sys.meta_path.insert(0, _WithoutPandas())
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # whoever prints does not print among the answers
        work, known = _receive(sys.stdin.buffer)
        with suppress(EOFError, BrokenPipeError):
            while True:
                part = _receive(sys.stdin.buffer)
                _send(answers, _tried(work, known, part))


class _WithoutPandas:
    """An import hook of helpers. At the first list that becomes a column pyarrow would import pandas, a fifth of a
    second, to see whether it is one of its own."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


class _Helper:
    """One process more."""

    def __init__(self, work: Callable[[Any, Any], Any], known: Any) -> None:
        program = [sys.executable, "-P", "-c", _PROGRAM, _PACKAGE]
        self._process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  # ourselves
        for pipe in filter(None, (self._process.stdin, self._process.stdout)):
            with suppress(AttributeError, OSError):  # not possible everywhere, and then only slower
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._sending, self._receiving = Lock(), Lock()
        self._first: tuple[Any, ...] = ((work, known),)

    def __enter__(self) -> _Helper:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def do(self, part: Any) -> Any:
        """The result. Raises what the function raises, and Lost."""
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None and answers is not None  # noqa: S101  # opened with pipes
        try:
            with self._sending:
                for one in (*self._first, part):
                    _send(requests, one)
                self._first = ()
                self._receiving.acquire()  # in the order of sending
            try:
                result, error = _receive(answers)
            finally:
                self._receiving.release()
        except (EOFError, OSError, pickle.UnpicklingError):
            raise Lost(f"a helping process ended ({self._process.wait()})") from None
        if error is not None:
            raise error
        return result

    def end(self) -> None:
        self._process.kill()
        with suppress(BrokenPipeError):
            self._process.communicate()


def _send(stream: IO[bytes], what: Any) -> None:
    """In one piece: after each write and read a thread may wait some ms for the interpreter, which the others use."""
    message = pickle.dumps(what, protocol=5)
    stream.write(len(message).to_bytes(_LENGTH_BYTES, "little") + message)
    stream.flush()


def _receive(stream: IO[bytes]) -> Any:
    """Raises EOFError where the other side has ended."""
    message = stream.read(int.from_bytes(stream.read(_LENGTH_BYTES), "little"))
    return pickle.loads(message)  # noqa: S301  # from a process of ours


def _tried(work: Callable[[Any, Any], Any], known: Any, part: Any) -> tuple[Any, Exception | None]:
    """(result, None), or (None, the error) in a form that can be sent."""
    try:
        return _without_collector(work, known, part), None
    except Exception as error:
        try:
            return None, pickle.loads(pickle.dumps(error))  # noqa: S301  # our own
        except Exception:
            return None, RuntimeError(type(error).__name__)


def _keep_freed_memory() -> None:
    """glibc gives freed memory back, and gets it again page by page for the next part: a twentieth of the time.

    It keeps up to twice the largest buffer freed so far (mallopt(3)); this one is never written, so it takes no memory.
    Arrow is to use the same memory as Python; an allocator of its own would keep a hundred MB more for itself.
    """
    import pyarrow as pa

    bytes(KEPT_BYTES)
    pa.set_memory_pool(pa.system_memory_pool())


def _without_collector(work: Callable[[Known, Part], Result], known: Known, part: Part) -> Result:
    """Looking for cycles among a million young objects that have none costs a sixth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        return work(known, part)
    finally:
        if was_on:
            gc.enable()
