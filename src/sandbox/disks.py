"""The qcow2 files behind volumes and snapshots.

A volume is a thin overlay on the snapshot it was made from, so a launch copies nothing. A file is
needed while a volume or a snapshot names it, or while a needed file is an overlay on it. That is worked
out from the files' own headers at every sweep instead of being counted: a count could be wrong after a
crash, and then deregistering a parent AMI would break its children.
"""

from __future__ import annotations

import os
import secrets
import struct
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_HEADER = struct.Struct(">4sIQIIQ")
_MAGIC = b"QFI\xfb"
GIB = 1024**3


@dataclass(frozen=True)
class Qcow2Header:
    backing: str | None
    """As written: a bare file name for our own disks, an absolute path for source images."""
    size_bytes: int


def read_header(path: Path) -> Qcow2Header:
    with path.open("rb") as file:
        magic, _version, offset, length, _cluster_bits, size = _HEADER.unpack(file.read(_HEADER.size))
        if magic != _MAGIC:
            raise ValueError(f"{path} is not a qcow2 file")
        if not offset:
            return Qcow2Header(None, size)
        file.seek(offset)
        return Qcow2Header(file.read(length).decode(), size)


class DiskStore:
    """Files are named by bare name; absolute names are source images, which are never written or removed."""

    def __init__(self, directory: Path):
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def path(self, disk: str) -> Path:
        return self._directory / disk  # an absolute `disk` stays itself

    def create_overlay(self, backing: str, size_gib: int) -> str:
        """Makes a disk of at least `size_gib` that reads through to `backing`; returns its name."""
        size = max(size_gib * GIB, read_header(self.path(backing)).size_bytes)
        return self._create(["-b", backing, "-F", "qcow2"], size)

    def create_empty(self, size_gib: int) -> str:
        return self._create([], size_gib * GIB)

    def new_name(self) -> str:
        return f"{secrets.token_hex(8)}.qcow2"

    def _create(self, options: list[str], size: int) -> str:
        disk = self.new_name()
        subprocess.run(
            ["qemu-img", "create", "-q", "-f", "qcow2", *options, disk, str(size)],
            cwd=self._directory,  # so that the bare name of the backing file is found and recorded
            check=True,
            capture_output=True,
            text=True,
        )
        return disk

    def sweep(self, in_use: Iterable[str]) -> None:
        """Removes every file that no name in `in_use` needs, directly or as a backing file."""
        needed: set[str] = set()
        pending = list(in_use)
        while pending:
            disk = pending.pop()
            if disk in needed or os.path.isabs(disk):
                continue
            needed.add(disk)
            if backing := read_header(self.path(disk)).backing:
                pending.append(backing)
        for file in self._directory.iterdir():
            if file.name not in needed:
                file.unlink(missing_ok=True)

    def used_bytes(self, disk: str) -> int:
        """What is written in the disk, at most: its file's blocks and those of the files under it."""
        used, name = 0, disk
        while name:
            used += self.path(name).stat().st_blocks * 512
            name = read_header(self.path(name)).backing
        return used

    def bytes_on_disk(self) -> int:
        return sum(file.stat().st_blocks * 512 for file in self._directory.iterdir())
