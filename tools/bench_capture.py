"""How long it takes to hand a frame from the capture process to the daemon, in CPU time of both sides together.

python tools/bench_capture.py
"""

from __future__ import annotations

import socket
import statistics
import time

from edge.capture.channel import Receiver, Sender
from edge.capture.picture import GREY, UYVY, YUYV, Picture, plane
from edge.sources.luma import luma_of

RUNS = 2000
WIDTH, HEIGHT = 640, 480


def main() -> None:
    """Print the median and the 99th percentile for each layout."""
    print(f"{WIDTH}×{HEIGHT}, {RUNS} frames: µs of CPU time, median (p99)")
    for name, layout, stride, mirror in (
        ("luma, whole rows", GREY, WIDTH, False),
        ("luma, padded rows", GREY, WIDTH + 64, False),
        ("luma, mirrored", GREY, WIDTH, True),
        ("YUYV", YUYV, 2 * WIDTH, False),
        ("UYVY", UYVY, 2 * WIDTH, False),
    ):
        content = memoryview(bytes(range(256)) * (stride * HEIGHT // 256 + 1))
        took = measured(plane(layout, WIDTH, HEIGHT, stride, content, 0), mirror)
        print(f"{name:20} {statistics.median(took):6.0f} ({statistics.quantiles(took, n=100)[98]:.0f})")


def measured(picture: Picture, mirror: bool) -> list[float]:
    """µs for each frame: written to shared memory, told, heard, made into luma, given back."""
    ours, its = socket.socketpair()
    sender, receiver = Sender(its), Receiver(ours)
    took = []
    for _ in range(RUNS):
        began = time.thread_time_ns()
        sender.send(picture)
        held = receiver.newest(1)
        if held is None:
            raise RuntimeError("a frame was lost")
        luma_of(held.picture, mirror)
        receiver.release(held)
        took.append((time.thread_time_ns() - began) / 1000)
    receiver.close()
    its.close()
    return took


if __name__ == "__main__":
    main()
