"""Streams of JPEG pictures, cut into pictures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture import multipart
from edge.capture.multipart import Parts, boundary_of, is_jpeg

contents = st.lists(st.binary(min_size=1, max_size=40).filter(lambda part: b"--" not in part), min_size=1, max_size=5)


def stream(parts: list[bytes], boundary: bytes, length: bool, line_end: bytes = b"\r\n") -> bytes:
    """As a camera sends them; the last boundary is that of a part to come."""
    body = b""
    for part in parts:
        head = b"Content-Length: %d" % len(part) + line_end if length else b""
        body += b"--" + boundary + line_end + b"Content-Type: image/jpeg" + line_end + head + line_end + part + line_end
    return body + b"--" + boundary


@given(contents, st.sampled_from([b"frame", b"-boundary with spaces"]), st.sampled_from([b"\r\n", b"\n"]), st.data())
def test_the_parts_are_found_whatever_pieces_they_come_in(
    parts: list[bytes], boundary: bytes, line_end: bytes, data: st.DataObject
) -> None:
    body = stream(parts, boundary, length=True, line_end=line_end)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    cutter = Parts(boundary)
    found = [
        part for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True) for part in cutter.feed(body[start:end])
    ]
    assert found == parts


@given(contents)
def test_without_lengths_a_part_ends_where_the_next_begins(parts: list[bytes]) -> None:
    parts = [b"\xff\xd8" + part + b"\xff\xd9" for part in parts]
    assert list(Parts(b"x").feed(stream(parts, b"x", length=False))) == parts


def test_a_part_with_a_length_is_there_before_the_next_boundary_is() -> None:
    begin = stream([b"picture"], b"x", length=True).removesuffix(b"\r\n--x")
    assert list(Parts(b"x").feed(begin)) == [b"picture"]


def test_some_cameras_count_the_hyphens_in() -> None:
    assert list(Parts(b"--x").feed(stream([b"picture"], b"x", length=True))) == [b"picture"]


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_noise_gives_no_error_and_is_not_kept_for_ever(pieces: list[bytes]) -> None:
    cutter = Parts(b"x")
    for piece in pieces:
        for part in cutter.feed(piece):
            assert part


def test_what_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "LARGEST_PART_BYTES", 1000)
    cutter = Parts(b"x")
    assert list(cutter.feed(b"--x\r\n\r\n" + bytes(900))) == []
    with pytest.raises(ValueError, match="no picture has ended within 1000 bytes"):
        list(cutter.feed(bytes(200)))


def test_a_header_that_never_ends_is_passed_over() -> None:
    cutter = Parts(b"x")
    assert list(cutter.feed(b"--x\r\n" + b"a" * (multipart.LONGEST_HEADER_BYTES + 100))) == []
    assert list(cutter.feed(stream([b"picture"], b"x", length=True))) == [b"picture"]


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("multipart/x-mixed-replace;boundary=frame", b"frame"),
        ('multipart/x-mixed-replace; boundary="a b"', b"a b"),
        ("Multipart/X-Mixed-Replace; charset=x; Boundary=--f", b"--f"),
        ("multipart/x-mixed-replace", None),
        ("text/html; boundary=frame", None),
        ("", None),
    ],
)
def test_the_boundary_is_taken_from_the_content_type(content_type: str, expected: bytes | None) -> None:
    assert boundary_of(content_type) == expected


def test_a_jpeg_that_was_cut_off_is_none() -> None:
    assert is_jpeg(b"\xff\xd8 picture \xff\xd9")
    assert is_jpeg(b"\xff\xd8 padded \xff\xd9\0\0\r\n")
    assert not is_jpeg(b"\xff\xd8 pict")
    assert not is_jpeg(b"GIF89a")
