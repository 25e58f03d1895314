"""Who may ask, and what browsers are told: checked and said once, around every route.

The page has no password and is meant for this machine. A web site elsewhere could still make a visitor's browser ask
here: with its own name pointed at this address (DNS rebinding), which the Host header gives away, or across origins,
which the Origin header does. Both are refused.
"""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.faces.web.responses import error_response

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every response that does not set its own."""

_AUTHORITY = re.compile(r"(?:\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+?)\.?)(?::\d{1,5})?", re.IGNORECASE)
"""host [ ":" port ] of RFC 3986; a trailing dot belongs to the root of the DNS, not to the name."""


class Names:
    """The names under which browsers may reach this machine."""

    def __init__(self, host: str, address: str) -> None:
        """`host` as configured, `address` the IP it was bound to."""
        self._bound = ip_address(address)
        self._names = {"localhost", host.lower()}
        if self._bound.is_unspecified:
            own = socket.gethostname().lower().split(".")[0]
            self._names |= {socket.gethostname().lower(), own, f"{own}.local"}

    def admit(self, authority: str) -> bool:
        """Whether `authority`, a Host header, names this machine. The port may differ: it may be forwarded."""
        found = _AUTHORITY.fullmatch(authority)
        if found is None:
            return False
        name = (found["ipv6"] or found["name"]).lower()
        if name in self._names:
            return True
        try:
            literal = ip_address(name)
        except ValueError:
            return False
        return self._admit_literal(literal)

    def _admit_literal(self, literal: IPv4Address | IPv6Address) -> bool:
        # No other site can have an IP address as its name, so with every address bound every literal is ours.
        return literal.is_loopback or literal == self._bound or self._bound.is_unspecified


class Guard:
    """The ASGI application `app`, with strangers refused and SECURITY_HEADERS on every response."""

    def __init__(self, app: ASGIApp, names: Names) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        problem = self._problem(Headers(scope=scope))
        answer = self._app if problem is None else error_response(403, problem)
        await answer(scope, receive, send_guarded)

    def _problem(self, headers: Headers) -> str | None:
        """Why the request is refused; None if it is not."""
        authority = headers.get("host", "")
        if not self._names.admit(authority):
            return (
                f"the name {authority!r} is not this machine's; "
                "use its IP address or localhost, or set page.host in config.yaml to the name"
            )
        origin = headers.get("origin")
        if origin is not None and origin.lower().partition("://")[2] != authority.lower():
            return f"asked by a page of {origin!r}; only this program's own page may"
        return None
