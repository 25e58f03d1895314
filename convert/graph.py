"""What a .tflite consists of, in its flatbuffer: operators, the types of its tensors, and their names.

An interpreter cannot say: by the time it can be asked, delegates have replaced the operators.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from core.manifest import Quantisation

FILE_IDENTIFIER = b"TFL3"
"""Bytes 4 to 8 of every .tflite."""


def _names(enumeration: type) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


_OPERATORS = _names(schema.BuiltinOperator)
_TYPES = _names(schema.TensorType)

_FLOATS = {schema.TensorType.FLOAT16, schema.TensorType.BFLOAT16, schema.TensorType.FLOAT32, schema.TensorType.FLOAT64}


@dataclass(frozen=True)
class Port:
    """An input or output of the network."""

    kind: str
    """INT8, FLOAT32, ..."""
    quantisation: Quantisation | None
    """None if it is not quantised."""


@dataclass(frozen=True)
class Graph:
    """The network as the file has it."""

    operators: Counter[str]
    """Name → how often: CONV_2D, FULLY_CONNECTED, ...; those outside TFLite's own set start with CUSTOM."""
    last_operator: str
    """The one that makes the output."""
    floats: tuple[str, ...]
    """Names of the tensors that hold floating-point numbers."""
    input: Port
    outputs: tuple[Port, ...]


def read_graph(tflite: bytes) -> Graph:
    """The graph of a model that the converter just made; bytes from elsewhere may not parse."""
    model = schema.ModelT.InitFromPackedBuf(tflite, 0)
    main = model.subgraphs[0]
    operators = [
        _operator_name(model.operatorCodes[op.opcodeIndex]) for graph in model.subgraphs for op in graph.operators
    ]
    return Graph(
        operators=Counter(operators),
        last_operator=_operator_name(model.operatorCodes[main.operators[-1].opcodeIndex]),
        floats=tuple(
            tensor.name.decode() for graph in model.subgraphs for tensor in graph.tensors if tensor.type in _FLOATS
        ),
        input=_port(main.tensors[main.inputs[0]]),
        outputs=tuple(_port(main.tensors[index]) for index in main.outputs),
    )


def without_names(tflite: bytes) -> bytes:
    """The same network without the names of its tensors, which nothing reads and which take 3 % of a small file."""
    model = schema.ModelT.InitFromPackedBuf(tflite, 0)
    model.description, model.signatureDefs = None, []
    for graph in model.subgraphs:
        graph.name = None
        for tensor in graph.tensors:
            tensor.name = None
    builder = flatbuffers.Builder(len(tflite))
    builder.Finish(model.Pack(builder), file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())


def _operator_name(code: schema.OperatorCodeT) -> str:
    # Files of before 2020 have only the deprecated, smaller field.
    name = _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
    return f"{name} {code.customCode.decode()}" if code.customCode else name


def _port(tensor: schema.TensorT) -> Port:
    found = tensor.quantization
    scaled = found is not None and found.scale is not None and len(found.scale) == 1
    quantisation = Quantisation(float(found.scale[0]), int(found.zeroPoint[0])) if scaled else None
    return Port(_TYPES[tensor.type], quantisation)
