from __future__ import annotations

import time
from itertools import islice
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest
from commands import Start

from core.errors import UsageError
from train.scenes import Batch, Material, Order, batch, scene, stream

ORDER = Order((48, 64), batch_size=3, seed=5)


def are_equal(left: Batch, right: Batch) -> bool:
    return np.array_equal(left.luma, right.luma) and left.truths == right.truths


def test_a_batch_is_scenes_with_their_truths(material: Material) -> None:
    second = batch(material, ORDER, 1)
    assert (second.luma.shape, second.luma.dtype, len(second.truths)) == ((3, 48, 64), np.uint8, 3)
    alone = scene(material, (48, 64), 5, 4)
    assert np.array_equal(second.luma[1], alone.luma)
    assert second.truths[1] == alone.truth


def test_other_processes_draw_the_same_batches_in_the_same_order_and_end_with_the_stream(material: Material) -> None:
    here = list(islice(stream(material, ORDER, first=2), 5))
    drawing = stream(material, ORDER, workers=2, first=2)
    elsewhere = list(islice(drawing, 5))
    drawing.close()
    assert [are_equal(*pair) for pair in zip(here, elsewhere, strict=True)] == [True] * 5
    assert active_children() == []


def test_truth_comes_as_arrays(material: Material) -> None:
    truth = scene(material, (128, 128), 1, 0, empty_share=0.0).truth
    assert (truth.boxes().shape, truth.boxes().dtype) == ((len(truth.digits), 4), np.float32)
    assert (truth.labels().shape, truth.labels().dtype) == ((len(truth.digits),), np.int64)
    assert truth.ignored().shape == (len(truth.ignore), 4)
    none = scene(material, (128, 128), 1, 0, empty_share=1.0, kind="texture").truth
    assert (none.boxes().shape, none.labels().shape, none.ignored().shape) == ((0, 4), (0,), (0, 4))


@pytest.mark.parametrize(
    "wrong",
    [{"batch_size": 0}, {"empty_share": -0.1}, {"empty_share": 2.0}, {"shape": (16, 64)}],
)
def test_an_order_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Order(**({"shape": (64, 64), "batch_size": 2, "seed": 1} | wrong))


def test_a_negative_number_of_workers_is_refused(material: Material) -> None:
    with pytest.raises(UsageError, match="-1 workers"):
        next(stream(material, ORDER, workers=-1))


DRAWS_UNTIL_KILLED = """
import time
from multiprocessing import active_children
from pathlib import Path
from handwriting import glyph_set
from train.scenes import Material, Order, stream
if __name__ == "__main__":
    drawing = stream(Material(glyph_set(100, seed=1)), Order((48, 64), 2, 1), workers=1)
    next(drawing)
    print(active_children()[0].pid, flush=True)
    time.sleep(300)
"""


def test_a_process_that_draws_ends_when_its_program_is_killed(start: Start, tmp_path: Path) -> None:
    (tmp_path / "draws.py").write_text(DRAWS_UNTIL_KILLED)
    program = start(tmp_path, "draws.py")
    assert program.stdout is not None
    worker = int(program.stdout.readline())
    program.kill()
    deadline = time.monotonic() + 30
    while _runs(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(worker)


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
