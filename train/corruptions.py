"""Corruptions of glyphs, for measuring how a classifier bears what light, camera, paper and pen do to a digit.

Never for training: a figure on these says something only as long as no network has practised on them, so this file
shares no code with train/augment.py. Kinds and ranges are this project's own. The ranges were chosen by looking at
digits of MNIST's training split, enlarged: from clearly disturbed to the worst that a person still reads. No network
had a say, or the suite would be fitted to that network.

Where light matters, a glyph is taken for what it is a picture of: white paper that reflects all light and ink that
reflects none, seen as 255 minus luma. So less light makes paper greyer, and what is printed swallows a share of it.

Every range is (mild end, severe end) or (least, most) of what a glyph draws, each glyph for itself.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import UsageError
from core.glyph import GLYPH_SIZE_PX, INK_SIZE_PX

Glyphs = NDArray[np.uint8]
"""uint8 (N, 28, 28), ink 255 on paper 0."""
Field = NDArray[np.float32]
"""float32 that broadcasts against (N, 28, 28)."""
Corruption = Callable[[Glyphs, np.random.Generator], Glyphs]
"""MUST leave its input as it is and return as many glyphs, in the same order; MUST draw only from the generator."""
Range = tuple[float, float]
WholeRange = tuple[int, int]

MIDDLE_PX = (GLYPH_SIZE_PX - 1) / 2

# --- what a sensor adds -----------------------------------------------------------------------------------------------

READ_NOISE_SIGMA: Range = (30.0, 75.0)
"""Grey levels of 255."""
PHOTONS_AT_WHITE: Range = (25.0, 4.0)
"""Photons counted at a pixel of white paper: the fewer, the noisier."""
IMPULSE_SHARE: Range = (0.05, 0.20)
"""Share of the pixels that are stuck, half of them at 0 and half at 255."""

# --- optics -----------------------------------------------------------------------------------------------------------

MOTION_PX: Range = (3.5, 6.5)
"""Length of the path during exposure; strokes are about 3 px wide."""
CONFUSION_RADIUS_PX: Range = (1.5, 2.6)
"""Radius of the circle of confusion of a lens out of focus."""
SENSOR_SIDE_PX: WholeRange = (15, 11)
"""Pixels that the whole side of a glyph, 28 px, was taken with."""

# --- transmission -----------------------------------------------------------------------------------------------------

JPEG_QUALITY: WholeRange = (15, 6)
"""libjpeg's, 1 to 100."""
JPEG_ENLARGEMENT: WholeRange = (1, 2)
"""How much larger than the glyph the photo showed it: whole factors."""
JPEG_CONTRAST: Range = (0.60, 0.30)
"""Share of full contrast between ink and paper in the photo: stretching it later stretches what JPEG did to it."""
JPEG_PAPER_LEVEL = 200.0
"""Luma of paper in the photo, 0 to 255: not clipped, so neither are the artefacts on it."""
JPEG_BLOCK_PX = 8

# --- light ------------------------------------------------------------------------------------------------------------

FAINT_INK: Range = (0.35, 0.12)
"""Ink above paper, as a share of full contrast."""
FAINT_PAPER_LEVEL: Range = (0.0, 60.0)
"""Grey levels of 255."""
LIFTED_PAPER_LEVEL: Range = (60.0, 140.0)
"""Grey levels of 255."""
DIMMED_INK_LEVEL: Range = (190.0, 240.0)
"""Grey levels of 255."""
SHADOW_DEPTH: Range = (0.45, 0.80)
"""Share of the light that is missing where it is darkest."""
SHADOW_EDGE_PX: Range = (-5.0, 5.0)
"""From the middle of the glyph to where half of the shadow has fallen."""
PENUMBRA_PX: Range = (1.0, 40.0)
"""Width over which light turns to shadow: from a hard edge to a slope over the whole glyph."""
INK_REFLECTANCE = 0.12
"""Ink in full light is no black: so it greys in light, and loses contrast in shadow."""
STRIPE_DEPTH: Range = (0.35, 0.65)
"""Share of the light that is missing in the middle of a stripe."""
STRIPE_PERIOD_PX: Range = (4.0, 12.0)

