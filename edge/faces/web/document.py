"""The page as one self-contained document, and the policy that lets only its own style and scripts run.

In the tree its parts are files of their own, which a browser can also open as they are; here they go into page.html.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

_STYLE = re.compile(r'<link rel="stylesheet" href="(?P<name>[\w.-]+)">')
_SCRIPT = re.compile(r'<script src="(?P<name>[\w.-]+)"></script>')


@dataclass(frozen=True)
class Document:
    """What a browser gets."""

    html: bytes
    policy: str
    """The Content-Security-Policy that fits it: nothing from elsewhere; of scripts and styles only these very bytes."""


def load(parts: Traversable | None = None) -> Document:
    """The page from its `parts`; without them, from those that ship with this package."""
    parts = parts or files(__package__).joinpath("page")
    hashes: dict[str, list[str]] = {"style": [], "script": []}

    def inline(tag: str, found: re.Match[str]) -> str:
        content = parts.joinpath(found["name"]).read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        hashes[tag].append(f"'sha256-{digest}'")
        return f"<{tag}>{content}</{tag}>"

    html = parts.joinpath("page.html").read_text(encoding="utf-8")
    html = _STYLE.sub(lambda found: inline("style", found), html)
    html = _SCRIPT.sub(lambda found: inline("script", found), html)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(hashes['script'])}",
            f"style-src {' '.join(hashes['style'])}",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )
    return Document(html.encode(), policy)
