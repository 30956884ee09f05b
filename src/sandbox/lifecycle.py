"""What moves an instance from state to state once a call is accepted.

Every function here is called with the EC2 lock held and returns at once. What takes time happens on the
instance's own thread (see Host), which takes the lock only to change what callers can see, and saves
that change itself. Without machines every transition is complete before the call is answered.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.instances import Instance, InstanceState, StateReason

from sandbox.imds import MetadataServer
from sandbox.machine import Machine, MachineError, MachineSpec
from sandbox.metadata import metadata_of
from sandbox.qmp import QmpError
from sandbox.runtime import runtime

STATE_CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
_POWER_OFF_SECONDS = 60.0
_ADDRESS_ATTEMPTS = 5
_MEMORY_MIB = {"nano": 512, "micro": 1024, "small": 1024, "medium": 1536}
"""By instance size. More than a builder needs is not given: machines share one computer."""
_LARGE_MEMORY_MIB = 2048


def set_state(instance: Instance, name: str, reason: StateReason | None = None) -> None:
    instance._state = InstanceState(name, STATE_CODES[name])
    instance.state_reason = reason or StateReason()


def console_path(instance_id: str) -> Path:
    return runtime().settings.state_dir / "consoles" / f"{instance_id}.log"


def launch(instance: Instance) -> None:
    _assign_address(instance)
    if runtime().settings.boots_machines:
        runtime().host.submit(instance.id, lambda: _boot(instance))
    else:
        set_state(instance, "running")


def stop(instance: Instance) -> None:
    if runtime().settings.boots_machines:
        runtime().host.submit(instance.id, lambda: _power_off(instance))
    else:
        _stopped(instance)


def reboot(instance: Instance) -> None:
    if runtime().settings.boots_machines:
        runtime().host.submit(instance.id, lambda: _reboot(instance))


def terminate(instance: Instance) -> None:
    if not runtime().settings.boots_machines:
        _terminated(instance)
        return
    if machine := runtime().host.machine(instance.id):
        machine.kill()
    runtime().host.submit(instance.id, lambda: _await_end(instance))


def image_running(instance: Instance, image: Any, volumes: list[Any], no_reboot: bool) -> None:
    runtime().host.submit(instance.id, lambda: _image_running(instance, image, volumes, no_reboot))


def _assign_address(instance: Instance) -> None:
    instance.nics[0].public_ip = runtime().addresses.acquire()


def _release_address(instance: Instance) -> None:
    runtime().addresses.release(instance.nics[0].public_ip)
    instance.nics[0].public_ip = None


def _boot(instance: Instance) -> None:
    for attempt in range(_ADDRESS_ATTEMPTS):
        try:
            machine = _start_machine(instance)
            break
        except MachineError as error:
            with runtime().ec2_lock:
                runtime().host.remove(instance.id)
                if instance.state != "pending":
                    return
                if not error.address_in_use or attempt == _ADDRESS_ATTEMPTS - 1:
                    _failed_to_launch(instance, str(error))
                    return
                _release_address(instance)
                _assign_address(instance)
    with runtime().ec2_lock:
        if instance.state == "pending":
            set_state(instance, "running")
            _save(instance)
        elif instance.state != "stopping":
            machine.kill()


def _start_machine(instance: Instance) -> Machine:
    settings, backend = runtime().settings, instance.ec2_backend
    size = instance.instance_type.rpartition(".")[2]
    console = console_path(instance.id)
    console.parent.mkdir(exist_ok=True)
    with runtime().ec2_lock:
        volumes = [backend.get_volume(device.volume_id) for _, device in _root_first(instance)]
    assert settings.boot_disk is not None, "server.py refuses machines without a boot disk"
    spec = MachineSpec(
        instance_id=instance.id,
        address=instance.nics[0].public_ip,
        mac_address=instance.nics[0].mac_address,
        cpus=2,
        memory_mib=_MEMORY_MIB.get(size, _LARGE_MEMORY_MIB),
        disks=tuple(runtime().disks.path(volume.disk) for volume in volumes),
        boot_disk=settings.boot_disk,
        accel=settings.accel,
        console=console,
    )
    machine = Machine(
        spec,
        on_power_off=lambda: runtime().host.submit(instance.id, lambda: _guest_powered_off(instance)),
        on_exit=lambda: runtime().host.submit(instance.id, lambda: _machine_lost(instance)),
    )
    runtime().host.add(machine)
    metadata = MetadataServer(machine.metadata_socket, lambda: metadata_of(instance))
    metadata.close_after(machine.exited)
    machine.start()
    return machine


def _root_first(instance: Instance) -> list[Any]:
    devices = instance.get_block_device_mapping
    return sorted(devices, key=lambda item: (item[0] != instance.root_device_name, item[0]))


def _power_off(instance: Instance) -> None:
    if machine := runtime().host.machine(instance.id):
        machine.power_down(_POWER_OFF_SECONDS)
        machine.kill()
        machine.exited.wait()
    with runtime().ec2_lock:
        if instance.state == "stopping":
            _stopped(instance)
            _save(instance)


def _reboot(instance: Instance) -> None:
    machine = runtime().host.machine(instance.id)
    if machine and instance.state == "running":
        machine.power_down(_POWER_OFF_SECONDS)
        machine.restart()


def _await_end(instance: Instance) -> None:
    if machine := runtime().host.machine(instance.id):
        # Again: the machine may have been started between the call and now.
        machine.kill()
        machine.exited.wait()
    with runtime().ec2_lock:
        _terminated(instance)
        _save(instance)
        runtime().store.sweep_disks()
    runtime().host.forget(instance.id)


def _image_running(instance: Instance, image: Any, volumes: list[Any], no_reboot: bool) -> None:
    backend, machine = instance.ec2_backend, runtime().host.machine(instance.id)
    try:
        if machine is None:
            raise QmpError("the instance has no machine any more")
        if not no_reboot:
            machine.power_down(_POWER_OFF_SECONDS)
        order = [device.volume_id for _, device in _root_first(instance)]
        with runtime().ec2_lock:
            for volume, snapshot in volumes:
                overlay = runtime().disks.create_overlay(volume.disk, volume.size)
                machine.switch_disk(order.index(volume.id), runtime().disks.path(overlay))
                snapshot.disk, volume.disk = volume.disk, overlay
            _save(instance)
        if not no_reboot:
            machine.restart()
        backend.complete_later(image)
    except Exception as error:
        traceback.print_exc()
        backend.fail(image, f"{instance.id} could not be imaged: {error}")


def _guest_powered_off(instance: Instance) -> None:
    """`shutdown` inside the guest: what follows is the instance's own choice."""
    with runtime().ec2_lock:
        if instance.state != "running":
            return
        reason = StateReason("Client.InstanceInitiatedShutdown: Instance initiated shutdown", "Client.InstanceInitiatedShutdown")
        ends = instance.instance_initiated_shutdown_behavior == "terminate"
        set_state(instance, "shutting-down" if ends else "stopping", reason)
        _save(instance)
    if ends:
        _await_end(instance)
    else:
        _power_off(instance)
    with runtime().ec2_lock:
        instance.state_reason = reason
        _save(instance)


