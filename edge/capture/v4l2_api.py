"""What we use of Linux's videodev2.h: its structures and calls, as the kernel documents them (Video for Linux API)."""

from __future__ import annotations

import ctypes
import errno
import fcntl
from collections.abc import Iterator
from ctypes import Structure, Union, c_int32, c_long, c_uint8, c_uint32, c_ulong
from typing import TypeVar

VIDEO_CAPTURE = 1
MEMORY_MMAP = 1
CAP_VIDEO_CAPTURE, CAP_STREAMING, CAP_DEVICE_CAPS = 0x1, 0x04000000, 0x80000000
CAP_TIMEPERFRAME = 0x1000
BUF_FLAG_ERROR = 0x40
TIMESTAMP_MASK, TIMESTAMP_MONOTONIC = 0xE000, 0x2000
DISCRETE = 1
"""Of sizes and intervals; others are from, to and step."""
CTRL_DISABLED = 0x1

CID_AUTO_WHITE_BALANCE, CID_WHITE_BALANCE_TEMPERATURE = 0x0098090C, 0x0098091A
CID_EXPOSURE_AUTO, CID_EXPOSURE_ABSOLUTE, CID_EXPOSURE_AUTO_PRIORITY = 0x009A0901, 0x009A0902, 0x009A0903
EXPOSURE_AUTO, EXPOSURE_MANUAL, EXPOSURE_APERTURE_PRIORITY = 0, 1, 3


class Capability(Structure):
    _fields_ = (
        ("driver", c_uint8 * 16),
        ("card", c_uint8 * 32),
        ("bus_info", c_uint8 * 32),
        ("version", c_uint32),
        ("capabilities", c_uint32),
        ("device_caps", c_uint32),
        ("reserved", c_uint32 * 3),
    )


class FormatDescription(Structure):
    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("flags", c_uint32),
        ("description", c_uint8 * 32),
        ("pixelformat", c_uint32),
        ("mbus_code", c_uint32),
        ("reserved", c_uint32 * 3),
    )


class PixelFormat(Structure):
    _fields_ = (
        ("width", c_uint32),
        ("height", c_uint32),
        ("pixelformat", c_uint32),
        ("field", c_uint32),
        ("bytesperline", c_uint32),
        ("sizeimage", c_uint32),
        ("rest", c_uint32 * 6),
    )


class _Pointers(Structure):
    _fields_ = (("clips", ctypes.c_void_p),)


class _FormatUnion(Union):
    # The pointer is of v4l2_window, which gives the union its alignment.
    _fields_ = (("pix", PixelFormat), ("window", _Pointers), ("raw", c_uint8 * 200))


class Format(Structure):
    _fields_ = (("type", c_uint32), ("fmt", _FormatUnion))


class Fraction(Structure):
    _fields_ = (("numerator", c_uint32), ("denominator", c_uint32))


class CaptureParameters(Structure):
    _fields_ = (
        ("capability", c_uint32),
        ("capturemode", c_uint32),
        ("timeperframe", Fraction),
        ("rest", c_uint32 * 6),
    )


class _ParametersUnion(Union):
    _fields_ = (("capture", CaptureParameters), ("raw", c_uint8 * 200))


class StreamParameters(Structure):
    _fields_ = (("type", c_uint32), ("parm", _ParametersUnion))


class RequestBuffers(Structure):
    _fields_ = (("count", c_uint32), ("type", c_uint32), ("memory", c_uint32), ("rest", c_uint32 * 2))


class _Time(Structure):
    _fields_ = (("seconds", c_long), ("microseconds", c_long))


class _Timecode(Structure):
    _fields_ = (("type", c_uint32), ("flags", c_uint32), ("rest", c_uint8 * 8))


class _Place(Union):
    _fields_ = (("offset", c_uint32), ("userptr", c_ulong))


