"""The gates between a converted model and the file that ships. Each raises ConversionRefused if the model fails it."""

from __future__ import annotations

from convert.graph import Graph
from core.errors import ConversionRefused
from core.evaluation import Evaluation
from core.runtime import PIXELS

SHOWN = 3
"""Names quoted in a message; a float model has dozens."""


def check_graph(graph: Graph, place: str) -> None:
    """Refuse what is not int8 from the pixels to the logits."""
    if graph.floats:
        more = f" and {len(graph.floats) - SHOWN} more" if len(graph.floats) > SHOWN else ""
        raise ConversionRefused(
            f"{place}: {len(graph.floats)} tensors are still floating point ({', '.join(graph.floats[:SHOWN])}{more}); "
            "expected none. Replace the layers that have no int8 form"
        )
    custom = [name for name in graph.operators if name.startswith("CUSTOM")]
    if custom:
        raise ConversionRefused(
            f"{place}: needs {', '.join(custom)}, which no plain TFLite runtime has; replace the layer"
        )
    for role, port in (("input", graph.input), *(("output", port) for port in graph.outputs)):
        if port.kind != "INT8":
            raise ConversionRefused(f"{place}: its {role} is {port.kind}; expected INT8")
    if graph.input.quantisation != PIXELS:
        found = graph.input.quantisation
        words = f"scale {found.scale:g} and zero point {found.zero_point}" if found else "no quantisation"
        raise ConversionRefused(
            f"{place}: its input has {words}; expected scale {PIXELS.scale:g} and zero point {PIXELS.zero_point}, "
            "as the contract has it. Let the network take pixels 0 to 255 as they are, with Rescaling(1 / 255) first"
        )
    if graph.last_operator == "SOFTMAX":
        raise ConversionRefused(
            f"{place}: ends in a softmax, which saturates in int8; let the network return its logits"
        )


def check_labels(labels: tuple[str, ...], classes: int, place: str) -> None:
    """Refuse a network whose outputs are not one for each label."""
    if len(labels) != classes:
        raise ConversionRefused(
            f"{place}: {classes} outputs for {len(labels)} labels ({', '.join(labels)}); expected one each"
        )


def check_accuracy(int8_read: Evaluation, float_read: Evaluation, min_accuracy: float, place: str) -> None:
    """Refuse a model that reads a smaller share of the test glyphs right than `min_accuracy`."""
    if int8_read.accuracy < min_accuracy:
        raise ConversionRefused(
            f"{place}: reads {int8_read.accuracy:.2%} of {int8_read.count} test glyphs right in int8, "
            f"{float_read.accuracy:.2%} in float; allowed: at least {min_accuracy:.2%} (convert.min_accuracy). "
            "Train longer, or, if it was trained on pixels 0 to 1, put keras.layers.Rescaling(1 / 255) first"
        )


def check_agreement(float_read: Evaluation, int8_read: Evaluation, max_disagreement: float, place: str) -> int:
    """The number of test glyphs that float and int8 read differently; refuse a larger share than `max_disagreement`."""
    differing = int((float_read.predictions != int8_read.predictions).sum())
    if differing > max_disagreement * int8_read.count:
        raise ConversionRefused(
            f"{place}: float and int8 differ on {differing} of {int8_read.count} test glyphs, "
            f"{differing / int8_read.count:.2%}; allowed: {max_disagreement:.2%} (convert.max_disagreement). "
            "Calibrate with more glyphs (convert.calibration_glyphs)"
        )
    return differing
