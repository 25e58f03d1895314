"""Several devices or processes that train one model together, each on its share of every batch.

It is synchronous data parallelism through Keras' own distribution API, which has it on the JAX backend only: every
device holds all weights, and one step is one computation over the global batch. So batch normalisation takes its
statistics over the global batch too, and what comes out is, but for the order of additions, what one process gives.

A process is a worker. Worker 0 is where the others meet, and the only one that writes.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np

from core import stderr
from core.errors import TrainingError, UsageError
from train import rendezvous

COORDINATOR, COUNT, INDEX = (
    "KERAS_DISTRIBUTION_JOB_ADDRESSES",
    "KERAS_DISTRIBUTION_NUM_PROCESSES",
    "KERAS_DISTRIBUTION_PROCESS_ID",
)
"""Keras' own environment variables, for launchers that set them; the options come first."""

MOST_WORKERS = 4096

MEET_WITHIN_S = 300.0
"""How long workers wait for each other at the start, as long as JAX would."""

GONE = re.compile(r"gloo|nccl|coordination service|heartbeat|connection (reset|closed|refused)|socket closed", re.I)
"""In what JAX raises when another process does not answer any more."""


@dataclass(frozen=True)
class Workers:
    """The processes of one training, as one of them sees it."""

    coordinator: str
    """host:port of worker 0, where the others meet."""
    count: int
    index: int

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the coordinator."""
        host, _, port = self.coordinator.rpartition(":")
        return host.strip("[]"), int(port)


def workers_of(
    coordinator: str | None, count: object, index: object, environment: Mapping[str, str], backend: str
) -> Workers | None:
    """The workers asked for by options, else by `environment`; None for one process alone.

    Raises UsageError for what does not go together, and on a backend other than JAX.
    """
    given = {
        "--coordinator": coordinator or environment.get(COORDINATOR, "").split(",")[0] or None,
        "--workers": environment.get(COUNT) if count is None else count,
        "--worker-index": environment.get(INDEX) if index is None else index,
    }
    missing = [name for name, value in given.items() if value is None]
    if len(missing) == len(given):
        return None
    if missing:
        raise UsageError(f"{', '.join(given)} go together; missing: {', '.join(missing)}")
    place = str(given["--coordinator"])
    found = re.fullmatch(r"(\[[^\]\s]+\]|[^:\s]+):(\d{1,5})", place)
    if not found or not 1 <= int(found[2]) <= 65535:
        raise UsageError(f"--coordinator is {place!r}; allowed: HOST:PORT of worker 0, for example 10.0.0.1:7777")
    workers = Workers(place, _whole("--workers", given["--workers"], 1, MOST_WORKERS), 0)
    workers = replace(workers, index=_whole("--worker-index", given["--worker-index"], 0, workers.count - 1))
    if workers.count == 1:
        return None
    if backend != "jax":
        raise UsageError(f"{workers.count} workers need the backend jax, this is {backend}; add --backend jax")
    return workers


def _whole(name: str, value: object, least: int, most: int) -> int:
    if not re.fullmatch(r"\d{1,9}", str(value)) or not least <= int(str(value)) <= most:
        raise UsageError(f"{name} is {value}; allowed: a whole number from {least} to {most}")
    return int(str(value))


def begin(workers: Workers | None) -> None:
    """Meet the other workers, if there are any, and share every batch among all devices there are from here on.

    It MUST be called after Keras is loaded and before anything is computed with it. Raises TrainingError if the workers
    do not meet in MEET_WITHIN_S.
    """
    import keras  # noqa: PLC0415 — only now is it known on which backend

    if workers is not None:
        _meet(workers)
        # Gloo, which carries what CPUs exchange, greets on standard output at the first exchange.
        with stderr.dropping(lambda line: b"[Gloo]" in line, descriptor=1):
            arrays_of_leader({})
    if keras.backend.backend() == "jax" and len(keras.distribution.list_devices()) > 1:
        keras.distribution.set_distribution(keras.distribution.DataParallel())


def _meet(workers: Workers) -> None:
    import keras  # noqa: PLC0415 — as above

    if workers.index == 0:
        rendezvous.lead(workers.address[1], workers.count, MEET_WITHIN_S)
    else:
        rendezvous.follow(workers.address, workers.index, workers.count, MEET_WITHIN_S)
    # With a seed set, Keras does not make all of them agree on one; `fit` sets its own.
    keras.utils.set_random_seed(0)
    keras.distribution.initialize(workers.coordinator, workers.count, workers.index)


def place() -> tuple[int, int]:
    """(index, count): which worker this process is, of how many."""
    import keras  # noqa: PLC0415 — as above

    if keras.backend.backend() != "jax":
        return 0, 1
    import jax  # noqa: PLC0415 — it may not be installed

    # Asked before the workers have met, JAX would settle for one.
    return (jax.process_index(), jax.process_count()) if jax.distributed.is_initialized() else (0, 1)


def leads() -> bool:
    """Whether this is worker 0, or the only one: the one that writes."""
    return place()[0] == 0


def devices() -> int:
    """How many share each batch, of all workers together."""
    import keras  # noqa: PLC0415 — as above

    shared = keras.distribution.distribution()
    return 1 if shared is None else int(shared.device_mesh.devices.size)


def share(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """This worker's part of a batch that all of them have.

    Raises TrainingError if the devices would not have equal parts.
    """
    parts = devices()
    if len(x) % parts:
        raise TrainingError(
            f"a batch has {len(x)} glyphs, which {parts} devices cannot share evenly; choose another --batch-size and "
            "start over with --fresh"
        )
    index, count = place()
    own = slice(index * len(x) // count, (index + 1) * len(x) // count)
    return x[own], y[own]


def everywhere(number: float) -> Any:
    """`number` for a variable that all devices hold, without asking the other workers whether they have the same."""
    import keras  # noqa: PLC0415 — as above

    shared = keras.distribution.distribution()
    if shared is None:
        return number
    import jax  # noqa: PLC0415 — it may not be installed

    held = jax.sharding.NamedSharding(shared.device_mesh.backend_mesh, jax.sharding.PartitionSpec())
    value = np.float32(number)
    return jax.make_array_from_callback((), held, lambda _: value)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Within the block models are made on this worker alone: they can be used without the others taking part."""
    import keras  # noqa: PLC0415 — as above

    shared = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(shared)


def arrays_of_leader(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The `arrays` that worker 0 called this with; all workers call it at the same point."""
    if place()[1] == 1:
        return arrays
    from jax.experimental import multihost_utils  # noqa: PLC0415 — it may not be installed

    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    content = np.frombuffer(packed.getvalue(), np.uint8)
    size = int(multihost_utils.broadcast_one_to_all(np.array(content.size, np.int32)))
    # Broadcast arrays must have one shape everywhere; what the others put in is not used.
    content = multihost_utils.broadcast_one_to_all(np.resize(content, size))
    with np.load(io.BytesIO(np.asarray(content, np.uint8).tobytes()), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


@contextlib.contextmanager
def lost_worker_told() -> Iterator[None]:
    """Within the block another worker that went away is one line. Raises TrainingError."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        index, count = place()
        if count == 1 or isinstance(error, (TrainingError, UsageError)) or not GONE.search(str(error)):
            raise
        raise TrainingError(
            f"worker {index}: another of the {count} workers is gone, its own output says why; give the same commands "
            "again and they go on after the last epoch that was finished"
        ) from None


def leave(status: int) -> NoReturn:
    """End the process with `status`; if it failed, without the meeting at the end for which all workers would wait."""
    # A process that ended before Keras was loaded has met nobody.
    if status and "keras" in sys.modules and place()[1] > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