# --- paper ------------------------------------------------------------------------------------------------------------

LINE_DARKNESS: Range = (0.35, 0.70)
"""Share of the light that a ruled line swallows; ink swallows all."""
LINE_WIDTH_PX: Range = (1.0, 2.0)
LINE_SPACING_PX: Range = (8.0, 16.0)
LINE_TILT_DEG = 5.0
SQUARED_SHARE = 0.3
"""Share of the glyphs that stand on squared paper instead of ruled."""
TEXTURE_DARKNESS: Range = (0.12, 0.25)
"""Mean share of the light that the texture swallows; its deviation is as large."""
TEXTURE_GRAIN_PX: Range = (1.5, 5.0)
BLEED_DARKNESS: Range = (0.25, 0.50)
"""Share of the light that ink on the back of the sheet swallows."""
BLEED_SHIFT_PX: Range = (-6.0, 6.0)
BLEED_BLUR_PX = 1.0
"""Standard deviation of the scattering within a sheet."""
SPECK_COUNT: WholeRange = (5, 14)
SPECK_RADIUS_PX: Range = (0.5, 1.2)
SPECK_LEVEL: Range = (140.0, 255.0)
"""Grey levels of 255."""
PATCH_SIDE_PX: Range = (5.0, 8.0)
"""Width and height, each for itself."""
COVER_LEVEL: Range = (90.0, 200.0)
"""Grey levels of 255 of what covers ink and paper alike, where nothing was torn off or painted over in white."""
NEIGHBOUR_REACH_PX: WholeRange = (3, 6)
"""Columns of the glyph into which the ink of the next digit reaches, from the left or the right edge."""
NEIGHBOUR_RISE_PX: Range = (-3.0, 3.0)
"""How far the next digit stands below this one, or above."""

# --- pen --------------------------------------------------------------------------------------------------------------

THIN_SHARE: Range = (0.60, 0.35)
"""Share of its width that a stroke keeps."""
THICKENING_PX: Range = (0.6, 1.2)
"""Added to a stroke on each side."""
SKIP_THRESHOLD: Range = (1.3, 0.8)
"""Of a field of unit deviation, beyond which the pen gives no ink: 10 to 21 % of its path."""
SKIP_GRAIN_PX: Range = (2.0, 4.0)
SKIP_STEEPNESS = 3.0
"""Of the edge of a gap: from ink to none within a third of the field's deviation, about a pixel."""

# --- where it stands --------------------------------------------------------------------------------------------------

ROTATION_DEG: Range = (10.0, 25.0)
"""Either way."""
SLANT: Range = (0.30, 0.60)
"""Tangent of the angle by which uprights lean, either way."""
LARGER: Range = (1.15, 1.35)
SMALLER: Range = (0.80, 0.55)
"""Factors of width and height alike."""
SHIFT_PX: Range = (2.5, 5.0)
"""In any direction."""
FORESHORTENING: Range = (0.25, 0.45)
"""Share by which the far side of a sheet seen askew looks shorter, and the near side longer."""

_FINE = 4
"""Subpixels a pixel for changing strokes: fine enough for a quarter of a pixel to count."""


def corrupted(pixels: Glyphs, kind: str, seed: int) -> Glyphs:
    """uint8 (N, 28, 28): `pixels`, each corrupted in the one way of `kind` at a severity of its own.

    The same pixels, kind and seed give the same glyphs, with the same release of OpenCV; kinds draw independently of
    each other and of their order. Some kinds take a second glyph from `pixels`, so what one becomes depends on all.
    Raises UsageError for a kind that KINDS does not have.
    """
    if kind not in KINDS:
        raise UsageError(f"corruption: {kind!r} is none; choose one of {', '.join(KINDS)}")
    return KINDS[kind](pixels, np.random.default_rng([seed, zlib.crc32(kind.encode())]))


