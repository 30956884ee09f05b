"""Resets a machine whose kernel hangs in its first seconds.

Emulated without virtualisation (QEMU 7.2, two processors), about one restart in forty stops there for good, with nothing
more on the console. On EC2 a status check would fail, and recovery would start the instance again.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.qmp import QmpError

if TYPE_CHECKING:
    from sandbox.machine import Machine

_LOOK_SECONDS = 5.0
_SILENT_SECONDS = 60.0
_MOST_RESETS = 3
_EARLY = re.compile(rb"\[ {3,4}(?:1?\d)\.\d{6}\] [^\r\n]*[\r\n]*\Z")
"""A message of the kernel's first twenty seconds, and nothing after it. One that got further says other things."""


def watch(machine: Machine, console: Path) -> None:
    """For a thread of its own: returns when the machine is gone, or has hung too often."""
    size, silent, resets = 0, 0.0, 0
    while resets < _MOST_RESETS and not machine.exited.wait(_LOOK_SECONDS):
        known, size = size, console.stat().st_size if console.exists() else 0
        silent = silent + _LOOK_SECONDS if size == known else 0.0
        if silent < _SILENT_SECONDS or machine.powered_off or not _hangs(_tail(console)):
            continue
        silent, resets = 0.0, resets + 1
        print(f"{machine.spec.instance_id} hangs while it starts: reset", file=sys.stderr, flush=True)
        try:
            machine.restart()
        except QmpError:
            return


def _hangs(tail: bytes) -> bool:
    # One that panics has said why, and would say it again.
    return _EARLY.search(tail) is not None and b"Kernel panic" not in tail


def _tail(console: Path) -> bytes:
    with console.open("rb") as file:
        file.seek(max(0, console.stat().st_size - 2048))
        return file.read()
