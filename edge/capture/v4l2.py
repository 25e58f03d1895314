"""A camera through Video for Linux: USB cameras, capture cards. Luma is taken as the driver writes it."""

from __future__ import annotations

import errno
import mmap
import os
import select
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from core.errors import SourceError
from edge.capture import v4l2_api as api
from edge.capture.picture import GREY, JPEG, UYVY, YUYV, Picture, Wanted, plane
from edge.capture.v4l2_controls import SETTLES_S, Controls

LAYOUTS = {
    "GREY": GREY,
    "YU12": GREY,
    "YV12": GREY,
    "NV12": GREY,
    "NV21": GREY,
    "YUYV": YUYV,
    "UYVY": UYVY,
    "MJPG": JPEG,
    "JPEG": JPEG,
}
"""What we can read luma from; the earlier ones need less work."""

BUFFERS = 3
"""One is filled, one is read, and one is ready to be filled next."""

SLOWEST_SHARE = 0.9
"""Of the wanted rate; slower is worse than a picture that must be decoded first."""


class Mode(NamedTuple):
    """A format at a size, as a driver offers it."""

    format: str
    width: int
    height: int
    rate_hz: float | None
    """The highest; None if the driver does not say."""


class V4l2Camera:
    """Pictures of one device."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def pictures(self) -> Iterator[Picture]:
        """Pictures until the device goes away; of several that wait, the newest."""
        file = open_device(self._wanted.device)
        try:
            yield from self._stream(file)
        finally:
            os.close(file)

    def _stream(self, file: int) -> Iterator[Picture]:
        try:
            pixels = self._set_format(file)
            lock = Controls(file).set(self._wanted)
            buffers = _map_buffers(file)
            api.call(file, api.STREAMON, api.Kind(api.VIDEO_CAPTURE))
        except OSError as error:
            raise SourceError(_reason(error)) from None
        started = time.monotonic()
        ready = select.poll()
        ready.register(file, select.POLLIN)
        try:
            while True:
                ready.poll()
                buffer = _newest(file, ready)
                picture = _picture(buffer, pixels, buffers)
                if picture is not None:
                    yield picture
                api.call(file, api.QBUF, buffer)
                if lock is not None and time.monotonic() - started > SETTLES_S:
                    lock()
                    lock = None
        except OSError as error:
            raise SourceError(_reason(error)) from None
        finally:
            with suppress(OSError):
                api.call(file, api.STREAMOFF, api.Kind(api.VIDEO_CAPTURE))

    def _set_format(self, file: int) -> api.PixelFormat:
        wanted = self._wanted
        mode = best_mode(list(modes(file, wanted.width_px, wanted.height_px)), wanted)
        if mode is None:
            known = ", ".join(formats(file)) or "none"
            raise SourceError(f"its pixel formats are {known}; at least one of {', '.join(LAYOUTS)} is needed")
        asked = _format(mode.format, mode.width, mode.height)
        pixels: api.PixelFormat = api.call(file, api.S_FMT, asked).fmt.pix
        rate = api.StreamParameters(type=api.VIDEO_CAPTURE)
        rate.parm.capture.timeperframe = api.Fraction(1, wanted.frame_rate_hz)
        # Some drivers have one rate and no way to ask for another.
        with suppress(OSError):
            api.call(file, api.S_PARM, rate)
        return pixels


def open_device(device: int | str) -> int:
    """A file of a capture device. Raises SourceError."""
    path = f"/dev/video{device}" if isinstance(device, int) else device
    try:
        file = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SourceError(_reason(error)) from None
    try:
        known = api.call(file, api.QUERYCAP, api.Capability())
    except OSError:
        os.close(file)
        raise SourceError("it is no camera") from None
    if not is_camera(known):
        os.close(file)
        raise SourceError("it gives no pictures, only something about them; use the device with index0 in its name")
    return file


def is_camera(known: api.Capability) -> bool:
    """Whether a device captures pictures into buffers."""
    can = known.device_caps if known.capabilities & api.CAP_DEVICE_CAPS else known.capabilities
    return bool(can & api.CAP_VIDEO_CAPTURE and can & api.CAP_STREAMING)


def formats(file: int) -> list[str]:
    """The pixel formats a device has, in its own order."""
    first = api.FormatDescription(type=api.VIDEO_CAPTURE)
    return [api.fourcc_name(found.pixelformat) for found in api.each(file, api.ENUM_FMT, first)]


def modes(file: int, width: int, height: int) -> Iterator[Mode]:
    """What a device makes of a size, in each format that we can read. Raises OSError."""
    for name in formats(file):
        if name not in LAYOUTS:
            continue
        with suppress(OSError):
            pixels = api.call(file, api.TRY_FMT, _format(name, width, height)).fmt.pix
            if api.fourcc_name(pixels.pixelformat) == name:
                yield Mode(name, pixels.width, pixels.height, _highest_rate(file, name, pixels.width, pixels.height))


def best_mode(offered: list[Mode], wanted: Wanted) -> Mode | None:
    """The nearest in size; of those, one that is fast enough; of those, the one with the least work."""

    def cost(mode: Mode) -> tuple[int, bool, int]:
        off_px = abs(mode.width - wanted.width_px) + abs(mode.height - wanted.height_px)
        is_slow = mode.rate_hz is not None and mode.rate_hz < SLOWEST_SHARE * wanted.frame_rate_hz
        return off_px, is_slow, list(LAYOUTS).index(mode.format)

    return min(offered, key=cost, default=None)


def _highest_rate(file: int, name: str, width: int, height: int) -> float | None:
    first = api.IntervalQuery(pixel_format=api.fourcc(name), width=width, height=height)
    rates = []
    for found in api.each(file, api.ENUM_FRAMEINTERVALS, first):
        shortest = found.interval.discrete
        if shortest.numerator:
            rates.append(shortest.denominator / shortest.numerator)
        if found.type != api.DISCRETE:
            break
    return max(rates, default=None)


def _format(name: str, width: int, height: int) -> api.Format:
    asked = api.Format(type=api.VIDEO_CAPTURE)
    asked.fmt.pix.width, asked.fmt.pix.height, asked.fmt.pix.pixelformat = width, height, api.fourcc(name)
    return asked


def _map_buffers(file: int) -> list[mmap.mmap]:
    asked = api.call(
        file, api.REQBUFS, api.RequestBuffers(count=BUFFERS, type=api.VIDEO_CAPTURE, memory=api.MEMORY_MMAP)
    )
    buffers = []
    for index in range(asked.count):
        buffer = api.Buffer(index=index, type=api.VIDEO_CAPTURE, memory=api.MEMORY_MMAP)
        api.call(file, api.QUERYBUF, buffer)
        buffers.append(mmap.mmap(file, buffer.length, mmap.MAP_SHARED, offset=buffer.m.offset))
        api.call(file, api.QBUF, buffer)
    return buffers


def _newest(file: int, ready: select.poll) -> api.Buffer:
    """The buffer that was filled last; older ones are given back."""
    found: api.Buffer | None = None
    while True:
        try:
            later = api.call(file, api.DQBUF, api.Buffer(type=api.VIDEO_CAPTURE, memory=api.MEMORY_MMAP))
        except BlockingIOError:
            if found is not None:
                return found
            if any(event & ~select.POLLIN for _, event in ready.poll()):
                raise OSError(errno.ENODEV, os.strerror(errno.ENODEV)) from None
            continue
        if found is not None:
            api.call(file, api.QBUF, found)
        found = later


def _picture(buffer: api.Buffer, pixels: api.PixelFormat, buffers: list[mmap.mmap]) -> Picture | None:
    """What a buffer holds; None if that is damaged."""
    if buffer.flags & api.BUF_FLAG_ERROR:
        return None
    at_ns = time.monotonic_ns()
    if buffer.flags & api.TIMESTAMP_MASK == api.TIMESTAMP_MONOTONIC:
        # Some drivers say when the next picture is due.
        at_ns = min(at_ns, buffer.timestamp.seconds * 10**9 + buffer.timestamp.microseconds * 1000)
    content = memoryview(buffers[buffer.index])[: buffer.bytesused]
    layout = LAYOUTS[api.fourcc_name(pixels.pixelformat)]
    if layout == JPEG:
        return Picture(JPEG, 0, 0, 0, content, at_ns) if content else None
    stride = pixels.bytesperline or pixels.width * (1 if layout == GREY else 2)
    try:
        return plane(layout, pixels.width, pixels.height, stride, content, at_ns)
    except ValueError:
        return None


def _reason(error: OSError) -> str:
    """Why a device cannot be used, and the remedy."""
    match error.errno:
        case errno.ENOENT | errno.ENXIO:
            return "there is no such camera; `digit-reader cameras` shows those there are"
        case errno.ENODEV:
            return "it was unplugged"
        case errno.EBUSY:
            return "another program is using it; `digit-reader cameras` shows which"
        case errno.EACCES | errno.EPERM:
            return "it may not be opened; are you in the group `video`?"
        case errno.ENOSPC:
            return "the USB bus has no room for it; use another port, or a smaller size"
        case _:
            return error.strerror or str(error)
