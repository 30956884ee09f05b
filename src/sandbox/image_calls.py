"""The part of the EC2 backend that deals with AMIs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.utils import random_ami_id

from sandbox import errors
from sandbox.images import DeviceMapping, Image, boot_mode_of, check_image_id, check_image_name
from sandbox.runtime import runtime
from sandbox.snapshots import freeze

Tags = dict[str, dict[str, str]]
"""Resource type (`image`, `snapshot`) to tags."""


class ImageCalls:
    def _load_amis(self) -> None:
        """moto's hook for its own list of public AMIs; the sandbox has `--images` instead."""

    def take_source_images(self) -> None:
        """Brings the region's public AMIs to what `--images` lists: adds what is new, takes away what is gone."""
        listed = {source.image_id(self.region_name) for source in runtime().source_images.images}
        for image in list(self.amis.values()):
            if image.owner_id != self.account_id and image.id not in listed:
                del self.amis[image.id]
                for snapshot in self.image_snapshots(image):
                    if self.image_using(snapshot.id) is None:
                        del self.snapshots[snapshot.id]
        for source in runtime().source_images.images:
            image_id, snapshot_id = source.image_id(self.region_name), source.snapshot_id(self.region_name)
            if image_id not in self.amis:
                mapping = DeviceMapping(source.root_device_name, source.size_gib, snapshot_id)
                self.amis[image_id] = Image(
                    self, image_id, source.name, source.owner, source.architecture, (mapping,),
                    source.root_device_name, source.description, creation_date=source.creation_date,
                    platform_details=source.platform_details, launch_permissions=[{"Group": "all"}],
                    owner_alias=source.owner_alias, boot_mode=source.boot_mode,
                )  # fmt: skip
                self.add_snapshot(
                    snapshot_id=snapshot_id, description=source.description, size=source.size_gib,
                    owner_id=source.owner, image_id=image_id,
                )  # fmt: skip
            snapshot = self.snapshots[snapshot_id]
            # Set every time: the file may have been rebuilt elsewhere while the sandbox was down.
            snapshot.disk = source.disk
            snapshot.create_volume_permission_groups = {"all"}

    def visible_images(self) -> Iterator[Image]:
        """Every image of the region that this account may see, its own first; each id once."""
        seen: set[str] = set()
        for backend in self.all_accounts():
            for image in list(backend.amis.values()):
                if image.id not in seen and image.visible_to(self.account_id):
                    seen.add(image.id)
                    yield image

    def find_image(self, image_id: str) -> Image:
        """Raises InvalidAMIID.Malformed, .Unavailable (deregistered) or .NotFound."""
        check_image_id(image_id)
        for image in self.visible_images():
            if image.id == image_id:
                return image
        if image_id in self.deleted_amis:
            raise errors.image_unavailable(image_id)
        raise errors.image_not_found([image_id])

    def own_image(self, image_id: str) -> Image:
        """Like `find_image`, for calls that only the owner may make; raises AuthFailure for others."""
        image = self.find_image(image_id)
        if image.owner_id != self.account_id:
            raise errors.image_not_owned(image_id)
        return image

    def launchable_image(self, image_id: str) -> Image:
        image = self.find_image(image_id)
        if image.state != "available":
            raise errors.image_not_usable(image_id, image.state)
        return image

    def image_snapshots(self, image: Image) -> list[Any]:
        return [image.ec2_backend.snapshots[m.snapshot_id] for m in image.mappings if m.snapshot_id]

    def check_new_image_name(self, name: str | None) -> str:
        checked = check_image_name(name)
        for image in self.amis.values():
            if image.name == checked and image.owner_id == self.account_id and image.state != "failed":
                raise errors.image_name_duplicate(checked, image.id)
        return checked

    def describe_images(
        self, ami_ids: list[str] | None = None, filters: dict[str, Any] | None = None, **_ignored: Any
    ) -> list[Image]:
        """What moto's other parts ask for: images by id. The API call is in image_responses.py."""
        wanted = ami_ids or (filters or {}).get("image-id")
        if isinstance(wanted, str):
            wanted = [wanted]
        return [image for image in self.visible_images() if not wanted or image.id in wanted]

    def create_image(
        self,
        instance_id: str,
        name: str | None,
        description: str,
        tags: Tags,
        mappings: list[dict[str, Any]],
        no_reboot: bool,
    ) -> Image:
        """Starts an image of an instance; it is `pending` until the disks are frozen.

        Raises InvalidInstanceID.NotFound, InvalidAMIName.*, IncorrectInstanceState, and for volumes that the instance
        does not have MissingParameter and InvalidSnapshot.NotFound.
        """
        checked_name = self.check_new_image_name(name)
        instance = self.get_instance(instance_id)
        if instance.state not in ("running", "stopped"):
            raise errors.incorrect_instance_state(instance_id, instance.state, "imaged")
        parent = next((image for image in self.visible_images() if image.id == instance.image_id), None)
        image = Image(
            self, random_ami_id(), checked_name, self.account_id, instance.architecture, (), instance.root_device_name,
            description, state="pending", source_image_id=instance.image_id, source_image_region=self.region_name,
            source_instance_id=instance.id, imds_support=parent.imds_support if parent else None,
            platform_details=parent.platform_details if parent else "Linux/UNIX",
            boot_mode=boot_mode_of(instance), product_codes=parent.product_codes if parent else (),
        )  # fmt: skip
        overrides = {mapping["DeviceName"]: mapping for mapping in mappings}
        attached = {device_name for device_name, _ in instance.get_block_device_mapping}
        new = self._new_mappings(mapping for name, mapping in overrides.items() if name not in attached)
        volumes = []
        for device_name, device in instance.get_block_device_mapping:
            override = overrides.get(device_name, {})
            if "NoDevice" in override:
                continue
            volume = self.get_volume(device.volume_id)
            snapshot = self.add_snapshot(
                description=f"Created by CreateImage({instance_id}) for {image.id}",
                size=volume.size, volume=volume, image_id=image.id, status="pending",
            )  # fmt: skip
            volumes.append((volume, snapshot))
            keep = override.get("Ebs", {}).get("DeleteOnTermination", device.delete_on_termination)
            image.mappings += (
                DeviceMapping(
                    device_name, volume.size, snapshot.id, volume.volume_type, keep, volume.encrypted, volume.iops,
                    volume.throughput,
                ),
            )  # fmt: skip
        image.mappings += new
        self.register(image, tags)
        if instance.state == "stopped" or not runtime().settings.boots_machines:
            for volume, snapshot in volumes:
                snapshot.disk = freeze(volume)
            self.complete_later(image)
        else:
            self.image_running_instance(instance, image, volumes, no_reboot)
        return image

    def register(self, image: Image, tags: Tags) -> None:
        """Lists the image, and tags it and its snapshots, before anyone can see it untagged."""
        if tags.get("image"):
            self.create_tags([image.id], tags["image"])
        if tags.get("snapshot"):
            self.create_tags([snapshot.id for snapshot in self.image_snapshots(image)], tags["snapshot"])
        self.amis[image.id] = image

    def complete_later(self, image: Image) -> None:
        timer = threading.Timer(runtime().settings.pending_seconds, self.complete, [image])
        timer.daemon = True
        timer.start()

    def complete(self, image: Image) -> None:
        """pending → available, unless the image was deregistered or the sandbox reset in the meantime."""
        with runtime().ec2_lock:
            if self.is_current() and self.amis.get(image.id) is image and image.state == "pending":
                for snapshot in self.image_snapshots(image):
                    snapshot.status = "completed"
                image.state = "available"
                runtime().store.save_backend(self)

    def fail(self, image: Image, why: str, code: str = "Server.InternalError") -> None:
        with runtime().ec2_lock:
            for snapshot in self.image_snapshots(image):
                snapshot.status, snapshot.state_message = "error", why
            image.state, image.state_reason, image.state_reason_code = "failed", why, code
            runtime().store.save_backend(self)

    def check_deregistration(self, ami_id: str) -> Image:
        """Raises InvalidAMIID.*, AuthFailure, and OperationNotPermitted for what is protected."""
        image = self.own_image(ami_id)
        if image.deregistration_protection != "disabled":
            raise errors.image_protected(ami_id)
        if image.protected_until and utcnow() < image.protected_until:
            raise errors.image_protected_until(ami_id, image.protected_until)
        return image

    def deregister_image(self, ami_id: str, delete_snapshots: bool = False) -> list[dict[str, str]]:
        """Returns the DeleteSnapshotResults. Raises what `check_deregistration` does."""
        image = self.check_deregistration(ami_id)
        snapshots = self.image_snapshots(image)
        if image.copy:
            self.cancel_copy(image)
        del self.amis[ami_id]
        self.tags.pop(ami_id, None)
        self.deleted_amis.append(ami_id)
        results = []
        for snapshot in snapshots if delete_snapshots else ():
            skipped = self.image_using(snapshot.id) is not None
            if not skipped:
                self.delete_snapshot(snapshot.id)
            results.append({"SnapshotId": snapshot.id, "ReturnCode": "skipped" if skipped else "success"})
        return results

    def register_image(
        self, name: str | None, description: str, architecture: str, root_device_name: str,
        mappings: Iterable[dict[str, Any]], tags: Tags, imds_support: str | None, boot_mode: str | None,
    ) -> Image:  # fmt: skip
        """Makes an image of snapshots that exist; available at once, as nothing is to be done."""
        checked_name = self.check_new_image_name(name)
        devices = self._new_mappings(mappings)
        if not any(device.device_name == root_device_name and device.snapshot_id for device in devices):
            raise errors.invalid_parameter(f"No snapshot is given for the root device {root_device_name}")
        image = Image(
            self, random_ami_id(), checked_name, self.account_id, architecture, devices, root_device_name,
            description, imds_support=imds_support, boot_mode=boot_mode,
        )  # fmt: skip
        # RegisterImage tags images only: the snapshots are older than the call.
        self.register(image, {"image": tags.get("image", {})})
        return image

    def _new_mappings(self, mappings: Iterable[dict[str, Any]]) -> tuple[DeviceMapping, ...]:
        """Of volumes that are in the request alone: from a snapshot, or empty."""
        devices = []
        for mapping in mappings:
            if "NoDevice" in mapping:
                continue
            ebs = mapping.get("Ebs", {})
            if not ebs.keys() & {"VolumeSize", "SnapshotId"}:
                raise errors.missing_parameter("size or snapshotId")
            snapshot = self.get_snapshot(ebs["SnapshotId"]) if "SnapshotId" in ebs else None
            devices.append(
                DeviceMapping(
                    mapping["DeviceName"], int(ebs.get("VolumeSize") or snapshot.volume.size), snapshot and snapshot.id,
                    ebs.get("VolumeType", "gp2"), ebs.get("DeleteOnTermination", True),
                    snapshot.encrypted if snapshot else bool(ebs.get("Encrypted")), ebs.get("Iops"), ebs.get("Throughput"),
                )  # fmt: skip
            )
        return tuple(devices)
