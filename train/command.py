"""How a command ends, whichever it is: one line for a mistake, one for an interrupt, and a fitting exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable

from core.errors import DigitReaderError

INTERRUPTED = 130
"""What shells give for a program that Ctrl-C ended: 128 and the signal's number."""


def exit_status(run: Callable[[], None], interrupted: str) -> int:
    """0 once `run` has returned, the error's own if it raised one; `interrupted` is what Ctrl-C is answered with."""
    try:
        run()
    except DigitReaderError as error:
        sys.stdout.flush()
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print(f"\n{interrupted}", file=sys.stderr)
        return INTERRUPTED
    return 0
