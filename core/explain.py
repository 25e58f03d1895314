"""One line for a person out of what msgspec says of a file: which key, what was found, and what the schema allows."""

from __future__ import annotations

import difflib
import re
from typing import Any

import msgspec

_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"unknown field `(?P<key>.*?)`")
_MISSING = re.compile(r"missing required field `(?P<key>.*?)`")

Steps = list[str | int]
"""Keys of mappings and places in lists, from the top."""


def explain(error: msgspec.ValidationError, content: object, schema: type[msgspec.Struct]) -> str:
    """One line on the `error` that converting `content` to `schema` raised, without the name of the file."""
    found = _PATH.search(str(error))
    steps: Steps = [key or _place(place) for key, place in _STEP.findall(found["path"])] if found else []
    path = _shown(steps)
    if isinstance(error.__cause__, ValueError):  # what a struct itself has to say of its keys
        return f"{path}.{error.__cause__}".lstrip(".")
    unknown, missing = _UNKNOWN.search(str(error)), _MISSING.search(str(error))
    kind = _type_at(schema, steps)
    known = [field.name for field in kind.fields] if isinstance(kind, msgspec.inspect.StructType) else []
    if unknown:
        close = difflib.get_close_matches(unknown["key"], known, 1)
        hint = f". Did you mean {close[0]}?" if close else ""
        return f"{_shown([*steps, unknown['key']])} is no known key; allowed: {', '.join(known)}{hint}"
    if missing:
        wanted = [*steps, missing["key"]]
        return f"{_shown(wanted)} is missing; allowed: {_words(_type_at(schema, wanted))}"
    shown = _value(content, steps)
    if not steps:
        return f"the top level is {shown}; allowed: a mapping of the sections {', '.join(known)}"
    return f"{path} is {shown}; allowed: {_words(kind)}"


def _place(place: str) -> str | int:
    return int(place) if place.isdigit() else place


def _shown(steps: Steps) -> str:
    """As people write it: reading.regions[0].name."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")


def _value(content: object, steps: Steps) -> str:
    """What stands there, in few words."""
    value: Any = content
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            value = None
    shown = "a mapping" if isinstance(value, dict) else repr(value)
    return f"{shown[:77]}..." if len(shown) > 80 else shown


def _type_at(schema: type[msgspec.Struct], steps: Steps) -> msgspec.inspect.Type:
    found: msgspec.inspect.Type = msgspec.inspect.type_info(schema)
    for step in steps:
        inside = _inside(found, step)
        if inside is None:
            break
        found = inside
    return _bare(found)


def _inside(kind: msgspec.inspect.Type, step: str | int) -> msgspec.inspect.Type | None:
    """The type one step further; of several choices, that of the one which has such a step."""
    match _bare(kind):
        case msgspec.inspect.StructType(fields=fields):
            return next((field.type for field in fields if field.name == step), None)
        case msgspec.inspect.ListType(item_type=item):
            return item if isinstance(step, int) else None
        case msgspec.inspect.UnionType(types=choices):
            return next((inside for choice in choices if (inside := _inside(choice, step))), None)
        case _:
            return None


def _bare(kind: msgspec.inspect.Type) -> msgspec.inspect.Type:
    """Without its description, and without null where only a section can be meant."""
    while isinstance(kind, msgspec.inspect.Metadata):
        kind = kind.type
    if isinstance(kind, msgspec.inspect.UnionType):
        choices = [_bare(choice) for choice in kind.types]
        sections = [choice for choice in choices if isinstance(choice, msgspec.inspect.StructType)]
        if sections:
            return sections[0]
    return kind


def _words(kind: msgspec.inspect.Type) -> str:
    """What the schema allows, in words."""
    match kind:
        case msgspec.inspect.Metadata():
            return _words(kind.type)
        case msgspec.inspect.BoolType():
            return "true or false"
        case msgspec.inspect.IntType():
            return f"a whole number {_range(kind)}".rstrip()
        case msgspec.inspect.FloatType():
            return f"a number {_range(kind)}".rstrip()
        case msgspec.inspect.StrType():
            most = f" of up to {kind.max_length} characters" if kind.max_length else ""
            return f"text{most}, not empty" if kind.min_length else f"text{most}"
        case msgspec.inspect.LiteralType():
            return f"one of {', '.join(str(value) for value in kind.values)}"
        case msgspec.inspect.ListType():
            return _words_of_list(kind)
        case msgspec.inspect.NoneType():
            return "null"
        case msgspec.inspect.UnionType():
            return " or ".join(_words(choice) for choice in kind.types)
        case msgspec.inspect.StructType():
            return f"a mapping with the keys {', '.join(field.name for field in kind.fields)}"
        case _:
            return type(kind).__name__


def _words_of_list(kind: msgspec.inspect.ListType) -> str:
    least, most = kind.min_length or 0, kind.max_length
    number = (
        ", not empty"
        if least == 1
        else f" with {least} entries"
        if least and least == most
        else f" with at least {least} entries"
        if least
        else f" with up to {most} entries"
        if most
        else ""
    )
    if isinstance(_bare(kind.item_type), msgspec.inspect.StrType):
        return f"a list of texts{number}"
    return f"a list{number}, each {_words(_bare(kind.item_type))}"


def _range(kind: msgspec.inspect.IntType | msgspec.inspect.FloatType) -> str:
    low = f"from {kind.ge:g}" if kind.ge is not None else f"above {kind.gt:g}" if kind.gt is not None else ""
    high = f"to {kind.le:.10g}" if kind.le is not None else f"below {kind.lt:g}" if kind.lt is not None else ""
    return f"{low} {high}".strip()
