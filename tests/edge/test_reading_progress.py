"""Whether the reading goes on."""

from edge.progress import LATELY_S, READ_WITHIN_S, Progress


def test_before_the_first_frame_the_program_is_alive_and_not_ready() -> None:
    health = Progress().health(1000.0)
    assert (health.not_alive, health.not_ready) == ([], ["no frame has gone through yet"])


def test_frames_that_go_through_make_it_ready_for_a_while() -> None:
    progress = Progress()
    progress.taken(10.0)
    progress.done(10.1)
    assert progress.health(10.1 + LATELY_S).not_ready == []
    late = progress.health(10.1 + LATELY_S + 1)
    assert (late.not_alive, late.not_ready) == ([], ["no frame has gone through for 6 s; allowed: 5 s"])


def test_a_frame_that_is_read_for_ever_is_no_life() -> None:
    progress = Progress()
    progress.taken(10.0)
    assert progress.health(10.0 + READ_WITHIN_S).not_alive == []
    stuck = progress.health(11.0 + READ_WITHIN_S)
    assert stuck.not_alive == ["a frame has been read for 11 s; allowed: 10 s"]
    assert stuck.not_ready == [*stuck.not_alive, "no frame has gone through yet"]


def test_a_loop_that_ended_is_neither_alive_nor_ready() -> None:
    progress = Progress()
    progress.taken(1.0)
    progress.done(1.1)
    progress.over()
    health = progress.health(1.2)
    assert (health.not_alive, health.not_ready) == (["the read loop has ended"], ["the read loop has ended"])
