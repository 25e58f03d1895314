"""Encoded pictures of every kind, whole and damaged, become luma or one line that says why not."""

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from core import picture
from core.errors import ImageError
from core.frame import Luma
from core.picture import decode, decode_whole, load
from core.picture_header import read_header


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def encoded(suffix: str, pixels: np.ndarray, *options: int) -> bytes:
    done, content = cv2.imencode(suffix, pixels, options)
    assert done
    return content.tobytes()


def corner(mode: str = "L", width: int = 24, height: int = 12) -> Image.Image:
    """White paper, black in its top left corner."""
    image = Image.new("L", (width, height), 255)
    image.paste(0, (0, 0, width // 3, height // 2))
    return image.convert(mode)


def on_clear(mode: str) -> Image.Image:
    """The same ink on nothing, where all the colour there is is black."""
    image = Image.new(mode, corner().size, 0)
    image.putalpha(ImageOps.invert(corner()))
    return image


def palette(**options: Any) -> bytes:
    """Ink of colour 1, black, on colour 0."""
    image = Image.fromarray((np.asarray(corner()) < 128).astype(np.uint8))
    image.putpalette([255, 255, 255, 0, 0, 0] + [0] * 762)
    return saved(image, "PNG", **options)


def moving(kind: str) -> bytes:
    """An animation or a document that begins with the corner."""
    others = [Image.new("RGB", corner().size, colour) for colour in ("red", "black")]
    return saved(corner("RGB"), kind, save_all=True, append_images=others)


LUMA = np.asarray(corner())
WIDE = LUMA.astype(np.uint16) * 257

KINDS = {
    "grey PNG": saved(corner(), "PNG"),
    "colour PNG": saved(corner("RGB"), "PNG"),
    "1-bit PNG": saved(corner("1"), "PNG"),
    "16-bit grey PNG": encoded(".png", WIDE),
    "16-bit colour PNG": encoded(".png", np.dstack([WIDE] * 3)),
    "16-bit alpha PNG": encoded(".png", np.dstack([WIDE * 0] * 3 + [65535 - WIDE])),
    "alpha PNG": saved(on_clear("RGBA"), "PNG"),
    "grey alpha PNG": saved(on_clear("LA"), "PNG"),
    "palette PNG": palette(),
    "clear palette PNG": palette(transparency=0),
    "half clear palette PNG": palette(transparency=b"\x00\xff"),
    "clear grey PNG": saved(corner(), "PNG", transparency=255),
    "clear 1-bit PNG": saved(corner("1"), "PNG", transparency=1),
    "clear colour PNG": saved(corner("RGB"), "PNG", transparency=(255, 255, 255)),
    "APNG": moving("PNG"),
    "JPEG": saved(corner("RGB"), "JPEG", quality=95),
    "grey JPEG": saved(corner(), "JPEG", quality=95),
    "progressive JPEG": saved(corner("RGB"), "JPEG", quality=95, progressive=True),
    "CMYK JPEG": saved(corner("CMYK"), "JPEG", quality=95),
    "WebP": saved(corner("RGB"), "WEBP", quality=95),
    "lossless WebP": saved(corner("RGB"), "WEBP", lossless=True),
    "alpha WebP": saved(on_clear("RGBA"), "WEBP", lossless=True),
    "animated WebP": moving("WEBP"),
    "GIF": saved(corner(), "GIF"),
    "animated GIF": moving("GIF"),
    "clear GIF": saved(on_clear("RGBA"), "GIF"),
    "BMP": saved(corner("RGB"), "BMP"),
    "grey BMP": saved(corner(), "BMP"),
    "1-bit BMP": saved(corner("1"), "BMP"),
    "TIFF": saved(corner("RGB"), "TIFF"),
    "alpha TIFF": saved(on_clear("RGBA"), "TIFF"),
    "16-bit TIFF": encoded(".tif", WIDE),
    "CMYK TIFF": saved(corner("CMYK"), "TIFF"),
    "fax TIFF": saved(corner("1"), "TIFF", compression="group4"),
    "LZW TIFF": saved(corner("RGB"), "TIFF", compression="tiff_lzw"),
    "multi-page TIFF": moving("TIFF"),
    "PGM": saved(corner(), "PPM"),
    "PPM": saved(corner("RGB"), "PPM"),
    "16-bit PGM": encoded(".pgm", WIDE),
}
SMALL = {name: content for name, content in KINDS.items() if "animated" not in name and "multi" not in name}


def one_line(refused: ImageError) -> str:
    message = str(refused)
    assert len(message.splitlines()) == 1
    assert message.startswith("a.png: ")
    return message


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for 1,500 pixels of a baseline JPEG."""
    monkeypatch.setattr(picture, "LARGEST_DECODING_BYTES", 3000)


@pytest.mark.parametrize("name", KINDS)
def test_ink_is_dark_and_paper_bright_in_every_kind_of_picture(name: str) -> None:
    luma = decode(KINDS[name], "a.png")
    assert (luma.dtype, luma.shape) == (np.uint8, LUMA.shape)
    tolerance = 40 if "JPEG" in name or "WebP" in name else 3
    assert np.abs(luma.astype(int) - LUMA).max() <= tolerance


@pytest.mark.parametrize("name", KINDS)
def test_the_header_says_the_size_of_every_kind_of_picture(name: str) -> None:
    header = read_header(KINDS[name])
    assert header
    assert (header.height_px, header.width_px) == LUMA.shape


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tif", ".pgm", ".gif"])
@pytest.mark.parametrize("shape", [(1, 1), (5000, 1), (1, 5000)])
def test_a_picture_may_be_one_pixel_wide_or_high(suffix: str, shape: tuple[int, int]) -> None:
    colours = 3 if suffix == ".gif" else 1
    content = encoded(suffix, np.full((*shape, colours), 200, np.uint8))
    luma = decode(content, "a.png")
    assert luma.shape == shape
    assert np.abs(luma.astype(int) - 200).max() <= 25  # a GIF's 256 colours are mixed


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".pgm"])
@pytest.mark.parametrize("frame", ["black", "white", "noise"])
def test_black_white_and_noise_come_back_to_the_bit(suffix: str, frame: str) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (50, 70), np.uint8)
    luma = {"black": noise * 0, "white": noise * 0 + 255, "noise": noise}[frame]
    np.testing.assert_array_equal(luma, decode(encoded(suffix, luma), "a.png"))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_keep_their_upper_eight(channels: int) -> None:
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    pixels = np.dstack([*[ramp] * min(channels, 3), *[ramp * 0 + 65535] * (channels == 4)])
    luma = decode(encoded(".png", pixels), "a.png")
    np.testing.assert_array_equal((ramp >> 8).astype(np.uint8), luma)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "clear"),
    [("JPEG", False), *((kind, clear) for kind in ("PNG", "WEBP", "TIFF") for clear in (False, True))],
)
def test_every_exif_orientation_is_honoured_with_and_without_transparency(
    orientation: int, kind: str, clear: bool
) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    options: dict[str, Any] = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95}}.get(kind, {})
    plain = saved(corner(), "PNG", exif=exif)
    wanted = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(plain))))
    luma = decode(saved(on_clear("RGBA") if clear else corner("RGB"), kind, exif=exif, **options), "a.png")
    assert luma.shape == wanted.shape
    assert np.abs(luma.astype(int) - wanted).max() <= 40


def test_exif_that_is_damaged_leaves_the_picture_as_it_is() -> None:
    exif = Image.Exif()
    exif[0x112] = 6
    content = bytearray(saved(on_clear("RGBA"), "PNG", exif=exif))
    at = content.index(b"eXIf") + 4
    for changed in (at, at + 4, at + 8):  # the order of bytes, where its directory is, how many tags that has
        damaged = content.copy()
        damaged[changed : changed + 2] = b"\xff\xff"
        length = struct.unpack_from(">I", content, at - 8)[0]
        struct.pack_into(">I", damaged, at + length, zlib.crc32(damaged[at - 4 : at + length]))
        np.testing.assert_array_equal(LUMA, decode(bytes(damaged), "a.png"))


@pytest.mark.parametrize("value", [0.5, 128.0, np.nan, np.inf, -1.0])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_floating_point_samples_are_refused_since_nothing_says_what_is_white(value: float, channels: int) -> None:
    content = encoded(".tif", np.full((8, 8, channels), value, np.float32))
    with pytest.raises(ImageError, match="floating-point samples; save it with 8 or 16 bits") as refused:
        decode(content, "a.png")
    one_line(refused.value)


@pytest.mark.parametrize("name", SMALL)
def test_a_picture_cut_off_anywhere_is_whole_or_refused(name: str) -> None:
    content = SMALL[name]
    refusals = 0
    for length in range(len(content)):
        try:
            luma = decode(content[:length], "a.png")
        except ImageError as refused:
            one_line(refused)
            refusals += 1
        else:
            assert luma.shape == LUMA.shape
    assert refusals > len(content) / 2


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", bytes(5000), b"file,digits\na.png,1\n", b"%PDF-1.7\n", b"P5\n", b"BM", b"<svg/>", b"\xff\xd8"],
)
def test_what_is_no_picture_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"is empty|not a picture that can be decoded.*; use PNG") as refused:
        load(path)
    assert len(str(refused.value).splitlines()) == 1


def claiming(name: str, width: int, height: int) -> bytes:
    """A small picture whose header says it is of this size."""
    content = bytearray(KINDS[name])
    if name.endswith("PNG"):
        struct.pack_into(">II", content, 16, width, height)
    elif name.endswith("JPEG"):
        at = max(content.find(b"\xff\xc0"), content.find(b"\xff\xc2"))
        struct.pack_into(">HH", content, at + 5, height, width)
    elif name.endswith("GIF"):
        struct.pack_into("<HH", content, 6, width, height)
    elif name.endswith("BMP"):
        struct.pack_into("<ii", content, 18, width, -height)
    elif name == "animated WebP":
        content[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif name.endswith("TIFF"):
        for tag, side in ((256, width), (257, height), (278, height)):
            at = content.find(struct.pack("<HHI", tag, 4, 1))
            at = at if at >= 0 else content.find(struct.pack("<HHI", tag, 3, 1))
            struct.pack_into("<HHII", content, at, tag, 4, 1, side)
    else:
        content = bytearray(f"P5 {width} # wide\n{height} 255\n".encode())
    return bytes(content)


@pytest.mark.parametrize(
    "name",
    [
        *("grey PNG", "1-bit PNG", "alpha PNG", "clear grey PNG", "APNG", "progressive JPEG", "animated WebP", "GIF"),
        *("BMP", "TIFF", "fax TIFF", "PGM"),
    ],
)
def test_a_picture_too_large_for_a_small_board_is_refused_with_its_size_and_the_remedy(name: str) -> None:
    with pytest.raises(ImageError) as refused:
        decode(claiming(name, 30_000, 25_000), "a.png")
    message = one_line(refused.value)
    assert "30000×25000 pixels take" in message
    assert "MiB to decode, allowed are 256; shrink the picture, or save it as a baseline JPEG" in message


def test_a_jpeg_that_claims_to_be_the_largest_there_can_be_is_refused() -> None:
    with pytest.raises(ImageError, match="damaged"):
        decode(claiming("JPEG", 65_535, 65_535), "a.png")


def test_a_large_jpeg_is_decoded_smaller(little_memory: None) -> None:
    for width, height, shape in ((50, 30, (30, 50)), (60, 40, (20, 30)), (160, 120, (30, 40)), (240, 240, (30, 30))):
        luma = decode(saved(corner("RGB", width, height), "JPEG"), "a.png")
        assert luma.shape == shape
        assert luma[1, 1] < 60
        assert luma[-2, -2] > 200
    with pytest.raises(ImageError, match="400×400 pixels take"):
        decode(saved(corner("RGB", 400, 400), "JPEG"), "a.png")


def test_a_large_picture_of_another_format_is_not_made_smaller(little_memory: None) -> None:
    assert decode(saved(corner("L", 50, 30), "PNG"), "a.png").shape == (30, 50)
    for content in (saved(corner("L", 60, 40), "PNG"), saved(corner("RGB", 60, 40), "JPEG", progressive=True)):
        with pytest.raises(ImageError, match="60×40 pixels take"):
            decode(content, "a.png")


def test_a_jpeg_of_thousands_of_scans_is_refused() -> None:
    content = KINDS["progressive JPEG"]
    last = content.rindex(b"\xff\xda")
    scan = content[last : content.rindex(b"\xff\xd9")]
    with pytest.raises(ImageError, match=r"a JPEG in 30\d\d scans, allowed are 100; save it as a baseline JPEG"):
        decode(content[:last] + 3000 * scan + b"\xff\xd9", "a.png")


def test_a_png_chunk_that_claims_gigabytes_gets_no_room_for_them() -> None:
    content = bytearray(KINDS["palette PNG"])
    struct.pack_into(">I", content, content.index(b"PLTE") - 4, 2**31 - 1)
    with pytest.raises(ImageError, match="damaged"):
        decode(bytes(content), "a.png")
    assert read_header(bytes(content)) is None


PEAK = """
import resource, sys
from core.picture import decode
content = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
luma = decode(content, "a.png")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux counts ru_maxrss in KiB")
@pytest.mark.parametrize(
    ("name", "channels", "most_bytes_per_px"),
    [("a.png", 3, 2.5), ("a.png", 4, 8.5), ("a.tif", 3, 2.5), ("a.jpg", 3, 2.5)],
)
def test_decoding_takes_no_more_memory_than_planned(
    root: Path, tmp_path: Path, name: str, channels: int, most_bytes_per_px: float
) -> None:
    pixels = np.full((4000, 5000, channels), 230, np.uint8)
    path = tmp_path / name
    assert cv2.imwrite(str(path), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], cwd=root, capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 / (4000 * 5000) < most_bytes_per_px


def test_a_tiff_that_says_two_sizes_is_refused() -> None:
    content = bytearray(KINDS["TIFF"])
    struct.pack_into("<HHII", content, content.find(struct.pack("<HH", 258, 3)), 256, 4, 1, 2)
    with pytest.raises(ImageError, match="damaged"):
        decode(bytes(content), "a.png")


def luma_or_refusal(content: bytes) -> Luma | None:
    """What `decode` gives, held to what it promises."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture, "LARGEST_DECODING_BYTES", 2**24)  # since it is quicker
        try:
            luma = decode(content, "a.png")
        except ImageError as refused:
            one_line(refused)
            return None
    header = read_header(content)
    assert header
    assert (luma.dtype, luma.ndim) == (np.uint8, 2)
    if luma.size < 2**23:  # otherwise it may be a JPEG made smaller
        assert sorted(luma.shape) == sorted((header.width_px, header.height_px))
    return luma


@settings(max_examples=300)
@given(
    name=st.sampled_from(sorted(KINDS)),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=6),
)
def test_bytes_changed_in_a_picture_give_a_picture_or_one_line(name: str, flips: list[tuple[float, int]]) -> None:
    content = bytearray(KINDS[name])
    for where, change in flips:
        content[int(where * len(content))] ^= change
    luma_or_refusal(bytes(content))


@settings(max_examples=300)
@given(name=st.sampled_from(sorted(KINDS)), kept=st.integers(2, 64), rest=st.binary(max_size=300))
def test_random_bytes_after_a_good_beginning_give_a_picture_or_one_line(name: str, kept: int, rest: bytes) -> None:
    luma_or_refusal(KINDS[name][:kept] + rest)


@given(st.binary(max_size=200))
def test_random_bytes_give_one_line(content: bytes) -> None:
    luma_or_refusal(content)


def noisy_jpeg() -> bytes:
    """A JPEG in which no byte is there for nothing."""
    noise = np.random.default_rng(1).integers(0, 256, (120, 160), dtype=np.uint8)
    return cv2.imencode(".jpg", noise)[1].tobytes()


def test_a_jpeg_overwritten_in_its_middle_is_damaged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    content = bytearray(noisy_jpeg())
    middle = len(content) // 2
    content[middle : middle + 200] = np.random.default_rng(2).integers(0, 256, 200, dtype=np.uint8).tobytes()
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"a\.jpg: damaged \(Corrupt JPEG data: .*\); copy it again"):
        load(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("before_the_end", "is_damaged"), [(bytes(8), False), (bytes(range(1, 9)), True)])
def test_zeros_before_the_end_of_a_jpeg_are_padding_and_other_bytes_are_damage(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], before_the_end: bytes, is_damaged: bool
) -> None:
    content = noisy_jpeg()
    path = tmp_path / "a.jpg"
    path.write_bytes(content[:-2] + before_the_end + content[-2:])
    if is_damaged:
        with pytest.raises(ImageError, match="extraneous bytes"):
            load(path)
    else:
        assert load(path).shape == (120, 160)
    assert capfd.readouterr().err == ""


def test_lines_of_others_pass_while_a_picture_is_decoded(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    decode_ = cv2.imdecode

    def talking(*arguments: object) -> np.ndarray:
        os.write(2, b"another thread\nlibpng warning: iCCP: known incorrect sRGB profile\n")
        return decode_(*arguments)

    monkeypatch.setattr(cv2, "imdecode", talking)
    assert decode_whole(noisy_jpeg(), "x").shape == (120, 160)
    assert capfd.readouterr().err == "another thread\n"
