"""What a conversion came to, and how it is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from convert.calibrate import NOT_A_DIGIT_SHARE, UNSURE_SHARE
from convert.rejects import Rejects
from convert.timing import GlyphTime
from core.evaluation import Evaluation
from core.manifest import Manifest


@dataclass(frozen=True)
class Conversion:
    """A model that passed every gate, and what was measured on the way."""

    content: bytes
    """Of the model file."""
    manifest: Manifest
    operators: Counter[str]
    parameters: int
    float_read: Evaluation
    """Of the test glyphs, by the float network."""
    int8_read: Evaluation
    """Of the test glyphs, by what is in the file with its temperature."""
    uncalibrated: Evaluation
    """The same without the temperature."""
    differing: int
    """Test glyphs that float and int8 read differently."""
    rejects: Rejects
    """Of the test glyphs."""
    test_name: str
    held_out_name: str
    held_out_count: int
    glyph_time: GlyphTime

    def figures(self, path: Path) -> dict[str, Any]:
        """All of it, for JSON; `path` is where the file was put."""
        return {
            "file": str(path),
            "bytes": len(self.content),
            "operators": dict(self.operators),
            "parameters": self.parameters,
            "test": self.test_name,
            "float": self.float_read.figures(),
            "int8": self.int8_read.figures(),
            "int8_uncalibrated": self.uncalibrated.figures(),
            "differing": self.differing,
            **self.rejects.figures(),
            "glyph_time": asdict(self.glyph_time),
            "manifest": msgspec.to_builtins(self.manifest),
        }

    def text(self, path: Path) -> str:
        """All of it, for people; `path` is where the file was put."""
        manifest, read = self.manifest, self.int8_read
        bare = self.uncalibrated.calibration_error
        operators = ", ".join(f"{name} ×{count}" for name, count in self.operators.most_common())
        aims = f"not_a_digit {NOT_A_DIGIT_SHARE:.2%}, unsure {UNSURE_SHARE:.1%}"
        return "\n".join(
            [
                f"{path}: {len(self.content):,} bytes, of which the model {manifest.tflite_bytes:,}; "
                f"{self.parameters:,} parameters",
                f"  operators     {operators}; all int8",
                f"  test glyphs   {read.count:,}, {self.test_name}",
                f"  int8          {read.accuracy:.2%} right, {read.errors} wrong",
                f"  float         {self.float_read.accuracy:.2%} right, {self.float_read.errors} wrong",
                f"  agreement     {1 - self.differing / read.count:.2%}, {self.differing} read differently",
                f"  calibration   error {read.calibration_error:.2%}, {bare:.2%} at temperature 1",
                f"  temperature   {manifest.temperature:g}, fitted on {self.held_out_count:,}, {self.held_out_name}",
                *self.rejects.lines(),
                f"                aims, of the held-out glyphs read right: {aims}",
                f"  time a glyph  {self.glyph_time}",
            ]
        )
