"""What one running sandbox consists of, for code that moto instantiates by itself.

moto builds a backend from nothing but a region and an account, and a backend must stay picklable,
so neither can carry references to locks, machines or files. They reach them through `runtime()`.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sandbox.behaviour import Behaviour

if TYPE_CHECKING:
    from sandbox.addresses import AddressPool
    from sandbox.disks import DiskStore
    from sandbox.host import Host
    from sandbox.source_images import SourceImages
    from sandbox.state import Store

SSH_PORT = 2222
"""The port every machine's sshd is reachable at: one constant, above 1023 so that nobody needs root."""


@dataclass(frozen=True)
class Settings:
    """What the command line decided; immutable for the life of the process."""

    state_dir: Path
    machines: Literal["qemu", "none"]
    accel: Literal["tcg", "kvm", "hvf"]
    boot_disk: Path | None
    images_file: Path | None
    pending_seconds: float
    """The least time an image stays `pending`, so that callers meet the state they will meet on AWS."""
    copy_seconds: float
    """The time that a copy takes, unless `behaviour` says another for its region."""

    @property
    def boots_machines(self) -> bool:
        return self.machines == "qemu"


@dataclass
class Runtime:
    settings: Settings
    disks: DiskStore
    addresses: AddressPool
    host: Host
    store: Store
    source_images: SourceImages
    """What the images file lists; another one once it was read again."""
    behaviour: Behaviour = field(default_factory=Behaviour)
    ec2_lock: threading.RLock = field(default_factory=threading.RLock)
    """Held by every EC2 request and by every change of state that a machine causes. Taken before any other service's."""
    other_locks: defaultdict[str, Any] = field(default_factory=lambda: defaultdict(threading.RLock))
    api_port: int = 0
    """Of the API on the loopback interface; known once the server listens."""
    regions_not_enabled: frozenset[str] = frozenset()
    """In which calls are refused, as on AWS where a region was not opted into."""
    callers: dict[str, str] = field(default_factory=dict)
    """Access key of an instance's role → the instance, as far as this process gave them out."""

    def lock_of(self, service: str) -> Any:
        """One change at a time per service: moto's backends are plain dictionaries, and pickling one while another
        thread changes it fails. STS changes IAM's backend, so they have one."""
        return self.ec2_lock if service == "ec2" else self.other_locks["iam" if service == "sts" else service]


_current: Runtime | None = None


def install(instance: Runtime) -> None:
    global _current
    _current = instance


def runtime() -> Runtime:
    assert _current is not None, "the sandbox was used before server.py installed it"
    return _current
