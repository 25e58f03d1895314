from __future__ import annotations

import dataclasses
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DataError
from core.evaluation import calibration_bins, evaluate
from core.own_digits import Example
from core.run_folder import read_record
from train import charts
from train.charts import Series
from train.contact_sheet import contact_sheet
from train.fit import Epoch
from train.measure import Measured, measure
from train.report import render, write_report

SECTIONS = ["curves", "confusion", "classes", "worst", "calibration", "settings", "data", "origin"]

VOID = {"meta", "img", "br", "link"}


class Page(HTMLParser):
    """What a page holds; fails if its tags do not nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.loaded: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [value for name, value in attributes if name == "id"]
        self.loaded += [value for name, value in attributes if name in {"src", "href", "data", "srcset", "action"}]

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Nests by itself."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        self.words.append(text)


@pytest.fixture(scope="module")
def measured(finished_run: Path) -> Measured:
    return measure(finished_run)


@pytest.fixture(scope="module")
def page(finished_run: Path) -> str:
    return (finished_run / "report.html").read_text()


def test_the_report_has_every_section(page: str) -> None:
    assert Page(page).ids == SECTIONS


def test_the_report_loads_nothing_from_anywhere(page: str) -> None:
    loaded = Page(page).loaded
    assert loaded
    assert [address for address in loaded if not address.startswith("data:image/png;base64,")] == []
    for forbidden in ("http:", "https:", "//", "@import", "url(", "<script", "<link", "<iframe"):
        assert forbidden not in re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", page)


def test_the_report_is_made_for_light_and_dark(page: str) -> None:
    assert "color-scheme: light dark" in page
    assert "@media (prefers-color-scheme: dark)" in page


def test_every_class_of_the_charts_has_a_colour_in_the_style_sheet(page: str) -> None:
    style, body = page.split("</style>")
    used = {name for names in re.findall(r'class="([^"]+)"', body) for name in names.split()}
    assert {name for name in used if f".{name}" not in style} == set()


def test_the_report_says_where_its_figures_come_from(page: str, finished_run: Path) -> None:
    record, words = read_record(finished_run), " ".join(Page(page).words)
    for expected in (
        record.git_commit,
        record.machine.cpu,
        f"{record.parameters:,}",
        "drawn 2",
        "drawn 6 trained against, as none of the classes 40",
        "learning rate",
    ):
        assert expected in words


def test_the_worst_glyphs_are_shown_with_truth_reading_and_confidence(page: str, measured: Measured) -> None:
    worst = measured.test.worst(1)[0]
    truth = measured.test.labels[measured.test_glyphs.targets[worst]]
    first = re.search(r'id="worst".*?<figcaption>(.*?)</figcaption>', page)[1]
    assert first.startswith(f"is <b>{truth}</b>")
    assert first.endswith(f"<br>{measured.test.confidences[worst]:.0%} sure")


def test_notes_and_own_pictures_appear_when_there_are_any(finished_run: Path, measured: Measured) -> None:
    record = msgspec.structs.replace(read_record(finished_run), notes=["Somebody <else> wrote it."])
    sheet = contact_sheet([Example("7", np.full((50, 30), 255, np.uint8), np.zeros((28, 28), np.uint8))])
    shown = render("own", record, {"holdout": [EPOCH]}, measured, sheet)
    assert "Somebody &lt;else&gt; wrote it." in shown
    assert Page(shown).ids == [*SECTIONS[:4], "own-glyphs", *SECTIONS[4:]]


def test_what_the_curves_count_is_said(page: str, finished_run: Path, measured: Measured) -> None:
    """Accuracy and loss of the training are of what is none of the classes, too, if there was any."""
    said = "What is none of the classes counts as training glyphs do."
    assert said in page
    alone = msgspec.structs.replace(read_record(finished_run), others=[])
    assert said not in render("alone", alone, {"holdout": [EPOCH]}, measured, None)


EPOCH = Epoch(1, 0.5, 0.9, 0.4, 0.95, 0.01, 2.0)


def test_a_single_epoch_all_right_is_drawn_too(finished_run: Path, measured: Measured) -> None:
    perfect = Epoch(1, 0.0, 1.0, 0.0, 1.0, 0.01, 2.0)
    shown = render("one", read_record(finished_run), {"holdout": [perfect]}, measured, None)
    assert "nan" not in shown.split("</style>")[1].lower().replace("nano", "")
    assert Page(shown).ids == SECTIONS


def test_names_cannot_break_the_page(finished_run: Path, measured: Measured) -> None:
    labels = ("<b>", '"&', "0123456789")
    record = msgspec.structs.replace(read_record(finished_run), labels=list(labels), git_commit="</dd><script>")
    evil = dataclasses.replace(measured, test=dataclasses.replace(measured.test, labels=labels))
    shown = render("</title><script>", record, {"holdout": [EPOCH]}, evil, None)
    assert "<script>" not in shown
    assert Page(shown).ids == SECTIONS


def test_a_run_without_its_history_is_told(finished_run: Path, measured: Measured, tmp_path: Path) -> None:
    copy = shutil.copytree(finished_run, tmp_path / "run")
    (copy / "history.json").write_text("{")
    with pytest.raises(DataError, match=r"history\.json: cannot be read .*; train again with --fresh"):
        write_report(copy, measured)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 30)), min_size=1, max_size=40),
    st.integers(0, 40),
)
def test_lines_stay_inside_their_chart(values: list[tuple[float, float]], held_out: int) -> None:
    for place, scale in ((0, charts.accuracy_scale(min(v for v, _ in values))), (1, charts.loss_scale(1e-5))):
        points = [(epoch, value[place]) for epoch, value in enumerate(values, 1)]
        lines = [Series("training", "train", points), Series("held out", "held-out", points[:held_out])]
        chart = charts.line_chart("a chart", scale, lines, refit_from=2 if len(values) > 2 else None)
        for x, y in re.findall(r'cx="([^"]+)" cy="([^"]+)"', chart):
            assert charts.LEFT <= float(x) <= charts.WIDTH - charts.RIGHT
            assert charts.TOP - 0.1 <= float(y) <= charts.HEIGHT - charts.BOTTOM + 0.1
        Page(chart)


@settings(deadline=None, max_examples=10)
@given(st.integers(2, 62), st.integers(0, 2**31 - 1))
def test_confusion_matrices_of_any_number_of_classes_are_drawn(classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = tuple(f"class {index}" for index in range(classes))
    found = evaluate(rng.normal(size=(50, classes)), rng.integers(0, classes, 50), labels)
    chart = charts.confusion_chart(found.labels, found.confusion)
    assert chart.count('class="cell"') == classes**2
    Page(chart)


def test_the_calibration_chart_draws_a_bar_for_each_bin() -> None:
    bins = calibration_bins(np.array([0.1, 0.95, 0.99]), np.array([False, True, True]))
    chart = charts.calibration_chart(bins)
    assert (chart.count('class="bar"'), chart.count("<circle")) == (15, 2)
    Page(chart)
