"""A tiny .tflite, written without TensorFlow: one dense layer, so that its logits can be worked out by hand."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from core import model_file
from core.manifest import Manifest, Measured, Provenance, Quantisation

INT8, FLOAT32 = schema.TensorType.INT8, schema.TensorType.FLOAT32


def dense(
    weights: np.ndarray,
    *,
    input_scale: float = 1.0,
    input_zero_point: int = -128,
    input_shape: tuple[int, ...] = (1, 28, 28, 1),
    any_batch: bool = True,
    output_scale: float = 1.0,
    output_zero_point: int = 0,
    kind: int = INT8,
    outputs: int = 1,
) -> bytes:
    """The .tflite of `weights · pixels`, weights int8 (classes, inputs) of scale 1, its output named so often."""
    classes, inputs = weights.shape
    signature = [-1, *input_shape[1:]] if any_batch else list(input_shape)
    tensors = [
        _tensor("glyph", signature, kind, 0, (input_scale, input_zero_point)),
        _tensor("weights", [classes, inputs], kind, 1, (1.0, 0)),
        _tensor("logits", [-1 if any_batch else 1, classes], kind, 2, (output_scale, output_zero_point)),
    ]
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0, 1, -1], [2]
    operator.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
    operator.builtinOptions = schema.FullyConnectedOptionsT()
    graph = schema.SubGraphT()
    graph.tensors, graph.inputs, graph.outputs, graph.operators = tensors, [0], [2] * outputs, [operator]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.FULLY_CONNECTED
    code.version = 4
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    stored = weights.astype(np.float32 if kind == FLOAT32 else np.int8).tobytes()
    model.buffers = [_buffer(None), _buffer(stored), _buffer(None)]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def manifest_of(tflite: bytes, labels: list[str], **changes: object) -> Manifest:
    """A manifest that fits `tflite`."""
    fields = {
        "glyph_contract": 1,
        "labels": labels,
        "tflite_bytes": len(tflite),
        "tflite_sha256": model_file.sha256(tflite),
        "input": Quantisation(1.0, -128),
        "output": Quantisation(1.0, 0),
        "temperature": 1.25,
        "min_confidence": 0.5,
        "metrics": {"accuracy_int8": Measured(0.99, "test glyphs", 100)},
        "provenance": Provenance("plain", 84634, 1, ["MNIST train, sha256 12ab"], "0123abc", "Keras 3"),
    }
    return Manifest(**fields | changes)


def _tensor(name, signature, kind, buffer, quantisation):
    tensor = schema.TensorT()
    tensor.name, tensor.type, tensor.buffer = name, kind, buffer
    # Any batch is -1 in the signature and 1 in the shape.
    tensor.shape, tensor.shapeSignature = [abs(side) for side in signature], signature
    if kind == INT8:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [quantisation[0]], [quantisation[1]]
    return tensor


def _buffer(stored):
    buffer = schema.BufferT()
    buffer.data = None if stored is None else np.frombuffer(stored, np.uint8)
    return buffer
