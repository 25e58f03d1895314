"""report.html: a run to look at, in one file that loads nothing from anywhere."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np

from core import atomic, run_folder
from core.errors import DataError
from core.evaluation import Evaluation
from core.run_folder import DataSet, RunRecord
from train import charts
from train.charts import Series
from train.fit import Epoch
from train.measure import Measured
from train.progress import duration

WORST_SHOWN = 32

MOST_CLASSES_BESIDE = 20
"""The confusion matrix of more classes needs the whole width."""

History = dict[str, list[Epoch]]
"""Part of the run, `holdout` or `refit`, → its epochs."""


def write_report(folder: Path, measured: Measured) -> None:
    """Put report.html into the run's `folder`. Raises DataError if a file it is made of is missing or damaged."""
    sheet = folder / run_folder.OWN_GLYPHS
    page = render(
        folder.resolve().name,
        run_folder.read_record(folder),
        _read_history(folder / run_folder.HISTORY),
        measured,
        sheet.read_bytes() if sheet.is_file() else None,
    )
    atomic.write(folder / run_folder.REPORT, page.encode())


def render(name: str, record: RunRecord, history: History, measured: Measured, own_glyphs: bytes | None) -> str:
    """The whole page. `own_glyphs` is the PNG of people's own pictures, if there were any."""
    sections = [
        _notes(record.notes),
        _curves(history, bool(record.others)),
        _side_by_side(_confusion(measured.test), _classes(measured.test), len(record.labels) <= MOST_CLASSES_BESIDE),
        _worst(measured),
        _own_glyphs(own_glyphs),
        _side_by_side(_calibration(measured.test), _settings(record)),
        _data_sets(record),
        _origin(record),
    ]
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)} · training report</title><style>\n{style}</style></head><body>\n"
        f"{_head(name, record, measured)}\n"
        + "\n".join(section for section in sections if section)
        + "\n</body></html>\n"
    )


def _head(name: str, record: RunRecord, measured: Measured) -> str:
    test, holdout = measured.test, measured.holdout
    tiles = [
        (_percent(test.accuracy), f"of {test.count:,} test glyphs read right"),
        (f"{test.errors:,}", "test glyphs read wrong"),
        (_percent(holdout.accuracy), f"of {holdout.count:,} held-out glyphs, before all were trained on"),
        (_percent(test.calibration_error), "calibration error: confidence against truth"),
        (f"{record.parameters:,}", f"parameters, network {record.network}"),
        (duration(record.training_seconds), f"of training on {record.machine.cores} cores"),
    ]
    return (
        f'<header><div class="kicker">training report · {escape(record.started[:10])}</div><h1>{escape(name)}</h1>'
        f'<div class="kicker">{len(record.labels)} classes: {escape(" ".join(record.labels))}</div><div class="tiles">'
        + "".join(f'<div class="tile"><b>{figure}</b><span>{escape(words)}</span></div>' for figure, words in tiles)
        + "</div></header>"
    )


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    return (
        '<section class="notes"><h2>To know</h2><ul>'
        + "".join(f"<li>{escape(n)}</li>" for n in notes)
        + "</ul></section>"
    )


def _curves(history: History, with_others: bool) -> str:
    epochs = list(itertools.chain(*history.values()))
    measured = [epoch for epoch in epochs if epoch.validation_loss is not None]
    refit_from = len(history["holdout"]) + 1 if history.get("refit") else None

    def series(train: str, validation: str) -> list[Series]:
        return [
            Series("training", "train", [(n, getattr(epoch, train)) for n, epoch in enumerate(epochs, 1)]),
            Series("held out", "held-out", [(epoch.epoch, getattr(epoch, validation)) for epoch in measured]),
        ]

    accuracy, loss = series("accuracy", "validation_accuracy"), series("loss", "validation_loss")
    lowest_accuracy = min(value for line in accuracy for _, value in line.points)
    return _section(
        "curves",
        "Accuracy and loss",
        "Held-out glyphs are read by the averaged weights, as they are; training glyphs by the weights of the moment, "
        "after augmentation, so they are harder. "
        + ("What is none of the classes counts as training glyphs do. " if with_others else "")
        + "Both scales are logarithmic: accuracy by its errors.",
        '<div class="legend"><span><i class="train"></i>training</span>'
        '<span><i class="held-out"></i>held out</span></div>'
        '<div class="pair"><figure><figcaption>accuracy</figcaption>'
        + charts.line_chart("Accuracy by epoch", charts.accuracy_scale(lowest_accuracy), accuracy, refit_from)
        + "</figure><figure><figcaption>loss, nats a glyph</figcaption>"
        + charts.line_chart("Loss by epoch", charts.loss_scale(charts.LOWEST_LOSS), loss, refit_from)
        + "</figure></div>",
    )


def _confusion(test: Evaluation) -> str:
    return _section(
        "confusion",
        "Confusion matrix",
        f"What each of the {test.count:,} test glyphs was read as. Off the diagonal are the {test.errors:,} errors.",
        charts.confusion_chart(test.labels, test.confusion),
    )


