"""The page's server: a socket, a thread and an event loop of its own, so the rest of the program stays synchronous."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import threading
from collections.abc import Coroutine

import uvicorn
from starlette.types import ASGIApp

from core.errors import PageError
from edge.faces.web.backend import Backend, State
from edge.faces.web.document import load
from edge.faces.web.guard import Guard, Names
from edge.faces.web.routes import application
from edge.faces.web.worker import Worker

__all__ = ["Backend", "Page", "State"]

MAX_CONNECTIONS = 64
"""A browser opens up to six; more than this many at once get status 503."""

REQUEST_WITHIN_S = 10.0
"""A connection has this long to send a whole request's header, or it is cut: half a header would else keep it for ever,
and a few dozen of those the page from everyone."""

LOOK_EVERY_S = 1.0

GRACE_S = 0.25
"""What responses on their way get to finish when the page stops; then their connections are cut."""


class Page:
    """Serves the page from `start` to `stop`."""

    def __init__(self, backend: Backend, host: str, port: int, metrics: bool = False) -> None:
        """`host` is a name or IP address of this machine, 0.0.0.0 or :: for all of them; `port` 0 takes a free one.

        With `metrics` those are served as well.
        """
        self._backend = backend
        self._host = host
        self._port = port
        self._metrics = metrics
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Return once the page is being served. Raises PageError, one line, if the address cannot be listened on."""
        listener = _listen(self._host, self._port)
        address, self._port = listener.getsockname()[:2]
        worker = Worker()
        app = Guard(application(self._backend, load(), worker, self._metrics), Names(self._host, address))
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        serving = _serve(_server(app), listener, worker, self._stop)
        self._thread = threading.Thread(target=_run, args=(self._loop, serving), name="page", daemon=True)
        # The listener already queues connections: none is refused from here on.
        self._thread.start()

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the page."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104 — compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}/"

    def stop(self) -> None:
        """Return within 0.5 s with the port free, whoever is still connected. Nothing happens if it is not served."""
        if self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = None


def _server(app: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
    )
    config.load()  # here, so that whatever is missing is missed by who starts the page
    return uvicorn.Server(config)


def _run(loop: asyncio.AbstractEventLoop, serving: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(serving)


async def _serve(server: uvicorn.Server, listener: socket.socket, worker: Worker, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, and then no longer than a moment."""
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    cutting = asyncio.create_task(_cut_silent(server))
    await stop.wait()
    cutting.cancel()
    worker.close()
    server.should_exit = True
    await asyncio.wait({serving}, timeout=GRACE_S)
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    server.force_exit = True
    await serving


async def _cut_silent(server: uvicorn.Server) -> None:
    """Cut connections that have asked for nothing, or for nothing more, for REQUEST_WITHIN_S."""
    loop = asyncio.get_running_loop()
    silent_since: dict[object, float] = {}
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        now = loop.time()
        silent = {connection for connection in server.server_state.connections if _is_silent(connection)}
        silent_since = {connection: silent_since.get(connection, now) for connection in silent}
        for connection in silent:
            if now - silent_since[connection] >= REQUEST_WITHIN_S:
                connection.transport.abort()


def _is_silent(connection: object) -> bool:
    """Whether no request is being answered on this connection of uvicorn's."""
    cycle = getattr(connection, "cycle", None)
    return cycle is None or cycle.response_complete


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises PageError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise PageError(
            f"page.host is {host!r}, which is no address; use 127.0.0.1, 0.0.0.0 or a name of this machine"
        ) from None
    listener = socket.socket(family, kind, protocol)
    try:
        # A page that stopped a moment ago leaves connections that would keep its port for a minute.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            with contextlib.suppress(OSError):
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # :: is then every IPv4 address too
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise PageError(_explain(host, port, error)) from None
    return listener


def _explain(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"page.port is {port}, which another program on {host} listens on; choose another, or 0 for a free one"
            )
        case errno.EACCES:
            return f"page.port is {port}, which needs root; choose one from 1024 to 65535, or 0 for a free one"
        case errno.EADDRNOTAVAIL:
            return f"page.host is {host}, which is no address of this machine; use 127.0.0.1, 0.0.0.0 or one it has"
        case _:
            return f"page.host {host}, page.port {port} cannot be listened on: {error.strerror}"
