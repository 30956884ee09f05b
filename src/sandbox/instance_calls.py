"""The part of the EC2 backend that deals with instances: what is checked and decided before a machine moves."""

from __future__ import annotations

import copy
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import Instance, InstanceState, Reservation

from sandbox import errors, lifecycle
from sandbox.encryption import KeyUnusableError, default_key, usable_key
from sandbox.firmware import uefi_firmware
from sandbox.image_parameters import resolve_image_id
from sandbox.images import Image
from sandbox.runtime import runtime
from sandbox.snapshots import ensure_disk


class InstanceCalls:
    def run_instances(
        self, image_id: str | None, count: int, user_data: Any, security_group_names: list[str], **kwargs: Any
    ) -> Reservation:
        """Launches `count` instances, which are `pending` in the answer.

        Raises InvalidAMIID.*, InvalidKeyPair.NotFound, InvalidParameterValue (instance type),
        InvalidBlockDeviceMapping, InvalidSnapshot.NotFound, and Unsupported for an AMI that no machine here can boot.
        """
        lifecycle.forget_terminated(self)
        template = kwargs.get("launch_template")
        data = self._get_template_from_args(template).data if template else {}
        image_id = image_id or data.get("ImageId")
        if not image_id:
            raise errors.missing_parameter("ImageId")
        image_id = resolve_image_id(self, image_id)
        image = self.launchable_image(image_id)
        instance_type = kwargs["instance_type"]
        if kwargs["is_instance_type_default"]:
            instance_type = data.get("InstanceType", instance_type)
        _check_instance_type(instance_type, image)
        _check_bootable(image)
        if key_name := kwargs.get("key_name") or data.get("KeyName"):
            self.describe_key_pairs(key_names=[key_name])
        requested = kwargs.pop("block_device_mappings", None) or data.get("BlockDeviceMappings") or []
        snapshots = self.image_snapshots(image) + self._requested_snapshots(requested)
        mappings = [self._encrypted(mapping, snapshots) for mapping in _merged_mappings(image, requested, snapshots)]
        if not kwargs.get("subnet_id") and not kwargs.get("nics"):
            # Without a subnet moto makes an EC2-Classic instance; AWS takes the zone's default subnet.
            subnets = self.get_default_subnets()
            zone = kwargs.get("placement") or min(subnets, default=None)
            kwargs["subnet_id"] = subnets[zone].id if zone in subnets else None
        # The snapshot id is left out here because moto looks it up in this account, while a shared
        # image's snapshots belong to another one; the disks are attached below.
        without_snapshots = [
            {**mapping, "Ebs": {k: v for k, v in mapping["Ebs"].items() if k != "SnapshotId"}} for mapping in mappings
        ]
        reservation = super().run_instances(
            image_id, count, user_data, security_group_names, block_device_mappings=without_snapshots, **kwargs
        )
        image.launched_at = utcnow()
        for instance in reservation.instances:
            lifecycle.set_state(instance, "pending")
            instance.boot_mode = image.boot_mode
            self._make_disks(instance, mappings, snapshots)
            if problem := self._key_problem_of(snapshots):
                lifecycle.refuse_launch(instance, problem)
            else:
                lifecycle.launch(instance)
        return reservation

    def _requested_snapshots(self, requested: list[dict[str, Any]]) -> list[Any]:
        wanted = [mapping["Ebs"]["SnapshotId"] for mapping in requested if mapping.get("Ebs", {}).get("SnapshotId")]
        return self.describe_snapshots(wanted) if wanted else []

    def _make_disks(self, instance: Instance, mappings: list[dict[str, Any]], snapshots: list[Any]) -> None:
        by_id = {snapshot.id: snapshot for snapshot in snapshots}
        for mapping in mappings:
            volume, ebs = self.get_volume(instance.block_device_mapping[mapping["DeviceName"]].volume_id), mapping["Ebs"]
            snapshot = by_id.get(ebs.get("SnapshotId"))
            volume.snapshot_id = snapshot.id if snapshot else None
            volume.iops, volume.throughput = ebs.get("Iops"), ebs.get("Throughput")
            if runtime().settings.boots_machines:
                ensure_disk(volume, snapshot)

    def _encrypted(self, mapping: dict[str, Any], snapshots: list[Any]) -> dict[str, Any]:
        """The mapping with what its volume is encrypted with, so that moto makes no key up."""
        ebs = dict(mapping["Ebs"])
        origin = next((snapshot for snapshot in snapshots if snapshot.id == ebs.get("SnapshotId")), None)
        ebs["Encrypted"] = bool(ebs.get("Encrypted") or (origin and origin.encrypted) or self.ebs_encryption_by_default)
        if ebs["Encrypted"] and not ebs.get("KmsKeyId"):
            ebs["KmsKeyId"] = (origin and origin.kms_key_id) or default_key(self)
        return {**mapping, "Ebs": ebs}

    def _key_problem_of(self, snapshots: list[Any]) -> str | None:
        try:
            for snapshot in snapshots:
                if snapshot.kms_key_id:
                    usable_key(snapshot.kms_key_id, self.account_id, self.region_name)
        except KeyUnusableError as error:
            return str(error)
        return None

    def start_instances(self, instance_ids: list[str]) -> list[tuple[Instance, InstanceState]]:
        return [self._start(instance) for instance in self.get_multi_instances_by_id(instance_ids)]

    def _start(self, instance: Instance) -> tuple[Instance, InstanceState]:
        before = copy.copy(instance.instance_state)
        if instance.state == "stopped":
            lifecycle.set_state(instance, "pending")
            lifecycle.launch(instance)
        elif instance.state not in ("running", "pending"):
            raise errors.incorrect_instance_state(instance.id, instance.state, "started")
        return instance, before

    def stop_instances(self, instance_ids: list[str]) -> list[tuple[Instance, InstanceState]]:
        return [self._stop(instance) for instance in self.get_multi_instances_by_id(instance_ids)]

    def _stop(self, instance: Instance) -> tuple[Instance, InstanceState]:
        before = copy.copy(instance.instance_state)
        if instance.state in ("shutting-down", "terminated"):
            raise errors.incorrect_instance_state(instance.id, instance.state, "stopped")
        if instance.state in ("running", "pending"):
            lifecycle.set_state(instance, "stopping")
            lifecycle.stop(instance)
        return instance, before

    def reboot_instances(self, instance_ids: list[str]) -> list[Instance]:
        instances = self.get_multi_instances_by_id(instance_ids)
        for instance in instances:
            if instance.state != "running":
                raise errors.incorrect_instance_state(instance.id, instance.state, "rebooted")
        for instance in instances:
            lifecycle.reboot(instance)
        return instances

    def terminate_instances(self, instance_ids: list[str]) -> list[tuple[Instance, InstanceState]]:
        return [self._terminate(instance) for instance in self.get_multi_instances_by_id(instance_ids)]

    def _terminate(self, instance: Instance) -> tuple[Instance, InstanceState]:
        before = copy.copy(instance.instance_state)
        if instance.state not in ("shutting-down", "terminated"):
            lifecycle.set_state(instance, "shutting-down")
            lifecycle.terminate(instance)
        return instance, before

    def image_running_instance(self, instance: Instance, image: Image, volumes: list[Any], no_reboot: bool) -> None:
        lifecycle.image_running(instance, image, volumes, no_reboot)


