"""Snapshots: moto's, which are complete at once, with a progress and a disk file added."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.elastic_block_store import Snapshot, Volume
from moto.ec2.utils import random_snapshot_id

from sandbox import errors
from sandbox.filters import tag_filter_values
from sandbox.images import Image
from sandbox.runtime import runtime

_NO_VOLUME = "vol-ffffffff"
"""What EC2 shows as the volume of a snapshot that was not made from one, a copy for example."""


class DiskSnapshot(Snapshot):
    disk: str | None = None
    """The file with the content; None where nothing boots, and while a snapshot is pending."""

    @property
    def progress(self) -> str:
        return "100%" if self.status == "completed" else "0%"

    @property
    def state(self) -> str:
        return self.status

    def filter_values(self, name: str) -> list[str] | None:
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
        return tag_filter_values(dict(self.ec2_backend.tags.get(self.id, {})), name)


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
        snapshot.encrypted = bool(volume and volume.encrypted)
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

    def describe_snapshots(
        self, snapshot_ids: list[str] | None = None, filters: Any = None
    ) -> list[DiskSnapshot]:
        found = [self.get_snapshot(snapshot_id) for snapshot_id in snapshot_ids or ()]
        return found if snapshot_ids else list(self.snapshots.values())

    def get_snapshot(self, snapshot_id: str) -> DiskSnapshot:
        if snapshot_id not in self.snapshots:
            raise errors.snapshot_not_found(snapshot_id)
        return self.snapshots[snapshot_id]

    def delete_snapshot(self, snapshot_id: str) -> DiskSnapshot:
        snapshot = self.get_snapshot(snapshot_id)
        if user := self.image_using(snapshot_id):
            raise errors.snapshot_in_use(snapshot_id, user.id)
        if snapshot.owner_id != self.account_id:
            raise errors.snapshot_not_found(snapshot_id)
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
