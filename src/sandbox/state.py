"""What the sandbox remembers: moto's backends, one file per service, account and region.

A file is replaced as a whole (temporary file, fsync, rename) before the request that changed it is
answered, so that what a caller was told survives a crash. Of requests that come together, one saves
for all of them.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
import pickle
import shutil
import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import moto
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from moto.backends import get_backend
from moto.core.base_backend import BackendDict, BaseBackend

from sandbox.backend import SandboxEC2, all_backends
from sandbox.buckets import restore_owners
from sandbox.disks import DiskStore
from sandbox.lifecycle import end_with_sandbox
from sandbox.runtime import runtime

_VERSION = 2

Key = tuple[str, str, str]
"""Service as moto calls it, account id, region (`aws` for services without regions)."""


class StateError(Exception):
    """A file cannot be used; the message names it. Nothing was changed or deleted."""


@dataclass(frozen=True)
class _Dump:
    key: Key
    content: bytes
    order: int
    """Counts up, since a dump may be written after a later one of the same backend."""


class Store:
    def __init__(self, directory: Path, disks: DiskStore):
        self._directory = directory
        self._disks = disks
        self._order = itertools.count(1)
        self._lock = threading.Lock()
        # All below: under the lock.
        self._digests: dict[Key, str] = {}
        self._written: defaultdict[Key, int] = defaultdict(int)
        self._cleared = 0
        self._saving: defaultdict[Key, threading.Lock] = defaultdict(threading.Lock)
        self._changes: defaultdict[Key, int] = defaultdict(int)
        self._saved: defaultdict[Key, int] = defaultdict(int)

    def load(self) -> None:
        """Restores every backend. Raises StateError."""
        for path in sorted(self._directory.glob("*/*/*.pickle")):
            service, account_id, region = path.parent.parent.name, path.parent.name, path.stem
            backend = _read(path)
            get_backend(service)[account_id][region] = backend  # type: ignore[arg-type,index]
        restore_owners()
        for backend in all_backends():
            _resume(backend)
            self.save_backend(backend)
        self.sweep_disks()

    def note_change(self, service: str, account_id: str, region: str) -> int:
        """To be called under the service's lock; `save_change` takes what it returns, without that lock."""
        with self._lock:
            self._changes[service, account_id, region] += 1
            return self._changes[service, account_id, region]

    def save_change(self, service: str, account_id: str, region: str, change: int) -> None:
        """Returns when the change is saved, with whatever else has changed there meanwhile."""
        place = (service, account_id, region)
        with self._lock:
            saving = self._saving[place]
        with saving:
            with self._lock:
                if self._saved[place] >= change:
                    return
            with runtime().lock_of(service):
                with self._lock:
                    reached = self._changes[place]
                dumps = self._dumps(*place)
            for dump in dumps:
                self._replace(dump)
            with self._lock:
                self._saved[place] = reached

    def save(self, service: str, account_id: str, region: str) -> None:
        """Saves what a request to `service` may have changed. To be called under the service's lock."""
        for dump in self._dumps(service, account_id, region):
            self._replace(dump)

    def _dumps(self, service: str, account_id: str, region: str) -> list[_Dump]:
        """Its region, or everything of a global service."""
        backends: BackendDict[Any] = get_backend(service)  # type: ignore[arg-type]
        accounts = [account_id] if service == "ec2" else list(backends)
        dumps = []
        for account in accounts:
            regions = backends[account]
            for name in [region] if region in regions.keys() else list(regions.keys()):
                dumps.append(self._dump((service, account, name), regions[name]))
        return dumps

    def save_backend(self, backend: SandboxEC2) -> None:
        self._replace(self._dump(("ec2", backend.account_id, backend.region_name), backend))

    def clear(self) -> None:
        with self._lock:
            self._cleared = next(self._order)
            self._digests.clear()
            shutil.rmtree(self._directory, ignore_errors=True)

    def sweep_disks(self) -> None:
        """Removes the disks that no volume and no snapshot of any account or region needs."""
        in_use: set[str | None] = set()
        for backend in all_backends():
            for resource in [*backend.volumes.values(), *backend.snapshots.values()]:
                in_use.add(getattr(resource, "disk", None))
        self._disks.sweep(disk for disk in in_use if disk)

    def _dump(self, key: Key, backend: BaseBackend) -> _Dump:
        return _Dump(key, _dump(backend), next(self._order))

    def _replace(self, dump: _Dump) -> None:
        key, content = dump.key, dump.content
        digest = hashlib.sha256(content).hexdigest()
        with self._lock:
            if dump.order < max(self._written[key], self._cleared):
                return
            self._written[key] = dump.order
            if self._digests.get(key) == digest:
                return
            header = {"version": _VERSION, "moto": moto.__version__, "sha256": digest}
            service, account_id, region = key
            path = self._directory / service / account_id / f"{region}.pickle"
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".tmp")
            with temporary.open("wb") as file:
                file.write(json.dumps(header).encode() + b"\n" + content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            self._digests[key] = digest


class _Pickler(cloudpickle.Pickler):
    """cloudpickle, because Parameter Store's backend holds functions that are not at the top of a module."""

    def __init__(self, file: io.BytesIO, root: BaseBackend):
        super().__init__(file, protocol=5)
        self._root = root

    def reducer_override(self, obj: Any) -> Any:
        # Another backend is referred to, or its whole content would be copied into this file. (A persistent_id would
        # be asked for every string and number, and take most of the time.)
        if isinstance(obj, BaseBackend) and obj is not self._root:
            service = "ec2" if isinstance(obj, SandboxEC2) else type(obj).__module__.split(".")[1]
            return _backend_of, (service, obj.account_id, obj.region_name)
        # Parameter Store's dictionary derives from defaultdict with another constructor, which
        # defaultdict's own way of being pickled calls with the wrong arguments.
        if isinstance(obj, defaultdict) and type(obj) is not defaultdict:
            return _make_default_dict, (type(obj), obj.default_factory), vars(obj), None, iter(obj.items())
        if isinstance(obj, EllipticCurvePrivateKey | RSAPrivateKey):  # of KMS, where every key has one
            der = obj.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            return _load_private_key, (der,)
        return super().reducer_override(obj)


def _make_default_dict(kind: type[defaultdict[Any, Any]], factory: Any) -> defaultdict[Any, Any]:
    made = kind.__new__(kind)
    defaultdict.__init__(made, factory)
    return made


def _load_private_key(der: bytes) -> Any:
    return load_der_private_key(der, None)


def _backend_of(service: str, account_id: str, region: str) -> BaseBackend:
    return get_backend(service)[account_id][region]  # type: ignore[arg-type,index]


def _dump(backend: BaseBackend) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer, backend).dump(backend)
    return buffer.getvalue()