class Buffer(Structure):
    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("bytesused", c_uint32),
        ("flags", c_uint32),
        ("field", c_uint32),
        ("timestamp", _Time),
        ("timecode", _Timecode),
        ("sequence", c_uint32),
        ("memory", c_uint32),
        ("m", _Place),
        ("length", c_uint32),
        ("reserved", c_uint32 * 2),
    )


class Control(Structure):
    _fields_ = (("id", c_uint32), ("value", c_int32))


class ControlQuery(Structure):
    _fields_ = (
        ("id", c_uint32),
        ("type", c_uint32),
        ("name", c_uint8 * 32),
        ("minimum", c_int32),
        ("maximum", c_int32),
        ("step", c_int32),
        ("default_value", c_int32),
        ("flags", c_uint32),
        ("reserved", c_uint32 * 2),
    )


class _Intervals(Union):
    _fields_ = (("discrete", Fraction), ("stepwise", Fraction * 3))


class IntervalQuery(Structure):
    _fields_ = (
        ("index", c_uint32),
        ("pixel_format", c_uint32),
        ("width", c_uint32),
        ("height", c_uint32),
        ("type", c_uint32),
        ("interval", _Intervals),
        ("reserved", c_uint32 * 2),
    )


class _Sizes(Union):
    _fields_ = (("discrete", c_uint32 * 2), ("stepwise", c_uint32 * 6))


class SizeQuery(Structure):
    _fields_ = (
        ("index", c_uint32),
        ("pixel_format", c_uint32),
        ("type", c_uint32),
        ("size", _Sizes),
        ("reserved", c_uint32 * 2),
    )


class Kind(Structure):
    """Of the buffers that a stream is started or stopped for."""

    _fields_ = (("type", c_int32),)


def _number(direction: int, number: int, size: int) -> int:
    """As _IOC of asm-generic/ioctl.h."""
    return direction << 30 | size << 16 | ord("V") << 8 | number


def _both(number: int, kind: type[Structure]) -> int:
    return _number(3, number, ctypes.sizeof(kind))


QUERYCAP = _number(2, 0, ctypes.sizeof(Capability))
ENUM_FMT = _both(2, FormatDescription)
S_FMT = _both(5, Format)
REQBUFS = _both(8, RequestBuffers)
QUERYBUF = _both(9, Buffer)
QBUF = _both(15, Buffer)
DQBUF = _both(17, Buffer)
STREAMON = _number(1, 18, 4)
STREAMOFF = _number(1, 19, 4)
S_PARM = _both(22, StreamParameters)
G_CTRL = _both(27, Control)
S_CTRL = _both(28, Control)
QUERYCTRL = _both(36, ControlQuery)
TRY_FMT = _both(64, Format)
ENUM_FRAMESIZES = _both(74, SizeQuery)
ENUM_FRAMEINTERVALS = _both(75, IntervalQuery)

_Asked = TypeVar("_Asked", bound=Structure)


def call(file: int, request: int, argument: _Asked) -> _Asked:
    """`argument`, filled in by the driver. Raises OSError."""
    while True:
        try:
            fcntl.ioctl(file, request, argument)
        except InterruptedError:
            continue
        return argument


def each(file: int, request: int, first: _Asked) -> Iterator[_Asked]:
    """`first` and its successors, by index, until the driver knows no more; each is the same object."""
    while True:
        try:
            yield call(file, request, first)
        except OSError as error:
            if error.errno in {errno.EINVAL, errno.ENOTTY}:
                return
            raise
        first.index += 1


def text(field: ctypes.Array[c_uint8]) -> str:
    """Of a field of fixed length."""
    return bytes(field).split(b"\0")[0].decode("utf-8", "replace")


def fourcc(name: str) -> int:
    """A pixel format's number."""
    return int.from_bytes(name.encode("ascii"), "little")


def fourcc_name(number: int) -> str:
    """A pixel format's name."""
    return (number & 0x7FFFFFFF).to_bytes(4, "little").decode("ascii", "replace").rstrip()