def gaussian_noise(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """The read noise of an amplifier turned up in the dark: alike at all levels."""
    noise = rng.standard_normal(pixels.shape, np.float32)
    return _grey(pixels + _drawn(READ_NOISE_SIGMA, pixels, rng) * noise)


def shot_noise(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """The Poisson noise of few photons: most on bright paper, none on black ink."""
    photons = _drawn_log(PHOTONS_AT_WHITE, pixels, rng)
    counted = rng.poisson((255 - pixels) * (photons / 255))
    return _grey(255 - counted * (255 / photons))


def impulse_noise(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Pixels stuck at black or white, as by a faulty sensor or a faulty line."""
    draw = rng.random(pixels.shape, np.float32)
    share = _drawn(IMPULSE_SHARE, pixels, rng)
    stuck = np.where(draw < share / 2, np.uint8(0), np.uint8(255))
    return np.where(draw < share, stuck, pixels)


def motion_blur(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A straight movement at even speed while the shutter was open."""
    half_length = _drawn(MOTION_PX, pixels, rng) / 2
    across, along = _turned(_angles(pixels, rng), *_grid(np.ceil(MOTION_PX[1] / 2)))
    return _filtered(pixels, np.clip(1 - np.abs(across), 0, 1) * np.clip(half_length + 0.5 - np.abs(along), 0, 1))


def defocus_blur(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A point becomes a disc: the image of a round aperture."""
    radius = _drawn(CONFUSION_RADIUS_PX, pixels, rng)
    x, y = _grid(np.ceil(CONFUSION_RADIUS_PX[1]))
    return _filtered(pixels, np.clip(radius + 0.5 - np.hypot(x, y), 0, 1))


def low_resolution(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Taken from afar, with few pixels that fall on the digit anywhere, and scaled up to a glyph."""
    sides = _drawn_whole(SENSOR_SIDE_PX, pixels, rng)
    pitch = _column(GLYPH_SIZE_PX / sides)
    x, y = pitch * _drawn((-0.5, 0.5), pixels, rng), pitch * _drawn((-0.5, 0.5), pixels, rng)
    whole = (GLYPH_SIZE_PX, GLYPH_SIZE_PX)

    def retaken(glyph: Glyphs, side: int) -> Glyphs:
        few = cv2.resize(glyph, (side, side), interpolation=cv2.INTER_AREA)
        return cv2.resize(few, whole, interpolation=cv2.INTER_LINEAR)

    return _moved(_each(retaken, _moved(pixels, x, y), sides.tolist()), -x, -y)


def low_contrast(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A hard pencil, or ink bleached by the sun, on paper that is not quite white."""
    return _grey(_drawn(FAINT_PAPER_LEVEL, pixels, rng) + _drawn(FAINT_INK, pixels, rng) * pixels)


def brightness(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Grey paper, as underexposed or recycled, under ink that is not black."""
    paper, ink = _drawn(LIFTED_PAPER_LEVEL, pixels, rng), _drawn(DIMMED_INK_LEVEL, pixels, rng)
    return _grey(paper + (ink - paper) / 255 * pixels)


def uneven_light(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A shadow from one side, whose edge, hard or soft, passes near the middle."""
    across, _ = _turned(_angles(pixels, rng), *_grid(MIDDLE_PX))
    edge = _drawn(SHADOW_EDGE_PX, pixels, rng)
    width = _drawn_log(PENUMBRA_PX, pixels, rng)
    shadow = np.clip((across - edge) / width + 0.5, 0, 1)
    return _lit(pixels, 1 - _drawn(SHADOW_DEPTH, pixels, rng) * shadow)


def stripes(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Light in bands, as lamps on mains current paint over a rolling shutter, or a blind on a desk."""
    across, _ = _turned(_angles(pixels, rng), *_grid(MIDDLE_PX))
    turns = across / _drawn(STRIPE_PERIOD_PX, pixels, rng) + _drawn((0.0, 1.0), pixels, rng)
    return _lit(pixels, 1 - _drawn(STRIPE_DEPTH, pixels, rng) * (0.5 + 0.5 * np.sin(2 * np.pi * turns)))


def ruled_lines(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """The printed lines or squares of an exercise book, one of them through the digit."""
    tilt = np.deg2rad(_drawn((-LINE_TILT_DEG, LINE_TILT_DEG), pixels, rng))
    upright = np.where(rng.random(tilt.shape) < 0.5, np.float32(np.pi / 2), np.float32(0))
    across, along = _turned(tilt + upright, *_grid(MIDDLE_PX))
    spacing, width = _drawn(LINE_SPACING_PX, pixels, rng), _drawn(LINE_WIDTH_PX, pixels, rng)
    squared = rng.random(tilt.shape) < SQUARED_SHARE
    lines = np.maximum(_lines(across, spacing, width, rng), squared * _lines(along, spacing, width, rng))
    return _overprinted(pixels, _drawn(LINE_DARKNESS, pixels, rng) * lines)


def paper_texture(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Fibres, creases and grain of coarse paper or card."""
    darkness = _drawn(TEXTURE_DARKNESS, pixels, rng)
    texture = darkness * (1 + _blotches(TEXTURE_GRAIN_PX, pixels, rng))
    return _overprinted(pixels, np.clip(texture, 0, 1))


def bleed_through(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """The writing on the back of a thin sheet: another glyph of these, mirrored, blurred and paler."""
    back = rng.permutation(pixels)[:, :, ::-1]
    scattered = _each(lambda glyph: cv2.GaussianBlur(glyph, (0, 0), BLEED_BLUR_PX), back)
    there = _moved(scattered, _drawn(BLEED_SHIFT_PX, pixels, rng), _drawn(BLEED_SHIFT_PX, pixels, rng))
    return _overprinted(pixels, _drawn(BLEED_DARKNESS, pixels, rng) * (there / np.float32(255)))


def specks(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Dots of spilt ink, crumbs, dust on the scanner."""
    counts = _drawn_whole(SPECK_COUNT, pixels, rng)
    each = (len(pixels), SPECK_COUNT[1])
    # OpenCV draws at fractions of a pixel when told how many bits of a coordinate are fraction.
    fraction_bits = 4
    centres = np.rint(rng.uniform(-0.5, GLYPH_SIZE_PX - 0.5, (*each, 2)) * 2**fraction_bits).astype(int).tolist()
    radii = np.rint(rng.uniform(*SPECK_RADIUS_PX, each) * 2**fraction_bits).astype(int).tolist()
    levels = rng.uniform(*SPECK_LEVEL, each).tolist()

    def speckled(glyph: Glyphs, count: int, *dots: list) -> Glyphs:
        spilt = np.zeros_like(glyph)
        for centre, radius, level in list(zip(*dots, strict=True))[:count]:
            cv2.circle(spilt, centre, radius, level, cv2.FILLED, cv2.LINE_AA, fraction_bits)
        return np.maximum(glyph, spilt)

    return _each(speckled, pixels, counts.tolist(), centres, radii, levels)


def occlusion(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A patch on the ink that is gone, as torn off or painted over in white, or covered by something grey."""
    weighted = pixels * rng.random(pixels.shape, np.float32)
    top, left = np.divmod(weighted.reshape(len(pixels), GLYPH_SIZE_PX**2).argmax(axis=1), GLYPH_SIZE_PX)
    x, y = _grid(MIDDLE_PX)
    across, along = _turned(_angles(pixels, rng), x - _column(left - MIDDLE_PX), y - _column(top - MIDDLE_PX))
    half_width, half_height = _drawn(PATCH_SIDE_PX, pixels, rng) / 2, _drawn(PATCH_SIDE_PX, pixels, rng) / 2
    patch = np.clip(half_width + 0.5 - np.abs(across), 0, 1) * np.clip(half_height + 0.5 - np.abs(along), 0, 1)
    gone = rng.random((len(pixels), 1, 1)) < 0.5
    level = np.where(gone, np.float32(0), _drawn(COVER_LEVEL, pixels, rng))
    return _grey(pixels + patch * (level - pixels))


def neighbour(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """The edge of the next digit, another glyph of these, inside this one's frame: cut out too generously."""
    other = rng.permutation(pixels)
    inked = (other >= 128).any(axis=1)
    first = inked.argmax(axis=1)
    last = GLYPH_SIZE_PX - 1 - inked[:, ::-1].argmax(axis=1)
    reach = _drawn_whole(NEIGHBOUR_REACH_PX, pixels, rng)
    from_left = rng.random(len(pixels)) < 0.5
    move = np.where(from_left, reach - 1 - last, GLYPH_SIZE_PX - reach - first)
    return np.maximum(pixels, _moved(other, _column(move), _drawn(NEIGHBOUR_RISE_PX, pixels, rng)))


def thin_strokes(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A fine pen: strokes that keep only a share of their width."""
    lost = (1 - _drawn(THIN_SHARE, pixels, rng)) * _stroke_widths_px(pixels)
    return _each(_redrawn, pixels, (-lost / 2).ravel().tolist())


def thick_strokes(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A felt pen."""
    return _each(_redrawn, pixels, _drawn(THICKENING_PX, pixels, rng).ravel().tolist())


def skipping_pen(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A ballpoint pen that gives no ink here and there."""
    beyond = _blotches(SKIP_GRAIN_PX, pixels, rng) - _drawn(SKIP_THRESHOLD, pixels, rng)
    dry = np.clip(SKIP_STEEPNESS * beyond + 0.5, 0, 1)
    return _grey(pixels * (1 - dry))


def rotation(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A sheet, or a hand, turned."""
    angle = np.deg2rad(_drawn(ROTATION_DEG, pixels, rng) * _signs(pixels, rng))
    cos, sin = np.cos(angle), np.sin(angle)
    return _warped(pixels, cos, -sin, 0, sin, cos, 0, 0, 0)


def slant(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A hand that leans."""
    lean = _drawn(SLANT, pixels, rng) * _signs(pixels, rng)
    return _warped(pixels, 1, lean, 0, 0, 1, 0, 0, 0)


def scale(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Larger or smaller than a glyph should be."""
    larger = rng.random((len(pixels), 1, 1)) < 0.5
    factor = np.where(larger, _drawn(LARGER, pixels, rng), _drawn(SMALLER, pixels, rng))
    return _warped(pixels, factor, 0, 0, 0, factor, 0, 0, 0)


def shift(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Off the centre."""
    distance, angle = _drawn(SHIFT_PX, pixels, rng), _angles(pixels, rng)
    return _moved(pixels, distance * np.cos(angle), distance * np.sin(angle))


def perspective(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A sheet seen askew, from any side; the ink's box of 20 px keeps its length from the near side to the far one."""
    amount, angle = _drawn(FORESHORTENING, pixels, rng), _angles(pixels, rng)
    x, y = np.cos(angle) * amount, np.sin(angle) * amount
    half = INK_SIZE_PX / 2
    # The plane x' = s·v / (1 + p·v), moved so that both sides keep their place: s = 1 - amount², p = amount / half.
    shrink = 1 - amount**2
    near_x, near_y = half * x, half * y
    per_x, per_y = x / half, y / half
    return _warped(
        pixels,
        shrink + near_x * per_x,
        near_x * per_y,
        near_x,
        near_y * per_x,
        shrink + near_y * per_y,
        near_y,
        per_x,
        per_y,
    )


def jpeg(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A flat photo compressed hard, its grid of blocks anywhere on the glyph; then its contrast is stretched."""
    qualities = _drawn_whole(JPEG_QUALITY, pixels, rng)
    factors = _drawn_whole(JPEG_ENLARGEMENT, pixels, rng)
    contrasts = _drawn(JPEG_CONTRAST, pixels, rng).ravel()
    offsets = rng.integers(0, JPEG_BLOCK_PX, (len(pixels), 2))

    def compressed(glyph: Glyphs, quality: int, factor: int, contrast: float, offset: list[int]) -> Glyphs:
        side, (top, left) = factor * GLYPH_SIZE_PX, offset
        frame = slice(top, top + side), slice(left, left + side)
        photo = np.full((side + JPEG_BLOCK_PX, side + JPEG_BLOCK_PX), JPEG_PAPER_LEVEL, np.float32)
        photo[frame] -= contrast * cv2.resize(glyph, (side, side), interpolation=cv2.INTER_LINEAR)
        _, encoded = cv2.imencode(".jpg", _grey(photo), (cv2.IMWRITE_JPEG_QUALITY, quality))
        decoded = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)[frame].astype(np.float32)
        seen = cv2.resize(decoded, (GLYPH_SIZE_PX, GLYPH_SIZE_PX), interpolation=cv2.INTER_AREA)
        return _grey((JPEG_PAPER_LEVEL - seen) / contrast)

    return _each(compressed, pixels, qualities.tolist(), factors.tolist(), contrasts.tolist(), offsets.tolist())


KINDS: dict[str, Corruption] = {
    kind.__name__: kind
    for kind in (
        shot_noise,
        gaussian_noise,
        impulse_noise,
        motion_blur,
        defocus_blur,
        low_resolution,
        jpeg,
        low_contrast,
        brightness,
        uneven_light,
        stripes,
        paper_texture,
        ruled_lines,
        bleed_through,
        specks,
        occlusion,
        neighbour,
        thin_strokes,
        thick_strokes,
        skipping_pen,
        rotation,
        slant,
        scale,
        shift,
        perspective,
    )
}
"""Name → corruption: sensor, optics and transmission; light; paper; pen; place."""


def _drawn(between: Range, pixels: Glyphs, rng: np.random.Generator) -> Field:
    """float32 (N, 1, 1): for each glyph a number from the range, all alike likely."""
    return rng.uniform(min(between), max(between), (len(pixels), 1, 1)).astype(np.float32)


def _drawn_log(between: Range, pixels: Glyphs, rng: np.random.Generator) -> Field:
    """float32 (N, 1, 1): for each glyph a number from the range, all ratios alike likely."""
    return np.exp(_drawn((np.log(between[0]), np.log(between[1])), pixels, rng))


def _drawn_whole(between: WholeRange, pixels: Glyphs, rng: np.random.Generator) -> NDArray[np.int64]:
    """int64 (N,): for each glyph a whole number from the range, both ends included."""
    return rng.integers(min(between), max(between), len(pixels), endpoint=True)


def _angles(pixels: Glyphs, rng: np.random.Generator) -> Field:
    """float32 (N, 1, 1), radians: any direction."""
    return _drawn((0.0, 2 * np.pi), pixels, rng)


def _signs(pixels: Glyphs, rng: np.random.Generator) -> Field:
    """float32 (N, 1, 1): -1 or 1."""
    return _column(rng.integers(0, 2, len(pixels)) * 2 - 1)


def _column(values: NDArray) -> Field:
    """float32 (N, 1, 1) of (N,)."""
    return values.astype(np.float32)[:, None, None]


def _grey(levels: NDArray) -> Glyphs:
    """uint8: `levels` to the nearest that a pixel can have."""
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _each(change: Callable[..., Glyphs], pixels: Glyphs, *settings: Sequence) -> Glyphs:
    """`change` of each glyph with its own settings."""
    changed = np.empty(pixels.shape, np.uint8)
    for place, glyph, *own in zip(changed, pixels, *settings, strict=True):
        place[:] = change(glyph, *own)
    return changed


def _lit(pixels: Glyphs, light: Field) -> Glyphs:
    """Paper and ink under `light`, 1 where it is full."""
    reflected = 1 - pixels * np.float32((1 - INK_REFLECTANCE) / 255)
    return _grey(255 - 255 * light * reflected)


def _overprinted(pixels: Glyphs, darkness: Field) -> Glyphs:
    """With something printed or ingrained that swallows a share of the light, 0 to 1."""
    return _grey(255 - (255 - pixels) * (1 - darkness))


def _grid(half_side_px: float) -> tuple[Field, Field]:
    """x and y of pixels about the middle of a square."""
    axis = np.arange(-half_side_px, half_side_px + 1, dtype=np.float32)
    return axis[None, None, :], axis[None, :, None]


def _turned(angle: Field, x: Field, y: Field) -> tuple[Field, Field]:
    """Coordinates along axes turned by `angle`."""
    cos, sin = np.cos(angle), np.sin(angle)
    return cos * x + sin * y, cos * y - sin * x


def _lines(across: Field, spacing: Field, width: Field, rng: np.random.Generator) -> Field:
    """Coverage, 0 to 1, by parallel lines of which one passes within a quarter of the ink's box of the middle."""
    quarter = INK_SIZE_PX / 4
    offset = rng.uniform(-quarter, quarter, spacing.shape).astype(np.float32)
    distance = np.abs((across - offset + spacing / 2) % spacing - spacing / 2)
    return np.clip((width + 1) / 2 - distance, 0, 1)


def _blotches(grain_px: Range, pixels: Glyphs, rng: np.random.Generator) -> Field:
    """float32 (N, 28, 28): noise of mean 0 and deviation 1 in each glyph, with grains of a size for each glyph."""
    sides = np.rint(GLYPH_SIZE_PX / _drawn_log(grain_px, pixels, rng)).astype(int).ravel()
    field = np.empty(pixels.shape, np.float32)
    for place, side in zip(field, sides.tolist(), strict=True):
        coarse = rng.standard_normal((side, side), np.float32)
        place[:] = cv2.resize(coarse, (GLYPH_SIZE_PX, GLYPH_SIZE_PX), interpolation=cv2.INTER_CUBIC)
    over_glyph = {"axis": (1, 2), "keepdims": True}
    return (field - field.mean(**over_glyph)) / field.std(**over_glyph)


def _filtered(pixels: Glyphs, kernels: Field) -> Glyphs:
    """Each glyph, on paper that goes on around it, filtered with its own kernel, made to sum to 1."""
    even = kernels / kernels.sum(axis=(1, 2), keepdims=True)
    return _each(lambda glyph, kernel: cv2.filter2D(glyph, -1, kernel, borderType=cv2.BORDER_CONSTANT), pixels, even)


def _moved(pixels: Glyphs, x: Field, y: Field) -> Glyphs:
    """Each glyph moved right by x and down by y, px."""
    return _warped(pixels, 1, 0, x, 0, 1, y, 0, 0)


def _warped(pixels: Glyphs, *entries: Field | float) -> Glyphs:
    """Each glyph under its own homography about the middle: `entries` in rows, without the last, which is 1."""
    matrices = np.ones((len(pixels), 9))
    for index, entry in enumerate(entries):
        matrices[:, index] = np.ravel(entry)
    to_middle = np.array([[1, 0, -MIDDLE_PX], [0, 1, -MIDDLE_PX], [0, 0, 1]])
    about_corner = np.linalg.inv(to_middle) @ matrices.reshape(-1, 3, 3) @ to_middle
    whole = (GLYPH_SIZE_PX, GLYPH_SIZE_PX)
    return _each(lambda glyph, matrix: cv2.warpPerspective(glyph, matrix, whole), pixels, about_corner)


def _stroke_widths_px(pixels: Glyphs) -> Field:
    """float32 (N, 1, 1): mean width of the strokes, as a line has its area divided by half its outline; 0 without ink.

    The outline is the total variation, which is right for soft edges too.
    """
    ink = np.pad(pixels, ((0, 0), (1, 1), (1, 1))).astype(np.float32)
    across, down = np.diff(ink, axis=2)[:, 1:], np.diff(ink, axis=1)[:, :, 1:]
    outline = np.hypot(across, down).sum(axis=(1, 2))
    area = ink.sum(axis=(1, 2))
    return _column(np.divide(2 * area, outline, out=np.zeros_like(area), where=outline > 0))


def _redrawn(glyph: Glyphs, growth_px: float) -> Glyphs:
    """uint8 (28, 28): the strokes' edges moved outwards by `growth_px`, or inwards if it is negative."""
    side = _FINE * GLYPH_SIZE_PX
    fine = cv2.resize(glyph, (side, side), interpolation=cv2.INTER_CUBIC)
    inside = cv2.threshold(fine, 127, 255, cv2.THRESH_BINARY)[1]
    counted = inside if growth_px < 0 else 255 - inside
    distance = cv2.distanceTransform(counted, cv2.DIST_L2, cv2.DIST_MASK_5)
    beyond = distance + growth_px * _FINE if growth_px < 0 else growth_px * _FINE - distance
    coverage = 255 * np.clip(beyond + 0.5, 0, 1)
    small = cv2.resize(coverage, (GLYPH_SIZE_PX, GLYPH_SIZE_PX), interpolation=cv2.INTER_AREA)
    return np.rint(small).astype(np.uint8)