def _check_instance_type(instance_type: str, image: Image) -> None:
    if instance_type not in INSTANCE_TYPES:
        raise errors.invalid_parameter(f"Invalid value '{instance_type}' for InstanceType.")
    supported = INSTANCE_TYPES[instance_type]["ProcessorInfo"]["SupportedArchitectures"]
    if image.architecture not in supported:
        raise errors.architecture_mismatch(instance_type, ", ".join(supported), image.architecture)


def _check_bootable(image: Image) -> None:
    if not runtime().settings.boots_machines:
        return
    if image.architecture != "x86_64":
        raise errors.cannot_boot(image.id, f"its architecture is {image.architecture}, and machines here are x86_64")
    if image.boot_mode == "uefi" and uefi_firmware() is None:
        raise errors.cannot_boot(image.id, "it boots by UEFI alone; install the package ovmf (edk2-ovmf on Fedora)")
    root = next(mapping for mapping in image.mappings if mapping.device_name == image.root_device_name)
    if image.ec2_backend.snapshots[root.snapshot_id].disk is None:
        raise errors.cannot_boot(image.id, "there is no disk behind its root snapshot")


def _merged_mappings(image: Image, requested: list[dict[str, Any]], snapshots: list[Any]) -> list[dict[str, Any]]:
    """The AMI's own devices, each changed by the request's entry of that name, then the request's new ones."""
    merged = {mapping.device_name: mapping.describe() for mapping in image.mappings}
    sizes = {snapshot.id: snapshot.volume.size for snapshot in snapshots}
    for mapping in requested:
        name = mapping["DeviceName"]
        if "NoDevice" in mapping:
            merged.pop(name, None)
            continue
        if name not in merged and not mapping.get("Ebs", {}).keys() & {"VolumeSize", "SnapshotId"}:
            raise errors.missing_parameter("size or snapshotId")
        ebs = {"DeleteOnTermination": True, **merged.get(name, {}).get("Ebs", {}), **mapping.get("Ebs", {})}
        snapshot_id = ebs.get("SnapshotId")
        least = sizes.get(snapshot_id, 1)
        if int(ebs.setdefault("VolumeSize", least)) < least:
            raise errors.volume_too_small(ebs["VolumeSize"], snapshot_id, least)
        merged[name] = {"DeviceName": name, "Ebs": ebs}
    return list(merged.values())
