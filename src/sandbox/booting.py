"""Makes the machine of an instance: from EC2's words to QEMU's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.ec2.models.instances import Instance

from sandbox.firmware import uefi_firmware
from sandbox.images import boot_mode_of
from sandbox.imds import MetadataServer
from sandbox.machine import Machine, MachineSpec
from sandbox.metadata import metadata_of
from sandbox.runtime import runtime
from sandbox.snapshots import ensure_disk

_MEMORY_MIB = {"nano": 512, "micro": 1024, "small": 1024, "medium": 1536}
"""By instance size. More than a builder needs is not given: machines share one computer."""
_LARGE_MEMORY_MIB = 2048


def console_path(instance_id: str) -> Path:
    return runtime().settings.state_dir / "consoles" / f"{instance_id}.log"


def start_machine(
    instance: Instance, on_power_off: Callable[[], None], on_exit: Callable[[], None]
) -> Machine:
    """Boots the instance's volumes at its address; returns when QEMU answers. Raises MachineError."""
    settings, backend = runtime().settings, instance.ec2_backend
    size = instance.instance_type.rpartition(".")[2]
    console = console_path(instance.id)
    console.parent.mkdir(exist_ok=True)
    with runtime().ec2_lock:
        volumes = [(name, backend.get_volume(device.volume_id)) for name, device in devices_root_first(instance)]
        # A volume that was made by CreateVolume and attached later has no file yet.
        disks = [(name, ensure_disk(volume, backend.snapshots.get(volume.snapshot_id))) for name, volume in volumes]
    boot_mode = boot_mode_of(instance)
    spec = MachineSpec(
        instance_id=instance.id,
        address=instance.nics[0].public_ip,
        mac_address=instance.nics[0].mac_address,
        cpus=2,
        memory_mib=_MEMORY_MIB.get(size, _LARGE_MEMORY_MIB),
        disks=tuple((name, runtime().disks.path(disk)) for name, disk in disks),
        boot_disk=settings.boot_disk if boot_mode is None else None,
        firmware=uefi_firmware() if boot_mode == "uefi" else None,
        accel=settings.accel,
        console=console,
    )
    machine = Machine(spec, on_power_off, on_exit)
    runtime().host.add(machine)
    metadata = MetadataServer(machine.metadata_socket, lambda: metadata_of(instance))
    metadata.close_after(machine.exited)
    machine.start()
    return machine


def devices_root_first(instance: Instance) -> list[Any]:
    """(device name, attachment) in the order in which the machine has its disks."""
    devices = instance.get_block_device_mapping
    return sorted(devices, key=lambda item: (item[0] != instance.root_device_name, item[0]))
