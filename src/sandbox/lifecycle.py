"""What moves an instance from state to state once a call is accepted.

Every function here is called with the EC2 lock held and returns at once. What takes time happens on the
instance's own thread (see Host), which takes the lock only to change what callers can see, and saves
that change itself. Without machines every transition is complete before the call is answered.
"""

from __future__ import annotations

import traceback
from datetime import timedelta
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.instances import Instance, InstanceState, StateReason

from sandbox.booting import console_path, devices_root_first, start_machine
from sandbox.machine import MachineError
from sandbox.qmp import QmpError
from sandbox.runtime import runtime

STATE_CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
_POWER_OFF_SECONDS = 60.0
_ADDRESS_ATTEMPTS = 5


def set_state(instance: Instance, name: str, reason: StateReason | None = None) -> None:
    instance._state = InstanceState(name, STATE_CODES[name])
    instance.state_reason = reason or StateReason()


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
            machine = start_machine(
                instance,
                on_power_off=lambda: runtime().host.submit(instance.id, lambda: _guest_powered_off(instance)),
                on_exit=lambda: runtime().host.submit(instance.id, lambda: _machine_lost(instance)),
            )
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
        order = [device.volume_id for _, device in devices_root_first(instance)]
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
        code = "Client.InstanceInitiatedShutdown"
        reason = StateReason(f"{code}: Instance initiated shutdown", code)
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
    instance.terminated_at = utcnow()
    # The primary interface goes with its instance, or its security group could never be deleted.
    for nic in instance.nics.values():
        instance.ec2_backend.enis.pop(nic.id, None)
    if reason and reason.code:
        instance.state_reason = reason


def forget_terminated(backend: Any) -> None:
    """Drops instances that ended more than an hour ago, about when EC2 stops showing them, and their consoles."""
    limit = utcnow() - timedelta(hours=1)
    for reservation in list(backend.reservations.values()):
        gone = [i for i in reservation.instances if i.state == "terminated" and i.terminated_at < limit]
        for instance in gone:
            reservation.instances.remove(instance)
            backend.tags.pop(instance.id, None)
            for log in console_path(instance.id).parent.glob(f"{instance.id}*"):
                log.unlink(missing_ok=True)
        if not reservation.instances:
            del backend.reservations[reservation.id]


def _failed_to_launch(instance: Instance, why: str) -> None:
    reason = StateReason(f"Server.InternalError: the machine did not start: {why}", "Server.InternalError")
    set_state(instance, "shutting-down", reason)
    _terminated(instance)
    _save(instance)
    runtime().store.sweep_disks()


def refuse_launch(instance: Instance, why: str) -> None:
    """For an instance whose volumes cannot be made, which EC2 says by its end and not in the answer."""
    reason = StateReason(f"Client.InternalError: Client error on launch: {why}", "Client.InternalError")
    set_state(instance, "shutting-down", reason)
    _terminated(instance)
    runtime().store.sweep_disks()


def end_with_sandbox(instance: Instance) -> None:
    """For an instance that had a machine when the sandbox stopped or crashed."""
    reason = StateReason("Server.InternalError: the sandbox ended while the instance was running", "Server.InternalError")
    set_state(instance, "shutting-down", reason)
    _terminated(instance)
    instance._reason = f"Sandbox ended ({utcnow():%Y-%m-%d %H:%M:%S UTC})"


def _save(instance: Instance) -> None:
    if instance.ec2_backend.is_current():
        runtime().store.save_backend(instance.ec2_backend)
