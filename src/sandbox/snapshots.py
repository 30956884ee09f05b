"""Snapshots: moto's, which are complete at once, with progress, failure and a disk file added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models.elastic_block_store import Snapshot, Volume
from moto.ec2.utils import random_snapshot_id

from sandbox import errors
from sandbox.filters import tag_filter_values
from sandbox.disks import GIB
from sandbox.encryption import default_key
from sandbox.images import Image
from sandbox.runtime import runtime

if TYPE_CHECKING:
    from sandbox.copying import Copy

_NO_VOLUME = "vol-ffffffff"
"""What EC2 shows as the volume of a snapshot that was not made from one, a copy for example."""


class DiskSnapshot(Snapshot):
    disk: str | None = None
    """The file with the content; None where nothing boots, and while a snapshot is pending."""

    copy: Copy | None = None
    """While CopyImage is at it."""
    state_message: str | None = None
    """Why it is in `error`."""

    @property
    def progress(self) -> str:
        if self.copy:
            return self.copy.progress
        return "100%" if self.status == "completed" else "0%"

    @property
    def state(self) -> str:
        return self.status  # for moto's answer to CreateSnapshot

    def usable_by(self, account_id: str) -> bool:
        """Whether the account may make volumes and copies of it."""
        shared = "all" in self.create_volume_permission_groups or account_id in self.create_volume_permission_userids
        return account_id == self.owner_id or shared

    def describe(self, account_id: str) -> dict[str, Any]:
        """The Snapshot structure, as `account_id` sees it."""
        size = runtime().disks.used_bytes(self.disk) if self.disk else self.volume.size * GIB
        tags = self.tags_for(account_id)
        return {
            "SnapshotId": self.id,
            "VolumeId": self.volume.id,
            "VolumeSize": self.volume.size,
            "FullSnapshotSizeInBytes": size if self.status == "completed" else None,
            "State": self.status,
            "StateMessage": self.state_message,
            "Progress": self.progress,
            "StartTime": self.start_time,
            "OwnerId": self.owner_id,
            "Description": self.description,
            "Encrypted": self.encrypted,
            "KmsKeyId": self.kms_key_id,
            "StorageTier": self.storage_tier,
            "RestoreExpiryTime": self.restore_expiry_time,
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }

    def tags_for(self, account_id: str) -> dict[str, str]:
        return dict(self.ec2_backend.tags.get(self.id, {})) if account_id == self.owner_id else {}

    def filter_values(self, name: str, account_id: str) -> list[str] | None:
        values = {
            "snapshot-id": self.id,
            "description": self.description,
            "status": self.status,
            "progress": self.progress,
            "owner-id": self.owner_id,
            "volume-id": self.volume.id,
            "volume-size": str(self.volume.size),
            "encrypted": str(self.encrypted).lower(),
            "storage-tier": self.storage_tier,
            "start-time": self.start_time.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        if name in values:
            return [values[name]]
        return tag_filter_values(self.tags_for(account_id), name)


class SnapshotCalls:
    """The part of the EC2 backend that deals with snapshots."""

    def add_snapshot(
        self,
        *,
        description: str,
        size: int,
        snapshot_id: str | None = None,
        volume: Volume | None = None,
        owner_id: str | None = None,
        image_id: str | None = None,
        disk: str | None = None,
        status: str = "completed",
    ) -> DiskSnapshot:
        # A copy of the volume, because the volume may be gone or have grown when someone asks.
        origin = Volume(self, volume.id if volume else _NO_VOLUME, size, None)
        snapshot = DiskSnapshot(
            self, snapshot_id or random_snapshot_id(), origin, description, owner_id=owner_id, from_ami=image_id
        )
        if volume and volume.encrypted:
            snapshot.encrypted, snapshot.kms_key_id = True, volume.kms_key_id
        snapshot.status = status
        snapshot.disk = disk
        self.snapshots[snapshot.id] = snapshot
        return snapshot

    def create_snapshot(
        self, volume_id: str, description: str, owner_id: str | None = None, from_ami: str | None = None
    ) -> DiskSnapshot:
        volume = self.get_volume(volume_id)
        if volume.attachment and volume.attachment.instance.state not in ("stopped", "terminated"):
            if runtime().settings.boots_machines:
                raise errors.cannot_snapshot_attached(volume_id)
        snapshot = self.add_snapshot(
            description=description or "", size=volume.size, volume=volume, owner_id=owner_id, image_id=from_ami
        )
        snapshot.disk = freeze(volume)
        return snapshot

    def copy_snapshot(
        self, source_snapshot_id: str, source_region: str, description: str | None, kms_key_id: str | None
    ) -> DiskSnapshot:
        """Complete at once; only CopyImage takes time here."""
        origin = self.in_region(source_region).get_snapshot(source_snapshot_id)
        snapshot = self.add_snapshot(description=description or "", size=origin.volume.size, disk=origin.disk)
        snapshot.encrypted = origin.encrypted or kms_key_id is not None
        if snapshot.encrypted:
            snapshot.kms_key_id = kms_key_id or default_key(self)
        return snapshot

    def describe_snapshots(
        self, snapshot_ids: list[str] | None = None, filters: Any = None
    ) -> list[DiskSnapshot]:
        """Also those of other accounts that this one may use. Raises InvalidSnapshot.NotFound."""
        seen: dict[str, DiskSnapshot] = {}
        for backend in self.all_accounts():
            for snapshot in list(backend.snapshots.values()):
                if backend is self or snapshot.usable_by(self.account_id):
                    seen.setdefault(snapshot.id, snapshot)
        for snapshot_id in snapshot_ids or ():
            if snapshot_id not in seen:
                raise errors.snapshot_not_found(snapshot_id)
        return [seen[snapshot_id] for snapshot_id in snapshot_ids] if snapshot_ids else list(seen.values())

    def get_snapshot(self, snapshot_id: str) -> DiskSnapshot:
        if snapshot_id not in self.snapshots:
            raise errors.snapshot_not_found(snapshot_id)
        return self.snapshots[snapshot_id]

    def own_snapshot(self, snapshot_id: str) -> DiskSnapshot:
        """For calls that only the owner may make; raises InvalidSnapshot.NotFound, as EC2 does for others' too."""
        snapshot = self.get_snapshot(snapshot_id)
        if snapshot.owner_id != self.account_id:
            raise errors.snapshot_not_found(snapshot_id)
        return snapshot

    def delete_snapshot(self, snapshot_id: str) -> DiskSnapshot:
        snapshot = self.own_snapshot(snapshot_id)
        if user := self.image_using(snapshot_id):
            raise errors.snapshot_in_use(snapshot_id, user.id)
        del self.snapshots[snapshot_id]
        self.tags.pop(snapshot_id, None)
        runtime().store.sweep_disks()
        return snapshot

    def image_using(self, snapshot_id: str) -> Image | None:
        for image in self.amis.values():
            if any(mapping.snapshot_id == snapshot_id for mapping in image.mappings):
                return image
        return None


def ensure_disk(volume: Volume, snapshot: DiskSnapshot | None) -> str:
    """The volume's file, made now if it has none: of the snapshot's content, or empty."""
    if getattr(volume, "disk", None) is None:
        content, disks = snapshot.disk if snapshot else None, runtime().disks
        volume.disk = disks.create_overlay(content, volume.size) if content else disks.create_empty(volume.size)
    return volume.disk


def freeze(volume: Volume) -> str | None:
    """Makes the volume's file immutable without copying it: the volume goes on in an overlay.

    Only for a volume that no running machine writes to. Returns the frozen file's name.
    """
    frozen = getattr(volume, "disk", None)
    if frozen is not None:
        volume.disk = runtime().disks.create_overlay(frozen, volume.size)
    return frozen
