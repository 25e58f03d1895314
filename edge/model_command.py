"""`digit-reader model`: what reads, and choosing it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import msgspec

from core import model_file
from core.config import Config
from core.errors import ModelFileError
from core.model_file import AnyModel
from edge.chosen_models import Place, check, check_free, load, places, store_of
from edge.exchange import utc_now
from edge.model_info import FAILS, ModelInfo, describe, text
from edge.model_store import SHIPS, Choice, Kind, ModelStore, PutBack, kind_of
from edge.shipped import CLASSIFIER, SPOTTER

Complain = Callable[[str], None]
"""Prints one line on standard error."""

TAKEN_UP = "a daemon that runs takes it up on SIGHUP: systemctl reload digit-reader"


class Choices(msgspec.Struct, frozen=True):
    """What was chosen. This type is also the JSON of `digit-reader model list --json`."""

    folder: str
    choices: list[Choice]
    """The one in use first. After the last comes what ships."""
    put_back: PutBack | None
    """The last choice that could not be read with."""


class Switched(msgspec.Struct, frozen=True):
    """What `digit-reader model use` and `rollback` print as JSON."""

    was: Choice
    now: Choice


def info(config: Config, file: Path | None, as_json: bool, complain: Complain) -> int:
    """Print what the models in use are, or the one in `file`; 1 if a self-test fails. Raises ModelFileError."""
    if file is None:
        told = [_in_use(config, store_of(config), kind, complain) for kind in get_args(Kind)]
    else:
        content = model_file.read_bytes(file)
        model = model_file.unpack_any(content, str(file))
        told = [describe(content, model, file.name, str(file), "not asked whether it is in use")]
    if as_json:
        print(msgspec.json.encode({each.kind: each for each in told}).decode())
    else:
        print("\n\n".join(map(text, told)))
    return 1 if any(each.self_test == FAILS for each in told) else 0


def list_choices(config: Config, as_json: bool) -> int:
    """Print what was chosen. Raises ModelFileError if that is damaged."""
    store = store_of(config)
    chosen = Choices(str(store.folder), store.choices(), store.put_back_last())
    print(msgspec.json.encode(chosen).decode() if as_json else _table(chosen))
    return 0


def use(config: Config, file: Path, as_json: bool, complain: Complain) -> int:
    """Check `file`, and read with it from now on. Raises ModelFileError, ConfigError or UsageError, one line."""
    store, place = store_of(config), str(file)
    content = model_file.read_bytes(file)
    model = model_file.unpack_any(content, place)
    kind = kind_of(model)
    check_free(kind, config)
    in_use = load(config, store, lambda message: complain(f"warning: {message}"))
    if check(model, place, in_use, config) is None:
        complain(
            f"warning: {place}: has no self-test, so nothing shows that this machine computes as it should; "
            f"add one with `python -m convert --self-test {place}`"
        )
    was = in_use.choice
    if _is_first(config, store, kind, content):
        _print(f"{kind}: {place} is in use already; nothing changed", Switched(was, was), as_json)
        return 0
    now = store.use(content, model, file.name, utc_now())
    _print(f"{kind}: {_name(now, kind)} in place of {_name(was, kind)}; {TAKEN_UP}", Switched(was, now), as_json)
    return 0


def roll_back(config: Config, as_json: bool, complain: Complain) -> int:
    """Undo the last choice. Raises ModelFileError, one line, if there is none."""
    store = store_of(config)
    was, now = store.roll_back()
    changed = [kind for kind in get_args(Kind) if was.of(kind) != now.of(kind)]
    said = ", ".join(f"{kind}: {_name(now, kind)} in place of {_name(was, kind)}" for kind in changed)
    _print(f"{said or 'nothing differs'}; {TAKEN_UP}", Switched(was, now), as_json)
    load(config, store, lambda message: complain(f"warning: {message}"))
    return 0


def _print(said: str, switched: Switched, as_json: bool) -> None:
    print(msgspec.json.encode(switched).decode() if as_json else said)


def _in_use(config: Config, store: ModelStore, kind: Kind, complain: Complain) -> ModelInfo:
    """The first that can be used. Raises ModelFileError if none can."""
    found: ModelInfo | None = None
    for place in places(config, store, kind):
        try:
            content, model = _opened(store, place)
        except ModelFileError as error:
            complain(f"warning: {error}")
            continue
        found = describe(content, model, place.name, str(place.path), place.why)
        if found.self_test != FAILS:
            return found
        complain(f"warning: {found.self_test_said}")
    if found is None:
        raise ModelFileError(f"{store.folder}: no {kind} that can be read; install digit-reader again")
    return found


def _opened(store: ModelStore, place: Place) -> tuple[bytes, AnyModel]:
    content = model_file.read_bytes(place.path)
    if place.path.parent == store.folder and place.path.stem != model_file.sha256(content):
        raise ModelFileError(f"{place.path}: is not as it was when {place.name} was chosen; choose it again")
    return content, model_file.unpack_any(content, str(place.path))


def _is_first(config: Config, store: ModelStore, kind: Kind, content: bytes) -> bool:
    """Whether the first that may be read with is `content`, whole."""
    try:
        return model_file.read_bytes(next(places(config, store, kind)).path) == content
    except ModelFileError:
        return False


def _name(choice: Choice, kind: Kind) -> str:
    chosen = choice.of(kind)
    if chosen is None:
        return f"{CLASSIFIER if kind == 'classifier' else SPOTTER}, which ships"
    return f"{chosen.name} ({chosen.sha256[:12]})"


def _table(chosen: Choices) -> str:
    rows = [("in use since", *get_args(Kind))]
    rows += [
        (choice.at or "the start", *(_name(choice, kind) for kind in get_args(Kind)))
        for choice in [*chosen.choices, SHIPS]
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = [
        f"{'*' if number == 1 else ' '} {row[0]:{widths[0]}}  {row[1]:{widths[1]}}  {row[2]}"
        for number, row in enumerate(rows)
    ]
    if chosen.put_back:
        back = chosen.put_back
        names = ", ".join(_name(back.choice, kind) for kind in get_args(Kind))
        lines.append(f"put back at {back.at}: {names}: {back.why}")
    return "\n".join(lines)
