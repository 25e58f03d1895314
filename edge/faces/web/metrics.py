"""The state as Prometheus reads it (text format 0.0.4), and that of the process.

It is imported when somebody asks for the first time: the library takes memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.faces.web.backend import Backend, State
from edge.progress import Health
from edge.quality import State as QualityState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics(backend: Backend) -> Callable[[], bytes]:
    """What gives the page of metrics, whenever it is called."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Everything(backend))
    ProcessCollector(registry=registry)
    return lambda: generate_latest(registry)


class _Everything(Collector):
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def describe(self) -> list[Metric]:
        return []  # so that nothing is asked of the program before it runs

    def collect(self) -> Iterator[Metric]:
        state = self._backend.state()
        yield from _of_reading(state, self._backend.health())
        yield from _of_sinks(state)


def _of_reading(state: State, health: Health) -> Iterator[Metric]:
    yield InfoMetricFamily("digit_reader", "What runs.", {"source": state.source, "model": state.model})
    yield _gauge("alive", "Whether the read loop turns.", not health.not_alive)
    yield _gauge("ready", "Whether frames went through lately.", not health.not_ready)
    yield CounterMetricFamily("digit_reader_frames", "Frames read since the start.", state.frames)
    yield _gauge("frames_per_second", "Frames read a second, over the last seconds.", state.frames_per_second)
    yield _gauge("readings", "Numbers that count now.", len(state.readings))
    quality = GaugeMetricFamily(
        "digit_reader_quality", "What frames are like: 1 for one of the states.", None, ["state"]
    )
    for each in QualityState:
        quality.add_metric([each.value], float(state.quality.state is each))
    yield quality


def _of_sinks(state: State) -> Iterator[Metric]:
    up = GaugeMetricFamily("digit_reader_sink_up", "Whether events arrive.", None, ["sink"])
    waiting = GaugeMetricFamily("digit_reader_sink_waiting", "Events yet to be delivered.", None, ["sink"])
    delivered = CounterMetricFamily("digit_reader_sink_delivered", "Events since the start.", None, ["sink"])
    dropped = CounterMetricFamily("digit_reader_sink_dropped", "Events given up since the start.", None, ["sink"])
    for sink in state.sinks:
        up.add_metric([sink.name], float(sink.status == "ok"))
        waiting.add_metric([sink.name], sink.waiting)
        delivered.add_metric([sink.name], sink.delivered)
        dropped.add_metric([sink.name], sink.dropped)
    yield from (up, waiting, delivered, dropped)


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(f"digit_reader_{name}", documentation, float(value))
