"""What the page and other programs can ask for.

    GET  /            the page
    GET  /api/state   State
    GET  /healthz     200 while the read loop turns, otherwise 503: {"ok": ..., "reasons": [...]}
    GET  /readyz      200 while frames go through, otherwise 503: likewise
    GET  /metrics     for Prometheus, if that is wanted
    POST /api/read    a Drawing as application/json, or a picture as image/*  →  Answer

Errors are {"error": one line}.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from core.errors import ImageError
from edge import drawing
from edge.faces.web.backend import Backend
from edge.faces.web.document import Document
from edge.faces.web.responses import error_response, json_response
from edge.faces.web.worker import Busy, Worker
from edge.read import Answer

MAX_PICTURE_BYTES = 8 * 2**20
"""A phone's photo has 2 to 6 MB."""

UPLOAD_WITHIN_S = 30.0
"""A request whose body takes longer is given up: nobody can hold a connection open for nothing."""


def application(backend: Backend, document: Document, worker: Worker, with_metrics: bool = False) -> Starlette:
    """The ASGI application; `worker` does the reading, off the event loop."""
    endpoints = _Endpoints(backend, document, worker)
    return Starlette(
        routes=[
            Route("/", endpoints.page),
            Route("/api/state", endpoints.state),
            Route("/api/read", endpoints.read, methods=["POST"]),
            Route("/healthz", endpoints.healthz),
            Route("/readyz", endpoints.readyz),
            *([Route("/metrics", endpoints.metrics)] if with_metrics else []),
        ],
        exception_handlers=dict.fromkeys((HTTPException, ImageError, ClientDisconnect, Busy, Exception), _explained),
    )


class _Endpoints:
    def __init__(self, backend: Backend, document: Document, worker: Worker) -> None:
        self._backend = backend
        self._document = document
        self._worker = worker
        self._metrics: Callable[[], bytes] | None = None

    async def page(self, _request: Request) -> Response:
        # no-cache and not no-store: going back in the browser then still finds the drawing.
        headers = {"Content-Security-Policy": self._document.policy, "Cache-Control": "no-cache"}
        return Response(self._document.html, headers=headers, media_type="text/html")

    async def state(self, _request: Request) -> Response:
        return json_response(self._backend.state())

    async def healthz(self, _request: Request) -> Response:
        return _judged(self._backend.health().not_alive)

    async def readyz(self, _request: Request) -> Response:
        return _judged(self._backend.health().not_ready)

    async def metrics(self, _request: Request) -> Response:
        from edge.faces.web.metrics import CONTENT_TYPE, metrics  # noqa: PLC0415

        self._metrics = self._metrics or metrics(self._backend)
        return Response(self._metrics(), media_type=CONTENT_TYPE)

    async def read(self, request: Request) -> Response:
        reader, max_bytes = self._reader(request.headers.get("content-type", ""))
        content = await _body(request, max_bytes)
        return json_response(await self._worker.do(partial(reader, content)))

    def _reader(self, content_type: str) -> tuple[Callable[[bytes], Answer], int]:
        """(what reads such content, how many bytes of it are taken)."""
        kind = content_type.partition(";")[0].strip().lower()
        if kind == "application/json":
            return self._read_drawing, drawing.MAX_BYTES
        if kind.startswith("image/"):
            return self._backend.read_picture, MAX_PICTURE_BYTES
        raise HTTPException(
            415, f"Content-Type is {kind!r}; send a drawing as application/json or a picture as image/*"
        )

    def _read_drawing(self, content: bytes) -> Answer:
        return self._backend.read_drawing(drawing.decode(content))


def _judged(reasons: list[str]) -> Response:
    return json_response({"ok": not reasons, "reasons": reasons}, 503 if reasons else 200)


async def _body(request: Request, max_bytes: int) -> bytes:
    """The request's body, refused with 413 as soon as it is known to be larger than `max_bytes`."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(UPLOAD_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise _too_large(max_bytes)
    except TimeoutError:
        raise HTTPException(408, f"the upload took longer than {UPLOAD_WITHIN_S:g} s") from None
    return bytes(body)


def _too_large(max_bytes: int) -> HTTPException:
    return HTTPException(413, f"more than {max_bytes} bytes; shrink it first")


async def _explained(_request: Request, error: Exception) -> Response:
    """The response to a request that ended in `error`."""
    match error:
        case HTTPException():
            return error_response(error.status_code, error.detail, error.headers)
        case ImageError():
            return error_response(400, str(error))
        case ClientDisconnect():
            return error_response(400, "the upload ended early")
        case Busy():
            return error_response(503, "too many are reading at once; ask again", {"Retry-After": "1"})
        case _:
            # Starlette raises the error again after this, so the server logs it with its traceback and hangs up.
            problem = "this failed on the machine that reads; its log says why"
            return error_response(500, problem, {"Connection": "close"})
