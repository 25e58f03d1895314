"""The Raspberry Pi's camera, as far as it can be told without one."""

import inspect
import json
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import SourceError
from edge.capture import picamera
from edge.capture.fake_picamera2 import FakeMappedArray, FakePicamera2, FakeRequest
from edge.capture.picamera import PiCamera
from edge.capture.picture import Picture, Wanted
from tests.edge.fake_cameras import plug_in

RECORDED = Path(__file__).with_name("picamera2-0.3.38.json")
"""Arguments of what we call of picamera2: tools/record_picamera2.py reads them from its source."""

FAKES = {"Picamera2": FakePicamera2, "MappedArray": FakeMappedArray, "CompletedRequest": FakeRequest}

OURS = {"driven_by"}
"""What a fake has beside what it stands for."""


def methods(fake: type) -> Iterator[tuple[str, Any]]:
    for name, method in vars(fake).items():
        if inspect.isfunction(method) and name not in OURS and (not name.startswith("_") or name == "__init__"):
            yield name, method


@pytest.mark.parametrize("name", FAKES)
def test_every_call_that_the_fake_takes_is_taken_by_the_real_one_with_the_same_names(name: str) -> None:
    real = json.loads(RECORDED.read_text(encoding="utf-8"))[name]
    for method, function in methods(FAKES[name]):
        if (name, method) == ("CompletedRequest", "__init__"):
            continue  # made by picamera2 only
        taken = [parameter for parameter in inspect.signature(function).parameters if parameter != "self"]
        assert set(taken) <= set(real[method]), f"{name}.{method}"
        # What we give by place has to be at that place.
        required = [
            name
            for name, parameter in inspect.signature(function).parameters.items()
            if name != "self" and parameter.default is parameter.empty
        ]
        assert real[method][: len(required)] == required, f"{name}.{method}"


def pictures(path: Path, **wanted: Any) -> Iterator[Picture]:
    camera = PiCamera(
        Wanted("fake_picamera", str(path), **{"frame_rate_hz": 100, **wanted}), FakePicamera2.driven_by(str(path))
    )
    return camera.pictures()  # type: ignore[return-value]


class Watched(FakePicamera2):
    """A fake that can be asked afterwards."""

    last: "Watched"

    def __init__(self, camera_num: int = 0) -> None:
        super().__init__(camera_num)
        Watched.last, self.closed, self.most_out = self, False, 0

    def capture_request(self, wait: float | None = None) -> FakeRequest:
        request = super().capture_request(wait)
        self.most_out = max(self.most_out, 6 - self.buffers_free)
        return request

    def close(self) -> None:
        self.closed = True


def watched(path: Path, **wanted: Any) -> Iterator[Picture]:
    settings = Wanted("fake_picamera", str(path), **{"frame_rate_hz": 100, **wanted})
    return PiCamera(settings, Watched.driven_by(str(path))).pictures()  # type: ignore[return-value]


def test_luma_is_read_where_the_camera_wrote_it_without_padding_and_chroma(tmp_path: Path) -> None:
    path = plug_in(tmp_path / "camera", width_px=50, height_px=30, level=90)
    with closing(pictures(path)) as found:  # type: ignore[type-var]
        picture = next(found)
        rows = np.ndarray((30, 50), np.uint8, picture.content, strides=(picture.stride_bytes, 1))
        assert (picture.width, picture.height, picture.stride_bytes) == (50, 30, 64)
        assert set(np.unique(rows[1:])) == {90}


def test_every_buffer_goes_back_and_the_camera_is_closed(tmp_path: Path) -> None:
    with closing(watched(plug_in(tmp_path / "camera"))) as found:  # type: ignore[type-var]
        assert len(list(islice(found, 20))) == 20
    assert (Watched.last.most_out, Watched.last.buffers_free, Watched.last.closed) == (1, 6, True)


def test_a_camera_that_falls_silent_is_given_up_and_not_closed_since_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picamera, "PICTURE_WITHIN_S", 0.1)
    path = plug_in(tmp_path / "camera")
    found = watched(path)
    next(found)
    plug_in(path, does="silent")
    with pytest.raises(SourceError, match=r"silent for 0\.1 s; is its cable seated at both ends\?"):
        next(found)
    assert not Watched.last.closed


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"exposure_ms": 12.5}, {"FrameRate": 100.0, "ExposureTime": 12500}),
        ({}, {"FrameRate": 100.0}),
        ({"exposure_ms": "locked"}, {"FrameRate": 100.0, "ExposureTime": 9000}),
    ],
)
def test_exposure_is_fixed_left_alone_or_locked_at_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, Any], expected: dict[str, Any]
) -> None:
    monkeypatch.setattr(picamera, "SETTLES_S", 0.05)
    with closing(watched(plug_in(tmp_path / "camera"), **wanted)) as found:  # type: ignore[type-var]
        list(islice(found, 12))
        assert Watched.last.controls == expected


def test_a_white_balance_that_the_camera_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="its white balance cannot be fixed; use auto or locked"):
        next(pictures(plug_in(tmp_path / "camera"), white_balance_k=4000))


def test_a_time_of_another_clock_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picamera, "STALE_NS", 0)
    with closing(pictures(plug_in(tmp_path / "camera"))) as found:  # type: ignore[type-var]
        assert next(found).captured_ns > 0


def test_without_picamera2_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(picamera.importlib, "import_module", missing)
    with pytest.raises(SourceError, match=r"sudo apt install python3-picamera2"):
        next(iter(PiCamera(Wanted("picamera", 0)).pictures()))
