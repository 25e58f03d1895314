"""Model files that tests choose from: those that ship, and others made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import flatbuffers
import msgspec
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from core import model_file, self_test
from core.interpreter import Interpreter
from core.model_file import ModelFile, SpotterFile

ROOT = Path(__file__).resolve().parent.parent.parent
CLASSIFIER, SPOTTER = ROOT / "models" / "digits.tflite", ROOT / "models" / "spotter.tflite"


def classifier(**changes: object) -> bytes:
    """The classifier that ships, with another manifest."""
    model = model_file.read(CLASSIFIER)
    return model_file.pack(model.tflite, msgspec.structs.replace(model.manifest, **changes))


def spotter(**changes: object) -> bytes:
    """The spotter that ships, with another manifest."""
    model = model_file.read_spotter(SPOTTER)
    return model_file.pack(model.tflite, msgspec.structs.replace(model.manifest, **changes), model.second)


def with_weights(content: bytes, weights: bytes) -> bytes:
    """The file `content` with another network inside and the sha256 that goes with it, as a forger would make it."""
    model = model_file.unpack_any(content, "it")
    manifest = msgspec.structs.replace(
        model.manifest, tflite_bytes=len(weights), tflite_sha256=model_file.sha256(weights)
    )
    return model_file.pack(weights, manifest, model.second if isinstance(model, SpotterFile) else None)


def stubborn() -> bytes:
    """A classifier that passes its self-test, of three glyphs, and raises on any other number of them."""
    model = model_file.read(CLASSIFIER)
    tflite = _of_three_only(model.tflite)
    pixels = np.random.default_rng(1).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    manifest = msgspec.structs.replace(
        model.manifest,
        tflite_bytes=len(tflite),
        tflite_sha256=model_file.sha256(tflite),
        self_test=self_test.of_glyphs(Interpreter(tflite), pixels),
    )
    assert self_test.check(replace(model, tflite=tflite, manifest=manifest), "it") == 0
    return model_file.pack(tflite, manifest)


def _of_three_only(tflite: bytes) -> bytes:
    """The network with its logits reshaped to (3, 10), which holds for a batch of three."""
    model = schema.ModelT.InitFromPackedBuf(tflite, 0)
    graph = model.subgraphs[0]
    logits = graph.outputs[0]
    shape = schema.TensorT()
    shape.name, shape.type, shape.shape = b"three", schema.TensorType.INT32, [2]
    model.buffers.append(schema.BufferT())
    model.buffers[-1].data = np.frombuffer(np.array([3, 10], "<i4").tobytes(), np.uint8)
    shape.buffer = len(model.buffers) - 1
    reshaped = schema.TensorT()
    reshaped.name, reshaped.type, reshaped.shape = b"reshaped", schema.TensorType.INT8, [3, 10]
    reshaped.quantization = graph.tensors[logits].quantization
    graph.tensors += [shape, reshaped]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESHAPE
    code.version = 1
    model.operatorCodes.append(code)
    operator = schema.OperatorT()
    operator.opcodeIndex = len(model.operatorCodes) - 1
    operator.inputs, operator.outputs = [logits, len(graph.tensors) - 2], [len(graph.tensors) - 1]
    graph.operators.append(operator)
    graph.outputs = [len(graph.tensors) - 1]
    model.signatureDefs = None
    builder = flatbuffers.Builder(len(tflite))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def unpacked(content: bytes) -> ModelFile | SpotterFile:
    return model_file.unpack_any(content, "it")
