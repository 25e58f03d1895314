"""Exposure and white balance through Video for Linux."""

from __future__ import annotations

import sys

from edge.capture import v4l2_api as api
from edge.capture.picture import Wanted

SETTLES_S = 2.0
"""After so long exposure and white balance have found their values, and can be locked."""


class Controls:
    """Exposure and white balance of a device."""

    def __init__(self, file: int) -> None:
        self._file = file

    def set(self, wanted: Wanted) -> Lock | None:
        """Set what is wanted; returns what locks the rest, to be called once it has settled."""
        locks = []
        if isinstance(wanted.exposure_ms, float | int):
            self.put(api.CID_EXPOSURE_AUTO, api.EXPOSURE_MANUAL)
            self.put(api.CID_EXPOSURE_ABSOLUTE, round(wanted.exposure_ms * 10))
        else:
            # Not every device has both kinds of automatic; most USB cameras have the second.
            if not self.put(api.CID_EXPOSURE_AUTO, api.EXPOSURE_APERTURE_PRIORITY, quiet=True):
                self.put(api.CID_EXPOSURE_AUTO, api.EXPOSURE_AUTO, quiet=True)
            # Or the camera takes fewer frames in the dark than it was asked for.
            self.put(api.CID_EXPOSURE_AUTO_PRIORITY, 0, quiet=True)
            if wanted.exposure_ms == "locked":
                locks.append((api.CID_EXPOSURE_AUTO, api.EXPOSURE_MANUAL, api.CID_EXPOSURE_ABSOLUTE))
        if isinstance(wanted.white_balance_k, int):
            self.put(api.CID_AUTO_WHITE_BALANCE, 0)
            self.put(api.CID_WHITE_BALANCE_TEMPERATURE, wanted.white_balance_k)
        else:
            self.put(api.CID_AUTO_WHITE_BALANCE, 1, quiet=True)
            if wanted.white_balance_k == "locked":
                locks.append((api.CID_AUTO_WHITE_BALANCE, 0, api.CID_WHITE_BALANCE_TEMPERATURE))
        return Lock(self, locks) if locks else None

    def get(self, control: int) -> int | None:
        """A control's value; None if the device has no such control."""
        try:
            return int(api.call(self._file, api.G_CTRL, api.Control(id=control)).value)
        except OSError:
            return None

    def put(self, control: int, value: int, quiet: bool = False) -> bool:
        """Whether a control could be set, to the nearest value that it can have; if not, warns unless `quiet`."""
        try:
            known = api.call(self._file, api.QUERYCTRL, api.ControlQuery(id=control))
            inside = min(max(value, known.minimum), known.maximum)
            api.call(self._file, api.S_CTRL, api.Control(control, inside))
        except OSError as error:
            if not quiet:
                print(
                    f"warning: the camera's control {control:#x} cannot be set to {value} ({error.strerror})",
                    file=sys.stderr,
                )
            return False
        return True


class Lock:
    """Makes automatic controls stay where they are."""

    def __init__(self, controls: Controls, locks: list[tuple[int, int, int]]) -> None:
        self._controls, self._locks = controls, locks

    def __call__(self) -> None:
        for mode, manual, value in self._locks:
            found = self._controls.get(value)
            if self._controls.put(mode, manual) and found is not None:
                self._controls.put(value, found)
