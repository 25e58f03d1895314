"""Video for Linux, as far as it can be told without a device; `test_v4l2_device` has one."""

import ctypes
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import CameraConfig
from core.errors import SourceError
from edge.capture import v4l2_api as api
from edge.capture.picture import Wanted
from edge.capture.v4l2 import LAYOUTS, Mode, best_mode
from edge.sources.choice import Choice

WANTED = Wanted("v4l2", 0, width_px=640, height_px=480, frame_rate_hz=15)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Video for Linux")


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the sizes are those of 64-bit kernels")
def test_structures_have_the_sizes_of_the_kernels_own() -> None:
    # Each size is part of its call's number, which the kernel compares: those below are of linux/videodev2.h.
    assert {
        name: f"{getattr(api, name):08x}"
        for name in (
            "QUERYCAP",
            "ENUM_FMT",
            "S_FMT",
            "REQBUFS",
            "QUERYBUF",
            "QBUF",
            "DQBUF",
            "STREAMON",
            "STREAMOFF",
            "S_PARM",
            "G_CTRL",
            "S_CTRL",
            "QUERYCTRL",
            "TRY_FMT",
            "ENUM_FRAMEINTERVALS",
        )
    } == {
        "QUERYCAP": "80685600",
        "ENUM_FMT": "c0405602",
        "S_FMT": "c0d05605",
        "REQBUFS": "c0145608",
        "QUERYBUF": "c0585609",
        "QBUF": "c058560f",
        "DQBUF": "c0585611",
        "STREAMON": "40045612",
        "STREAMOFF": "40045613",
        "S_PARM": "c0cc5616",
        "G_CTRL": "c008561b",
        "S_CTRL": "c008561c",
        "QUERYCTRL": "c0445624",
        "TRY_FMT": "c0d05640",
        "ENUM_FRAMEINTERVALS": "c034564b",
    }


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ([Mode("MJPG", 640, 480, 30), Mode("YUYV", 640, 480, 30)], "YUYV"),
        ([Mode("MJPG", 640, 480, 30), Mode("YUYV", 640, 480, 5)], "MJPG"),
        ([Mode("MJPG", 640, 480, 30), Mode("YUYV", 320, 240, 30)], "MJPG"),
        ([Mode("YUYV", 640, 480, None), Mode("GREY", 640, 480, None)], "GREY"),
        ([Mode("YUYV", 1280, 720, 10), Mode("MJPG", 1280, 720, 30)], "MJPG"),
    ],
)
def test_the_mode_nearest_in_size_then_fast_enough_then_with_the_least_work_is_taken(
    offered: list[Mode], expected: str
) -> None:
    for order in (offered, offered[::-1]):
        best = best_mode(order, WANTED)
        assert best
        assert best.format == expected


@given(
    st.lists(
        st.builds(
            Mode,
            st.sampled_from(list(LAYOUTS)),
            st.integers(1, 4000),
            st.integers(1, 4000),
            st.none() | st.floats(1, 90),
        )
    )
)
def test_some_mode_is_taken_whatever_is_offered(offered: list[Mode]) -> None:
    best = best_mode(offered, WANTED)
    assert (best in offered) if offered else best is None


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("/dev/v4l/by-id/none", "there is no such camera; `digit-reader cameras` shows those there are"),
        ("/dev/null", "it is no camera"),
    ],
)
def test_what_cannot_be_opened_says_why_and_what_to_do(device: str, expected: str) -> None:
    (source,) = Choice(CameraConfig(source=device)).sources()
    with pytest.raises(SourceError) as error:
        next(source.frames(threading.Event()))
    assert str(error.value) == expected
