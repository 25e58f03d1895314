from __future__ import annotations

import io

import pytest

from train.fit import Epoch, Progress
from train.progress import Display, duration

EPOCH = Epoch(3, 0.0659, 0.97974, 0.0242, 0.992, 0.004, 31.2)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (99, "99 s"), (100, "2 min"), (1000, "17 min"), (5940, "99 min"), (7500, "2 h 5 min")],
)
def test_durations_are_said_as_people_do(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_an_epoch_leaves_a_line_with_the_time_left_in_all_parts() -> None:
    out = io.StringIO()
    display = Display(out, io.StringIO())
    display.part("held out:", epochs=5, glyphs=1000, later_glyphs=3000)
    display.on_epoch(EPOCH)
    assert out.getvalue() == (
        "held out: epoch  3 of 5: loss 0.0659, accuracy 97.97%, held out 99.20%, 31 s, about 3 min left\n"
    )


def test_the_last_epoch_has_nothing_left_and_without_held_out_glyphs_none_are_told() -> None:
    out = io.StringIO()
    display = Display(out, io.StringIO())
    display.part("on all:  ", epochs=3, glyphs=1000, later_glyphs=0)
    display.on_epoch(Epoch(3, 0.0659, 0.97974, None, None, 0.004, 31.2))
    assert out.getvalue() == "on all:   epoch  3 of 3: loss 0.0659, accuracy 97.97%, 31 s\n"


def test_progress_is_one_refreshed_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    terminal = Terminal()
    display = Display(io.StringIO(), terminal)
    display.part("held out:", epochs=5, glyphs=1000, later_glyphs=2000)
    # Half of the third epoch is left and two more: 2,500 of 4,500 glyphs.
    display.on_progress(Progress(5, 10, 3, 5, 0.0659, 0.97974, 100))
    assert terminal.getvalue() == (
        "\r\x1b[Kheld out: epoch 3 of 5,  50%: loss 0.0659, accuracy 97.97%, about 3 min left"
    )


def test_the_line_is_never_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    terminal = Terminal()
    Display(io.StringIO(), terminal).on_progress(Progress(1, 10, 1, 1, 0.1, 0.9, 10))
    assert len(terminal.getvalue().removeprefix("\r\x1b[K")) == 29


def test_the_end_of_a_part_divides_by_nothing() -> None:
    terminal = Terminal()
    display = Display(io.StringIO(), terminal)
    display.part("held out:", epochs=1, glyphs=10, later_glyphs=20)
    display.on_progress(Progress(10, 10, 1, 1, 0.1, 0.9, 0.0))
    assert "about 0 s left" in terminal.getvalue()


def test_a_line_that_stays_clears_the_refreshed_one_first() -> None:
    terminal = Terminal()
    Display(terminal, terminal).say("done")
    assert terminal.getvalue() == "\r\x1b[Kdone\n"


def test_elsewhere_nothing_is_refreshed() -> None:
    stream = io.StringIO()
    Display(stream, stream).on_progress(Progress(1, 10, 1, 1, 0.1, 0.9, 10))
    assert stream.getvalue() == ""