def _classes(test: Evaluation) -> str:
    rows = [
        (escape(score.label), f"{score.count:,}", _percent(score.precision), _percent(score.recall), _percent(score.f1))
        for score in test.class_scores()
    ]
    return _section(
        "classes",
        "Class by class",
        "Precision: of the glyphs read as this class, the share that is. Recall: of those that are, the share read so. "
        "F1: their harmonic mean.",
        _table(("class", "test glyphs", "precision", "recall", "F1"), rows),
    )


def _calibration(test: Evaluation) -> str:
    return _section(
        "calibration",
        "Calibration",
        "Of the glyphs read with 90 % confidence, 90 % should be right: the points should lie on the dashed line. "
        f"The expected calibration error is {_percent(test.calibration_error)}, the loss {test.nll:.4f} nats a glyph. "
        "Bars count the glyphs, on a logarithmic scale.",
        charts.calibration_chart(test.calibration),
    )


def _worst(measured: Measured) -> str:
    test, glyphs = measured.test, measured.test_glyphs
    figures = []
    for index in test.worst(WORST_SHOWN):
        truth, read = (escape(test.labels[which[index]]) for which in (glyphs.targets, test.predictions))
        verdict = f"is <b>{truth}</b>" if truth == read else f'is <b>{truth}</b>, read <b class="wrong">{read}</b>'
        figures.append(
            f'<figure><img class="glyph" alt="a {truth}, read as {read}" src="{_png(glyphs.pixels[index])}">'
            f"<figcaption>{verdict}<br>{test.confidences[index]:.0%} sure</figcaption></figure>"
        )
    return _section(
        "worst",
        "The worst glyphs",
        f"The {len(figures)} test glyphs whose truth the network thought least likely, the worst first.",
        f'<div class="glyphs">{"".join(figures)}</div>',
    )


def _own_glyphs(sheet: bytes | None) -> str:
    if sheet is None:
        return ""
    return _section(
        "own-glyphs",
        "Your pictures, and what became of them",
        "Each picture beside the glyph that the network sees. If a glyph misses strokes or shows more than the digit, "
        "the picture needs more light, a cleaner background or a tighter crop.",
        f'<img class="sheet" alt="pictures beside their glyphs" src="data:image/png;base64,{_base64(sheet)}">',
    )


def _data_sets(record: RunRecord) -> str:
    used = [
        *(("trained on", entry) for entry in record.data),
        *(("trained against, as none of the classes", entry) for entry in record.others),
        ("held out of these", record.holdout),
        ("tested on", record.test),
    ]
    return _section(
        "data",
        "Data",
        "The sha256 is of pixels and labels together.",
        _table(
            ("set", "use", "glyphs", "writers", "sha256"),
            [(*_named(entry, use), f'<code title="{entry.sha256}">{entry.sha256[:16]}…</code>') for use, entry in used],
        ),
    )


def _named(entry: DataSet, use: str) -> tuple[str, str, str, str]:
    return escape(entry.name), use, f"{entry.count:,}", "unknown" if entry.writers is None else f"{entry.writers:,}"


def _settings(record: RunRecord) -> str:
    shown = [(key.replace("_", " "), "none" if value is None else str(value)) for key, value in record.settings.items()]
    return _section(
        "settings", "Settings", "On one machine, the same settings and data give the same model.", _list(shown)
    )


def _origin(record: RunRecord) -> str:
    machine = record.machine
    return _section(
        "origin",
        "Where it comes from",
        "",
        _list(
            [
                ("commit", record.git_commit),
                ("versions", ", ".join(f"{name} {version}" for name, version in record.versions.items())),
                ("machine", f"{machine.cpu}, {machine.cores} cores, {machine.system}"),
                ("started", _moment(record.started)),
                ("finished", _moment(record.finished or "")),
                ("training time", duration(record.training_seconds)),
            ]
        ),
    )


def _section(name: str, title: str, words: str, content: str) -> str:
    introduction = f'<p class="faint">{escape(words)}</p>' if words else ""
    return f'<section id="{name}"><h2>{escape(title)}</h2>{introduction}{content}</section>'


def _side_by_side(left: str, right: str, fits: bool = True) -> str:
    return f'<div class="sections">{left}{right}</div>' if fits else left + right


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """`rows` hold HTML."""
    cells = "".join(f"<th>{escape(word)}</th>" for word in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def _list(entries: Iterable[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in entries) + "</dl>"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}".replace("%", " %")


def _moment(iso: str) -> str:
    return iso.replace("T", " ").replace("+00:00", " UTC")


def _png(pixels: np.ndarray) -> str:
    _, encoded = cv2.imencode(".png", pixels)
    return f"data:image/png;base64,{_base64(encoded.tobytes())}"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _read_history(path: Path) -> History:
    try:
        return {part: [Epoch(**epoch) for epoch in epochs] for part, epochs in json.loads(path.read_bytes()).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: cannot be read ({error}); train again with --fresh") from None
