from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from handwriting import draw
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DataError
from core.glyph import normalise
from core.own_digits import EXAMPLES_PER_CLASS, own_digits_of, read_folder, read_npz


def drawn(text: str, seed: int = 1, side_px: int = 96) -> np.ndarray:
    """uint8 (side_px, side_px): dark ink on light paper."""
    return 255 - draw(text, np.random.default_rng(seed), side_px)


def put(folder: Path, name: str, luma: np.ndarray) -> Path:
    """Write a picture at `folder`/`name`, in the format of its suffix."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), luma)
    return path


def likeness(glyph: np.ndarray, wanted: np.ndarray) -> float:
    """0 to 1: the cosine between two glyphs, of which one may be a pixel off: centring rounds."""
    a = glyph.ravel().astype(float)
    shifted = [np.roll(wanted, (y, x), (0, 1)).ravel().astype(float) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return max(float(a @ b / np.sqrt((a @ a) * (b @ b))) for b in shifted)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from("0123456789"),
    st.integers(0, 1000),
    st.sampled_from([28, 40, 96, 300, 1500]),
    st.booleans(),
    st.tuples(st.integers(0, 60), st.integers(150, 255)),
)
def test_any_size_and_polarity_makes_the_same_good_glyph(
    text: str, seed: int, side_px: int, light_on_dark: bool, brightness: tuple[int, int]
) -> None:
    darkest, lightest = brightness
    ink = draw(text, np.random.default_rng(seed), 96)
    wanted = normalise(ink)
    scaled = cv2.resize(ink, (side_px, side_px), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    share = scaled if light_on_dark else 1 - scaled
    luma = (darkest + share * (lightest - darkest)).astype(np.uint8)
    found = own_digits_of({"x": luma[np.newaxis], "y": np.array([text])}, Path("own.npz"))
    assert likeness(found.glyphs.pixels[0], wanted) > 0.85


@pytest.mark.parametrize("margin_px", [0, 3, 40])
def test_a_tight_crop_makes_the_glyph_of_a_loose_one(margin_px: int) -> None:
    ink = draw("5", np.random.default_rng(3), 200)
    x, y, width, height = cv2.boundingRect(ink)
    crop = 255 - ink[y : y + height, x : x + width]
    luma = cv2.copyMakeBorder(crop, *[margin_px] * 4, cv2.BORDER_CONSTANT, value=255)
    found = own_digits_of({"x": luma[np.newaxis], "y": np.array([5])}, Path("own.npz"))
    assert likeness(found.glyphs.pixels[0], normalise(ink)) > 0.95


def test_a_folder_per_class_is_read_in_every_format(tmp_path: Path) -> None:
    for suffix in (".png", ".jpg", ".JPEG", ".bmp", ".webp", ".tif", ".gif"):
        # OpenCV writes GIFs in colour only.
        put(tmp_path / "7", f"seven{suffix}", cv2.cvtColor(drawn("7"), cv2.COLOR_GRAY2BGR))
        put(tmp_path / "ten", f"x{suffix}", cv2.cvtColor(drawn("X"), cv2.COLOR_GRAY2BGR))
    found = read_folder(tmp_path).glyphs
    assert (found.labels, np.bincount(found.targets).tolist()) == (("7", "ten"), [7, 7])
    assert (found.name, found.writers) == (tmp_path.name, None)
    for glyph, target in zip(found.pixels, found.targets, strict=True):
        assert likeness(glyph, normalise(255 - drawn("7X"[target]))) > 0.9


def test_the_orientation_in_exif_is_honoured(tmp_path: Path) -> None:
    upright = drawn("7", side_px=120)
    plain = put(tmp_path / "7", "turned.jpg", cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE))
    put(tmp_path / "1", "one.png", drawn("1"))
    # An EXIF segment of one entry, orientation 6: turn clockwise to see it upright.
    entry = b"\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"
    tiff = b"II*\x00\x08\x00\x00\x00\x01\x00" + entry + b"\x00\x00\x00\x00"
    segment = b"Exif\x00\x00" + tiff
    jpeg = plain.read_bytes()
    plain.write_bytes(jpeg[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + jpeg[2:])
    found = read_folder(tmp_path).glyphs
    assert likeness(found.pixels[found.targets == 1][0], normalise(255 - upright)) > 0.9


def test_what_is_hidden_or_left_by_a_system_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "0", "a.png", drawn("0"))
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._a.png"):
        (tmp_path / "0" / name).write_bytes(b"x")
    for name in (".git", "__MACOSX"):
        (tmp_path / name).mkdir()
    (tmp_path / "README.txt").write_text("mine")
    assert read_folder(tmp_path).glyphs.labels == ("0",)


def test_a_few_examples_of_each_class_are_kept_beside_their_glyphs(tmp_path: Path) -> None:
    for index in range(20):
        put(tmp_path / "3", f"{index:02}.png", drawn("3", seed=index))
    put(tmp_path / "4", "one.png", drawn("4"))
    found = read_folder(tmp_path)
    shown = [example.label for example in found.examples]
    assert shown == ["3"] * EXAMPLES_PER_CLASS + ["4"]
    assert np.array_equal(found.examples[0].luma, drawn("3", seed=0))
    assert np.array_equal(found.examples[-1].pixels, found.glyphs.pixels[-1])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("broken.png", b"\x89PNG\r\n\x1a\n broken", r"0/broken\.png: not a picture that can be decoded"),
        ("empty.jpg", b"", r"0/empty\.jpg: is empty"),
        ("notes.txt", b"hello", r"0/notes\.txt: no picture; a class's folder holds pictures only \(\.bmp, .*\.webp\)"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    put(tmp_path / "0", "good.png", drawn("0"))
    (tmp_path / "0" / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_folder(tmp_path)


def test_a_folder_within_a_class_is_named(tmp_path: Path) -> None:
    put(tmp_path / "0" / "more", "good.png", drawn("0"))
    with pytest.raises(DataError, match="0/more: a folder; a class's folder holds pictures only"):
        read_folder(tmp_path)


def test_a_picture_without_ink_is_named(tmp_path: Path) -> None:
    put(tmp_path / "0", "blank.png", np.full((60, 60), 200, np.uint8))
    with pytest.raises(DataError, match=r"0/blank\.png: no ink found; retake or remove it"):
        read_folder(tmp_path)


def test_an_empty_class_is_named(tmp_path: Path) -> None:
    put(tmp_path / "0", "a.png", drawn("0"))
    (tmp_path / "1").mkdir()
    with pytest.raises(DataError, match="1: has no pictures; add some of class 1, or remove the folder"):
        read_folder(tmp_path)


def test_a_folder_without_classes_is_told_what_it_needs(tmp_path: Path) -> None:
    put(tmp_path, "a.png", drawn("0"))
    with pytest.raises(DataError, match="has no folders; put the pictures of each class into a folder"):
        read_folder(tmp_path)


def test_a_class_whose_name_cannot_be_a_line_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "a\nb", "a.png", drawn("0"))
    with pytest.raises(DataError, match=r"has the class 'a\\nb'; a class needs a name that prints"):
        read_folder(tmp_path)


def pictures(kind: str) -> np.ndarray:
    """Two digits, (2, 96, 96), as arrays of different kinds hold them."""
    whole = np.stack([drawn("4"), drawn("8")])
    return {
        "uint8": whole,
        "int64": whole.astype(np.int64),
        "float32": whole.astype(np.float32) / 255,
        "float64": whole / 255,
        "bool": whole < 128,
        "channel": whole[..., np.newaxis],
    }[kind]


@pytest.mark.parametrize("kind", ["uint8", "int64", "float32", "float64", "bool", "channel"])
@pytest.mark.parametrize("y", [np.array([4, 8]), np.array(["4", "8"])])
def test_an_npz_of_any_kind_is_read(tmp_path: Path, kind: str, y: np.ndarray) -> None:
    np.savez(tmp_path / "own.npz", x=pictures(kind), y=y)
    found = read_npz(tmp_path / "own.npz")
    assert (found.glyphs.labels, found.glyphs.targets.tolist(), found.glyphs.name) == (("4", "8"), [0, 1], "own.npz")
    for glyph, text in zip(found.glyphs.pixels, "48", strict=True):
        assert likeness(glyph, normalise(255 - drawn(text))) > 0.9
    assert [example.label for example in found.examples] == ["4", "8"]


X, Y = pictures("uint8"), np.array([4, 8])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": X, "y": Y}, r"has the arrays images, y; expected x \(pictures\) and y \(labels\)"),
        ({"x": X, "y": Y[:1]}, "1 labels in y for 2 pictures in x"),
        ({"x": X[:0], "y": Y[:0]}, "has no pictures"),
        ({"x": X, "y": Y / 2}, r"y is float64 \(2,\); allowed: \(N,\) of whole numbers or texts"),
        ({"x": X, "y": Y.reshape(2, 1)}, r"y is int64 \(2, 1\)"),
        ({"x": X, "y": np.array(["4", ""])}, "has the class ''"),
        ({"x": X.reshape(2, -1), "y": Y}, r"x is uint8 \(2, 9216\); allowed: \(N, H, W\) or \(N, H, W, 1\)"),
        ({"x": np.stack([X] * 3, axis=-1), "y": Y}, r"x is uint8 \(2, 96, 96, 3\)"),
        ({"x": X.astype(np.complex64), "y": Y}, "x is complex64"),
        ({"x": X.astype(np.float32), "y": Y}, r"x is float32 from 0 to 255; allowed: 0 to 1 for fractions \(divide"),
        ({"x": X.astype(np.int64) - 1, "y": Y}, "x is int64 from -1 to 254; allowed: 0 to 255"),
        ({"x": np.full((2, 9, 9), np.nan), "y": Y}, "x is float64 from nan to nan; allowed: 0 to 1"),
        ({"x": np.zeros((2, 30, 30), np.uint8), "y": Y}, r"own\.npz: picture 0 of x: no ink found"),
    ],
)
def test_an_npz_of_something_else_is_told(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(DataError, match=message):
        read_npz(tmp_path / "own.npz")
