"""Where a spotter's .tflite holds the size of its frames, and which of its outputs is which."""

from __future__ import annotations

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from convert.graph import FILE_IDENTIFIER
from core.errors import ConversionRefused
from core.manifest import Resize

_RESIZING = {schema.BuiltinOperator.RESIZE_BILINEAR, schema.BuiltinOperator.RESIZE_NEAREST_NEIGHBOR}


def with_outputs_in_order(tflite: bytes, shapes: list[tuple[int, ...]], place: str) -> bytes:
    """The same network with its outputs in the order of Keras, which the converter does not keep.

    `shapes` are those of the Keras outputs; among alike ones the converter's names, which end in :0, :1, ..., decide.
    Raises ConversionRefused if the outputs are others.
    """
    model = schema.ModelT.InitFromPackedBuf(tflite, 0)
    graph = model.subgraphs[0]
    named = sorted(graph.outputs, key=lambda index: graph.tensors[index].name)
    found = [tuple(graph.tensors[index].shape.tolist()) for index in named]
    if found != shapes:
        raise ConversionRefused(f"{place}: the converter gives outputs of {found}; expected {shapes}")
    graph.outputs = named
    model.signatureDefs = None  # they repeat the order
    builder = flatbuffers.Builder(len(tflite))
    builder.Finish(model.Pack(builder), file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())


def resizes(tflite: bytes, frame: tuple[int, int], place: str) -> list[Resize]:
    """The constants that are sizes of maps, of a network for frames of `frame`, (height, width) in px.

    Raises ConversionRefused if a size is no whole part of the frame's.
    """
    model = schema.Model.GetRootAs(tflite, 0)
    whole = np.frombuffer(tflite, np.uint8)
    graph = model.Subgraphs(0)
    found = {}
    for index in range(graph.OperatorsLength()):
        operator = graph.Operators(index)
        if model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode() not in _RESIZING:
            continue
        data = model.Buffers(graph.Tensors(operator.Inputs(1)).Buffer()).DataAsNumpy()
        rows, columns = data.view("<i4").tolist()
        stride_px = frame[0] // rows
        if (rows * stride_px, columns * stride_px) != frame:
            raise ConversionRefused(f"{place}: enlarges a map to {columns}x{rows}, no part of {frame[1]}x{frame[0]}")
        found[_offset(data, whole)] = stride_px
    return [Resize(offset, stride_px) for offset, stride_px in sorted(found.items())]


def _offset(part: NDArray[np.uint8], whole: NDArray[np.uint8]) -> int:
    """Where in `whole` its view `part` begins."""
    return part.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
