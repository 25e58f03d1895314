"""Two scores of labelled videos, side by side."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from core.errors import UsageError
from edge.__main__ import main
from edge.clip_tally import MOST_SLIPS, ByMotion, Slip, Tally, VideoRow
from edge.score_compare import MOST_LISTED
from edge.video_compare import compare, load, table
from edge.video_table import table as figures

SLIP = Slip("a.mkv", 1.5, "wrong", "412", "472")


def tally(**counts: object) -> Tally:
    counted = Tally(videos=1, frames=300, total_ns=10**10, right=5, wrong=1, in_sight_ns=ByMotion([6 * 10**9, 0]))
    for second in (0.25, 0.5, 1.25):
        counted.delay.add(round(second * 1e9))
    for name, value in counts.items():
        setattr(counted, name, value)
    return counted


def rows(**counts: object) -> dict[str, VideoRow]:
    return {"written": tally(**counts).figures(), "all": tally(**counts).figures()}


def saved(path: Path, run: object) -> Path:
    path.write_bytes(msgspec.json.encode(run))
    return path


def test_a_run_comes_back_from_its_json(tmp_path: Path) -> None:
    assert load(saved(tmp_path / "a.json", rows(slips=[SLIP])), 1) == rows(slips=[SLIP])


def test_a_run_beside_itself_marks_nothing() -> None:
    comparison = compare(rows(slips=[SLIP]), rows(slips=[SLIP]))
    assert comparison.marks == {"written": "same", "all": "same"}
    assert comparison.new_slips == []
    assert len(table(comparison).splitlines()) == 3
    assert "→" not in table(comparison)


@pytest.mark.parametrize(
    ("counts", "mark"),
    [
        ({"wrong": 0}, "better"),
        ({"wrong": 2}, "worse"),
        ({"flicker": ByMotion([1, 0])}, "worse"),
        ({"flicker": ByMotion([0, 1])}, "worse"),
        ({"wrong": 0, "flicker": ByMotion([1, 0])}, "mixed"),
        ({"frames": 299}, "other videos"),
    ],
)
def test_what_got_better_or_worse_is_marked(counts: dict[str, object], mark: str) -> None:
    comparison = compare(rows(), rows(**counts))
    assert comparison.marks == {"written": mark, "all": mark}
    assert table(comparison).splitlines()[1].endswith(mark)


def test_a_longer_delay_is_worse_and_a_busy_machine_is_not() -> None:
    slower, busy = tally(), tally()
    for _ in range(4):
        busy.reading_ms.add(500.0)
    slower.delay.taken.add(0.9)
    slower.delay.soon += 1
    before = rows()
    delay = structs.replace(before["all"].delay, median_s=0.75)
    later = {name: structs.replace(row, delay=delay) for name, row in before.items()}
    assert compare(before, later).marks["all"] == "worse"
    assert compare(before, {"written": busy.figures(), "all": busy.figures()}).marks["all"] == "same"
    assert compare(before, {"written": slower.figures(), "all": slower.figures()}).marks["all"] == "other videos"


def test_kinds_of_one_run_only_are_called_so() -> None:
    before = rows()
    after = {"written": before["written"], "empty": before["written"], "all": before["all"]}
    assert compare(before, after).marks == {"empty": "only after", "written": "same", "all": "same"}
    assert compare(after, before).marks["empty"] == "only before"
    assert "3 → –" not in table(compare(before, after))
    assert "– → 2" in table(compare(before, after))


def test_slips_the_earlier_run_has_none_like_are_listed() -> None:
    moved = structs.replace(SLIP, at_s=1.6, read="472 1")
    new = [Slip("b.mkv", float(number), "never read", "", "15") for number in range(MOST_LISTED + 2)]
    comparison = compare(rows(slips=[SLIP]), rows(slips=[moved, *new]))
    assert comparison.new_slips == new
    lines = table(comparison).splitlines()
    assert "  b.mkv at 3.00 s, never read: 15 is there, nothing was told" in lines
    assert lines[-1] == "  and 2 more, which --json names"


def test_runs_that_cannot_be_compared_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="scores the kinds 'written', and these are 'empty'"):
        compare(rows(), {"empty": rows()["written"], "all": rows()["all"]})
    with pytest.raises(UsageError, match="was scored with --every 3, and this is --every 1; try --every 3"):
        load(saved(tmp_path / "a.json", rows(every=3)), 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"table",
        b"[]",
        b"{}",
        b'{"all": {}}',
        b'{"a": {"images": 1}, "all": {"images": 1}}',
        msgspec.json.encode({"all": rows()["all"]}),
        msgspec.json.encode({"written": rows()["written"]}),
    ],
)
def test_a_file_that_is_no_earlier_run_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "before.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"^--compare .*name a file that digit-reader score --video PATH") as refused:
        load(path, 1)
    assert len(str(refused.value).splitlines()) == 1


def test_the_command_refuses_to_compare_pictures_with_videos_before_it_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = saved(tmp_path / "pictures.json", {"a": {"images": 1}, "all": {"images": 1}})
    assert main(["score", "--video", str(tmp_path), "--compare", str(pictures)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "is JSON of another shape" in line


def test_rows_add_up_to_all() -> None:
    one, other = tally(slips=[SLIP]), tally(flicker=ByMotion([2, 1]), slips=[SLIP] * MOST_SLIPS)
    other.cleared.never += 1
    one += other
    row = one.figures()
    assert (row.videos, row.frames, row.seconds, row.told.right, row.told.one_in) == (2, 600, 20.0, 10, 6.0)
    assert (row.delay.asked, row.delay.soon, row.delay.median_s) == (6, 4, pytest.approx(0.5, rel=0.01))
    assert (row.flicker_still.count, row.flicker_still.a_minute) == (2, pytest.approx(10))
    assert (row.cleared.never, row.cleared.asked, len(row.slips)) == (1, 1, MOST_SLIPS)


def test_the_table_says_one_in_how_many_is_wrong() -> None:
    lines = figures(rows(flicker=ByMotion([3, 0]))).splitlines()
    assert lines[0].split()[:4] == ["confirmed", "videos", "numbers", "delay"]
    assert " ".join(lines[1].split()) == "written 1 3 0.50 / 1.25 s 66.7% 0 6 1, 1 in 6.0 30.0"
    assert " ".join(figures(rows(wrong=0)).splitlines()[1].split()).endswith("66.7% 0 5 0 0.0")


def test_a_row_of_nothing_is_told_without_figures() -> None:
    empty = Tally().figures()
    assert json.loads(msgspec.json.encode(empty))["delay"]["median_s"] is None
    assert len(figures({"empty": empty, "all": empty}).splitlines()) == 12


@given(st.binary(max_size=60) | st.text('{}[]":,alx19 ').map(str.encode))
def test_any_bytes_are_refused_in_one_line_too(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any-video.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        load(path, 1)
    assert len(str(refused.value).splitlines()) == 1