def _read(path: Path) -> BaseBackend:
    header_line, _, content = path.read_bytes().partition(b"\n")
    try:
        header = json.loads(header_line)
        if header["version"] != _VERSION or header["moto"] != moto.__version__:
            raise StateError(f"the state file {path} was written by another version of the sandbox")
        if header["sha256"] != hashlib.sha256(content).hexdigest():
            raise ValueError("its checksum is wrong")
        return pickle.loads(content)
    except StateError:
        raise
    except Exception as error:
        raise StateError(f"the state file {path} is damaged ({error!r})") from error


def _resume(backend: SandboxEC2) -> None:
    """Settles what was under way when the sandbox ended."""
    for reservation in backend.reservations.values():
        for instance in reservation.instances:
            if instance.state not in ("stopped", "terminated"):
                end_with_sandbox(instance)
    for image in backend.amis.values():
        if image.copy:
            backend.finish_copy(image)
        elif image.state == "pending":
            snapshots = backend.image_snapshots(image)
            # Disks are frozen before the wait begins, unless a running guest had to be halted first.
            if all(snapshot.disk for snapshot in snapshots) or not runtime().settings.boots_machines:
                backend.complete(image)
            else:
                backend.fail(image, "the sandbox ended while the image was being made")
    backend.take_source_images()
