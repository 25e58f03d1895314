"""Views that are sharp, soft, or out of focus."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from pen_pages import written

from core.frame import Luma
from edge.focus import STRONG_EDGE, edges
from edge.motion import view
from edge.quality import Judged, Watch

FRAME_NS = 100_000_000

PAGE = written("2047581369", 60)


def blurred(sigma: float, noise: float = 2.0, place: int = 0, luma: Luma = PAGE) -> Luma:
    soft = luma.astype(np.float32) if sigma == 0 else cv2.GaussianBlur(luma.astype(np.float32), (0, 0), sigma)
    grain = np.random.default_rng([3, place]).normal(0, noise, luma.shape)
    return np.clip(soft + grain, 0, 255).astype(np.uint8)


def sharpness(luma: Luma) -> float | None:
    seen = edges(view(luma))
    assert seen is not None
    return seen.sharpness(seen.span >= STRONG_EDGE)


def watched(sigmas: list[float], watch: Watch | None = None) -> list[Judged]:
    """What is said of frames 100 ms apart, with so much blur each."""
    watch = watch or Watch()
    return [watch.judge(blurred(sigma, place=place), place * FRAME_NS) for place, sigma in enumerate(sigmas)]


def states(judged: list[Judged]) -> list[str]:
    return [str(each.quality.state) for each in judged]


@pytest.mark.parametrize("noise", [0.5, 4.0, 8.0])
def test_the_more_a_page_is_blurred_the_less_sharp_it_is_whatever_its_noise(noise: float) -> None:
    found = [sharpness(blurred(sigma, noise)) for sigma in (0, 1, 2, 3, 4.5)]
    assert None not in found
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.6
    assert found[3] < 0.4


def test_faint_light_makes_a_page_no_less_sharp() -> None:
    full, half = (sharpness((blurred(1) * share).astype(np.uint8)) for share in (1.0, 0.5))
    assert half == pytest.approx(full, rel=0.15)


@pytest.mark.parametrize("level", [0, 60, 200, 255])
def test_a_page_without_edges_has_nothing_to_be_sharp(level: int) -> None:
    assert sharpness(np.full((480, 640), level, np.uint8)) is None


def test_a_bare_desk_is_good_even_after_a_sharp_page() -> None:
    watch = Watch()
    watched([0] * 5, watch)
    bare = np.full((480, 640), 150, np.uint8)
    judged = [watch.judge(blurred(0, place=place, luma=bare), (5 + place) * FRAME_NS) for place in range(9)]
    assert states(judged[3:]) == ["good"] * 6


def test_a_lens_that_loses_focus_and_finds_it_is_refused_in_between() -> None:
    hunting = [0.0] * 5 + [1.0, 2.0, 3.0, 4.0, 5.0, 4.0, 3.0, 2.0, 1.0] + [0.0] * 3
    judged = states(watched(hunting))
    assert judged[:6] == ["good"] * 6
    assert judged[7:12] == ["out_of_focus"] * 5
    assert judged[-4:] == ["good"] * 4


def test_the_reason_has_the_figure() -> None:
    reason = watched([0, 0, 4])[-1].quality.reason
    assert reason.startswith("what was sharp is soft: sharpness 0.")
    assert reason.endswith("is needed")


def test_a_view_that_stays_blurred_is_read_in_the_end_and_from_then_on() -> None:
    judged = states(watched([0.0] * 5 + [4.0] * 75, Watch(gives_way_after_s=3)))
    assert judged[:5] == ["good"] * 5
    assert judged[5:35] == ["out_of_focus"] * 30
    assert judged[35:] == ["good"] * 45


def test_the_soft_edge_of_a_shadow_is_not_out_of_focus() -> None:
    across = np.arange(640) - np.arange(480)[:, np.newaxis]
    shadow = np.clip(0.65 - across / 40, 0.3, 1.0)
    watch = Watch()
    frames = [PAGE] * 5 + [np.full_like(PAGE, 200) * shadow] * 10
    judged = [watch.judge(blurred(0, 2, place, luma), place * FRAME_NS) for place, luma in enumerate(frames)]
    assert "out_of_focus" not in states(judged)


def test_a_lens_that_keeps_hunting_is_not_given_way_to() -> None:
    hunting = [0.0] * 3 + [3.0, 4.5] * 30
    judged = states(watched(hunting, Watch(gives_way_after_s=1)))
    assert judged.count("out_of_focus") > 50


def test_a_camera_that_is_always_a_little_soft_is_never_refused() -> None:
    assert set(states(watched([2.0] * 30))) == {"good"}


def test_a_view_that_was_always_out_of_focus_is_read_since_nothing_better_is_known() -> None:
    assert set(states(watched([5.0] * 20))) == {"good"}
