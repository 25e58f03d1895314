"""Responses in JSON: what was asked for, or one line of what is wrong."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response


def json_response(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`content`, of any type msgspec encodes, as JSON."""
    return Response(msgspec.json.encode(content), status, headers, "application/json")


def error_response(status: int, problem: str, headers: Mapping[str, str] | None = None) -> Response:
    """{"error": problem}."""
    return json_response({"error": problem}, status, headers)