def _machine_lost(instance: Instance) -> None:
    with runtime().ec2_lock:
        if instance.state == "running":
            _stopped(instance)
            instance.state_reason = StateReason("Server.InternalError: QEMU ended unexpectedly", "Server.InternalError")
            _save(instance)


def _stopped(instance: Instance) -> None:
    runtime().host.remove(instance.id)
    _release_address(instance)
    instance.stop()


def _terminated(instance: Instance) -> None:
    runtime().host.remove(instance.id)
    _release_address(instance)
    reason = instance.state_reason
    instance.terminate()
    # The primary interface goes with its instance, or its security group could never be deleted.
    for nic in instance.nics.values():
        instance.ec2_backend.enis.pop(nic.id, None)
    if reason and reason.code:
        instance.state_reason = reason


def _failed_to_launch(instance: Instance, why: str) -> None:
    reason = StateReason(f"Server.InternalError: the machine did not start: {why}", "Server.InternalError")
    set_state(instance, "shutting-down", reason)
    _terminated(instance)
    _save(instance)
    runtime().store.sweep_disks()


def terminate_after_crash(instance: Instance) -> None:
    """For an instance that had a machine when the sandbox ended without shutting down."""
    reason = StateReason("Server.InternalError: the sandbox ended while the instance was running", "Server.InternalError")
    set_state(instance, "shutting-down", reason)
    _terminated(instance)
    instance._reason = f"Sandbox ended ({utcnow():%Y-%m-%d %H:%M:%S UTC})"


def _save(instance: Instance) -> None:
    if instance.ec2_backend.is_current():
        runtime().store.save_backend(instance.ec2_backend)
