"""One QEMU machine: how it is started, asked to power off, reset, and killed."""

from __future__ import annotations

import hashlib
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.boot_watch import watch
from sandbox.firmware import Firmware
from sandbox.qmp import QmpClient, QmpError
from sandbox.runtime import SSH_PORT

HOST_ADDRESS = "169.254.2.2"
"""The host's loopback interface, as guests see it."""

_HERE = Path(__file__).parent
_START_SECONDS = 60.0
_RESEND_SECONDS = 5.0


class MachineError(Exception):
    """QEMU did not start; the message carries what it said."""

    @property
    def address_in_use(self) -> bool:
        return "host forwarding rule" in str(self)


@dataclass(frozen=True)
class MachineSpec:
    instance_id: str
    address: str
    """The loopback address whose port 2222 leads to the guest's port 22."""
    mac_address: str
    cpus: int
    memory_mib: int
    disks: tuple[tuple[str, Path], ...]
    """(EC2's name of the device, qcow2 file), the root volume first."""
    boot_disk: Path | None
    """What starts the kernel of the root volume; None: the volume has a boot loader of its own."""
    firmware: Firmware | None
    """None: BIOS."""
    accel: str
    console: Path


class Machine:
    """Alive from `start` until `exited` is set. Callbacks come on threads of the machine's own."""

    def __init__(self, spec: MachineSpec, on_power_off: Callable[[], None], on_exit: Callable[[], None]):
        self.spec = spec
        # Not under the state directory: a Unix socket's path has room for 104 bytes on macOS, 108 on Linux.
        self._sockets = Path(tempfile.mkdtemp(prefix="bake-", dir="/tmp"))
        self.metadata_socket = self._sockets / "imds"
        self.exited = threading.Event()
        self._on_power_off = on_power_off
        self._on_exit = on_exit
        self._powered_off = threading.Event()
        self._reset = threading.Event()
        self._expected_off = False
        self._process: subprocess.Popen[bytes] | None = None
        self._qmp: QmpClient | None = None

    def start(self) -> None:
        """Returns as soon as QEMU answers; raises MachineError when it does not."""
        log = self.spec.console.with_suffix(".qemu.log")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, log.open("wb") as errors:
            listener.bind(str(self._sockets / "qmp"))
            listener.listen(1)
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_HERE / "guard.py"), str(self._sockets), *self._command()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,  # QEMU says nothing there: end-of-file is its death
                stderr=errors,
                start_new_session=True,
            )
            threading.Thread(target=self._await_exit, daemon=True, name="machine-exit").start()
            ready, _, _ = select.select([listener, self._process.stdout], [], [], _START_SECONDS)
            if listener in ready:
                connection, _ = listener.accept()
                try:
                    self._qmp = QmpClient(connection, self._on_event)
                    if self.spec.accel == "tcg":
                        threading.Thread(target=watch, args=(self, self.spec.console), daemon=True, name="boot-watch").start()
                    return
                except QmpError:
                    pass
        self.kill()
        self.exited.wait()
        raise MachineError(log.read_text(errors="replace").strip() or "QEMU did not answer")

    @property
    def powered_off(self) -> bool:
        """Halted by its guest, and not started again."""
        return self._powered_off.is_set()

    def power_down(self, seconds: float) -> bool:
        """Presses the power button until the guest has powered off; False when it has not in `seconds`.

        The machine stays, halted: its disks are quiet, and it can be `restart`ed or killed.
        """
        self._expected_off = True
        deadline = time.monotonic() + seconds
        while not self.exited.is_set() and time.monotonic() < deadline:
            # Pressed again because a guest that is still booting ignores the button.
            try:
                self._execute("system_powerdown")
            except QmpError:
                return False
            if self._powered_off.wait(min(_RESEND_SECONDS, max(0.0, deadline - time.monotonic()))):
                return True
        return False

    def restart(self) -> None:
        """Boots a machine again, whether it is halted or not. Raises QmpError when it is gone."""
        self._reset.clear()
        self._execute("system_reset")
        # A halted machine refuses to continue before the reset has happened, which is announced later.
        if not self._reset.wait(timeout=10):
            raise QmpError("system_reset: nothing happened")
        self._powered_off.clear()
        self._expected_off = False
        self._execute("cont")

    def switch_disk(self, index: int, overlay: Path) -> None:
        """From now on writes of disk `index` go to `overlay`; the file it used before is frozen."""
        self._execute(
            "blockdev-snapshot-sync",
            **{"device": f"disk{index}", "snapshot-file": str(overlay), "format": "qcow2", "mode": "existing"},
        )

    def kill(self) -> None:
        """Pulls the plug; `exited` follows within milliseconds. Safe at any time, any number of times."""
        self._expected_off = True
        if self._process is None:
            self.exited.set()
        elif self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()  # the guard kills QEMU

    def _execute(self, command: str, **arguments: Any) -> Any:
        if self._qmp is None:
            raise QmpError(f"{command}: the machine has not started")
        return self._qmp.execute(command, **arguments)

    def _on_event(self, name: str, _data: dict[str, Any]) -> None:
        if name == "RESET":
            self._reset.set()
        elif name == "SHUTDOWN":
            self._powered_off.set()
            if not self._expected_off:
                self._on_power_off()

    def _await_exit(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        self._process.stdout.read()
        self._process.wait()
        shutil.rmtree(self._sockets, ignore_errors=True)
        unexpected = not self._expected_off and self._qmp is not None
        self.exited.set()
        if unexpected:
            self._on_exit()

    def _command(self) -> list[str]:
        spec = self.spec
        relay = shlex.join([sys.executable, "-I", "-S", str(_HERE / "relay.py"), str(self.metadata_socket)])
        # ds-identify takes a machine for an EC2 instance when UUID and serial number are equal and begin
        # with "ec2" (cloud-init before 24.2; later versions look at the UUID alone).
        digest = "ec2" + hashlib.sha256(spec.instance_id.encode()).hexdigest()[:29]
        uuid = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))
        tuning = ",thread=multi" if spec.accel == "tcg" else ""
        command = [
            "qemu-system-x86_64", "-name", spec.instance_id, "-no-user-config", "-nodefaults", "-display", "none",
            "-machine", "pc", "-accel", spec.accel + tuning, "-cpu", "max" if spec.accel == "tcg" else "host",
            "-smp", str(spec.cpus), "-m", str(spec.memory_mib),
            "-smbios", f"type=1,manufacturer=Amazon EC2,uuid={uuid},serial={uuid}",
            "-chardev", f"socket,id=qmp,path={self._sockets / 'qmp'}", "-mon", "chardev=qmp,mode=control",
            "-serial", f"file:{_quoted(spec.console)}",
            # A guest's power-off halts the machine instead of ending it: CreateImage of a running
            # instance freezes the disks in between, and the cause of an exit stays unambiguous.
            "-no-shutdown",
            "-device", "virtio-rng-pci",
            "-netdev",
            # Guests believe in link-local 169.254/16, so that the metadata address is a neighbour.
            f"user,id=net,net=169.254.0.0/16,host={HOST_ADDRESS},dns=169.254.2.3,dhcpstart=169.254.2.15"
            f",hostfwd=tcp:{spec.address}:{SSH_PORT}-:22"
            f",guestfwd=tcp:169.254.169.254:80-cmd:{_quoted(relay)}",
            "-device", f"virtio-net-pci,netdev=net,mac={spec.mac_address},romfile=",
        ]  # fmt: skip
        for index, (name, disk) in enumerate(spec.disks):
            # What a crash of the host may lose of a volume here is not worth waiting for.
            drive = f"if=none,id=disk{index},format=qcow2,cache=unsafe,discard=unmap,file={_quoted(disk)}"
            # The firmware numbers disks by bootindex, and the boot disk expects the root volume as hd1.
            boot_index = ",bootindex=1" if index == 0 else ""
            # Guests read the name there, as they do from EBS's NVMe devices.
            serial = _quoted(name.removeprefix("/dev/"))
            command += ["-drive", drive, "-device", f"virtio-blk-pci,drive=disk{index},serial={serial}{boot_index}"]
        if spec.boot_disk:
            boot = f"if=none,id=boot,format=raw,readonly=on,file={_quoted(spec.boot_disk)}"
            command += ["-drive", boot, "-device", "virtio-blk-pci,drive=boot,bootindex=0"]
        return command + self._firmware_options()

    def _firmware_options(self) -> list[str]:
        firmware = self.spec.firmware
        if firmware is None:
            return []
        # New ones at each start, so a loader is found at its default path, as on an instance from a new AMI.
        variables = self._sockets / "uefi-variables"
        shutil.copyfile(firmware.variables, variables)
        return [
            "-drive", f"if=pflash,format=raw,readonly=on,file={_quoted(firmware.code)}",
            "-drive", f"if=pflash,format=raw,file={_quoted(variables)}",
        ]  # fmt: skip


def _quoted(value: object) -> str:
    """QEMU's own escaping: options are separated by commas, so a literal one is doubled."""
    return str(value).replace(",", ",,")
