"""Mistakes on a command line as everywhere else: one line, with the remedy."""

from __future__ import annotations

import argparse
from typing import NoReturn

from core.errors import UsageError


class OneLineParser(argparse.ArgumentParser):
    """Raises UsageError where argparse would print its usage and exit."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")
