"""Which source frames are taken from, when some come and go."""

import logging
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from core.errors import SourceError
from core.frame import Frame
from edge.sources import Source, supervisor
from edge.sources.canvas import CanvasSource
from edge.sources.status import SourceState, SourceStatus
from edge.sources.supervisor import Supervisor

WITHIN_S = 20.0


class Camera:
    """A live source that works while `works` is set."""

    live = True

    def __init__(self, name: str, works: bool = True) -> None:
        self.name = name
        self.works = threading.Event()
        self.opened = self.closed = 0
        if works:
            self.works.set()

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        self.opened += 1
        try:
            sequence = 0
            while not stop.is_set():
                if not self.works.is_set():
                    raise SourceError("it is gone")
                yield Frame(np.zeros((2, 2), np.uint8), sequence, time.monotonic_ns())
                sequence += 1
                time.sleep(0.002)
        finally:
            self.closed += 1


class Recording(Camera):
    """Three frames, then the end or an error."""

    live = False

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        for sequence in range(3):
            yield Frame(np.zeros((2, 2), np.uint8), sequence, sequence)
        if not self.works.is_set():
            raise SourceError("it is damaged")


class Listed:
    """A choice of some sources."""

    def __init__(self, *sources: Source) -> None:
        self.all = list(sources)
        self.canvas = CanvasSource(50)

    def sources(self, better_than: Source | None = None) -> list[Source]:
        return self.all[: self.all.index(better_than)] if better_than else self.all

    def is_best(self, source: Source) -> bool:
        return source is self.all[0]

    def why(self, source: Source) -> str:
        return "it is listed"


class Running:
    """A supervisor, and all it says."""

    def __init__(self, *sources: Source) -> None:
        self.stop = threading.Event()
        self.told: list[SourceStatus] = []
        self.supervisor = Supervisor(Listed(*sources), self.stop, self.told.append)  # type: ignore[arg-type]

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(status.state.value, status.name) for status in self.told]

    def until(self, wanted: Callable[[], bool]) -> None:
        """Take frames until something holds."""
        threading.Timer(WITHIN_S, self.stop.set).start()
        while not wanted():
            assert self.supervisor.take() is not None

    def until_from(self, source: Source) -> None:
        threading.Timer(WITHIN_S, self.stop.set)
        while (taken := self.supervisor.take()) is None or taken.source is not source:
            assert taken


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody waits for a second try."""
    monkeypatch.setattr(supervisor, "FIRST_BACK_OFF_S", 0.02)
    monkeypatch.setattr(supervisor, "LOOK_EVERY_S", 0.02)


@pytest.fixture
def run(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[..., Running]]:
    caplog.set_level(logging.INFO)
    made: list[Running] = []

    def start(*sources: Source) -> Running:
        made.append(Running(*sources))
        return made[-1]

    yield start
    for running in made:
        running.stop.set()
        running.supervisor.close()


Run = Callable[..., Running]


def test_the_first_source_that_works_is_taken(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    best, second, third = Camera("a", works=False), Camera("b"), Camera("c")
    running = run(best, second, third)
    running.until_from(second)
    assert running.states == [("fallback", "b")]
    assert (running.supervisor.status.why, running.supervisor.status.error) == ("a: it is gone", "a: it is gone")
    assert caplog.messages == ["a: it is gone", "source: b, since a: it is gone"]
    assert third.opened == 0


def test_the_best_source_runs_and_no_other_is_opened(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    best, second = Camera("a"), Camera("b")
    running = run(best, second)
    for _ in range(20):
        assert running.supervisor.take()
    assert running.states == [("running", "a")]
    assert (best.opened, second.opened) == (1, 0)
    assert caplog.messages == ["source: a, since it is listed"]


def test_another_takes_over_when_the_best_goes_and_gives_way_when_it_is_back(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    best, second = Camera("a"), Camera("b")
    running = run(best, second)
    running.until_from(best)
    best.works.clear()
    running.until_from(second)
    best.works.set()
    running.until_from(best)
    assert running.states == [("running", "a"), ("lost", "a"), ("fallback", "b"), ("running", "a")]
    assert caplog.messages == [
        "source: a, since it is listed",
        "a: it is gone; opening it again in 0.02 s",
        "a: it is gone; reading from b until it works",
        "a: it works; reading from it instead of b",
    ]
    assert running.supervisor.status.error == "a: it is gone"
    assert second.opened == second.closed


def test_a_source_that_is_soon_back_is_taken_again(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    best, second = Camera("a"), Camera("b")
    running = run(best, second)
    running.until_from(best)
    best.works.clear()
    running.until(lambda: running.supervisor.status.state is SourceState.LOST or not best.works.wait(0.001))
    best.works.set()
    running.until_from(best)
    assert second.opened <= 1
    assert running.states[-1] == ("running", "a")


def test_a_camera_alone_is_waited_for_and_its_absence_told_once(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    camera = Camera("a", works=False)
    running = run(camera)
    threading.Thread(target=lambda: (_until(lambda: camera.opened > 3), camera.works.set())).start()
    running.until_from(camera)
    assert running.states == [("lost", ""), ("running", "a")]
    assert caplog.messages == ["a: it is gone; trying again in 0.02 s", "a: it works"]


def _until(wanted: Callable[[], bool]) -> None:
    while not wanted():
        time.sleep(0.005)


def test_tries_become_rarer_the_longer_a_camera_is_gone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "MOST_BACK_OFF_S", 0.3)
    best, second = Camera("a", works=False), Camera("b")
    running = run(best, second)
    until = time.monotonic() + 1.5
    running.until(lambda: time.monotonic() > until)
    # 0.02, 0.04, 0.08, 0.16, 0.3, 0.3, ... and never more often, however slow the machine.
    assert 2 <= best.opened <= 9


def test_stopping_ends_the_wait_for_a_camera_and_releases_every_source(run: Run) -> None:
    camera = Camera("a", works=False)
    running = run(camera)
    threading.Timer(0.1, running.stop.set).start()
    assert running.supervisor.take() is None
    running.supervisor.close()
    assert camera.opened == camera.closed


def test_a_recording_ends_with_its_last_frame(run: Run) -> None:
    running = run(Recording("r"))
    taken = []
    while (frame := running.supervisor.take()) is not None:
        taken.append((frame.frame.sequence, frame.frame.captured_ns))
    assert taken == [(0, 0), (1, 1), (2, 2)]
    assert not running.stop.is_set()


def test_a_recording_that_cannot_be_read_is_no_reason_to_wait(run: Run) -> None:
    running = run(Recording("r", works=False))
    for _ in range(3):
        assert running.supervisor.take()
    with pytest.raises(SourceError, match="it is damaged"):
        running.supervisor.take()


def test_times_rise_whatever_the_clocks_of_the_cameras_say(run: Run) -> None:
    class Late(Camera):
        """Its clock is an hour behind."""

        def frames(self, stop: threading.Event) -> Iterator[Frame]:
            for frame in super().frames(stop):
                yield Frame(frame.luma, frame.sequence, frame.captured_ns - 3600 * 10**9)

    best, second = Camera("a"), Late("b")
    running = run(best, second)
    times = []
    while len(times) < 10:
        taken = running.supervisor.take()
        assert taken
        times.append(taken.frame.captured_ns)
        if len(times) == 5:
            best.works.clear()
    assert taken.source is second
    assert times == sorted(set(times))
