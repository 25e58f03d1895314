"""Write docs/model/: the card of the model that ships and the report of its training, as run and file have it.

`make card RUN=plain-1`, after `make train` and `make convert`. Pictures of glyphs are left out of the report that is
published: they belong to whoever made the data set.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from core import run_folder
from core.model_file import Manifest, read

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "digits.tflite"
CARD = ROOT / "docs" / "model"

GLYPHS_SECTION = re.compile(r'<section[^>]* id="(?:worst|own-glyphs)".*?</section>\n?', re.DOTALL)


def card(manifest: Manifest, record: run_folder.RunRecord, size_bytes: int) -> str:
    """The card, as Markdown."""
    figures = manifest.metrics
    holdout = record.metrics["holdout"]
    settings = record.settings
    return f"""# The model that ships: models/digits.tflite

Reads one handwritten digit, normalised to 28×28 (`core/glyph.py`), as int8 on a TFLite runtime.
[report.html](report.html) has the curves, the confusion matrix and the calibration of its training.

| figure | value | measured on |
|---|---|---|
| accuracy, int8 | **{figures["accuracy_int8"].value:.2%}** | {_data(manifest, "accuracy_int8")} |
| accuracy, float | {figures["accuracy_float"].value:.2%} | {_data(manifest, "accuracy_float")} |
| float and int8 agree on | {figures["agreement"].value:.2%} | {_data(manifest, "agreement")} |
| accuracy before the held-out glyphs were trained on, float | {holdout["accuracy"]:.2%} | {record.holdout.name}, \
{record.holdout.count:,} glyphs of {record.holdout.writers} writers |
| calibration error (15 bins) | {figures["calibration_error"].value:.2%} | {_data(manifest, "calibration_error")} |
| size | {size_bytes:,} bytes | {record.parameters:,} parameters; the file with its manifest |

One seed ({record.seed}); on 10,000 glyphs a difference of 0.1 points between seeds is chance. No epoch or threshold was chosen
by the test glyphs: the weights are the moving average at the end of the last epoch, whatever it scores.

## How it was made

- **Data:** {", ".join(f"{entry.name}, {entry.count:,} glyphs of {entry.writers} writers" for entry in record.data)}. Nothing else.
- **Recipe:** network `{record.network}`; {settings["epochs"]} epochs with {record.holdout.writers} writers held out, then \
{settings["refit_epochs"]} on all glyphs; batch {settings["batch_size"]}, learning rate {settings["learning_rate"]}, AdamW with \
weight decay {settings["weight_decay"]}, cosine; rotation, shear, scale, shift, pens and noise as augmentation.
- **Where:** {record.machine.cores} cores of {record.machine.cpu}, {record.training_seconds / 60:.0f} minutes; \
{", ".join(f"{name} {version}" for name, version in record.versions.items())}; commit {record.git_commit[:12]}.
- **Temperature** {manifest.temperature:.3f} and **least confidence** {manifest.min_confidence:.3f} were fitted on the held-out \
writers with the int8 form of the network that had not seen them.

    make train DATA=path/to/mnist && make convert && make card

makes the same again: the same commit, data and seed give the same weights on the same machine.

## What it is for, and what not

For single digits in dark ink on light paper or the reverse, found and normalised by `core/`. It knows ten classes and nothing
else: letters, signs and scribbles are taken for the digit they resemble, unless it is unsure. Its training hands are those of
American school children and clerks of the 1990s; other ways to write a 1, a 4 or a 7 are read less well.
"""


def _data(manifest: Manifest, name: str) -> str:
    measured = manifest.metrics[name]
    return f"{measured.data}, {measured.count:,} glyphs"


def main(run: str) -> None:
    """Write both files for the run of this name."""
    folder = ROOT / "build" / run
    record, manifest = run_folder.read_record(folder), read(MODEL).manifest
    if record.git_commit != manifest.provenance.git_commit or record.seed != manifest.provenance.seed:
        sys.exit(f"error: {MODEL} was not made from {folder}; run `make convert RUN={run}` first")
    CARD.mkdir(parents=True, exist_ok=True)
    (CARD / "README.md").write_text(card(manifest, record, MODEL.stat().st_size), encoding="utf-8")
    report = (folder / run_folder.REPORT).read_text(encoding="utf-8")
    (CARD / "report.html").write_text(GLYPHS_SECTION.sub("", report), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
