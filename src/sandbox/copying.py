"""CopyImage: an image and its snapshots that are there at once, and complete or fail later.

The content is shared by reference from the start, as both regions are on one computer; only time passes.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from moto.core.utils import utcnow
from moto.ec2.exceptions import InvalidParameterDependency
from moto.ec2.models import ec2_backends
from moto.ec2.utils import random_ami_id

from sandbox import errors
from sandbox.encryption import KeyUnusableError, default_key, usable_key
from sandbox.images import DeviceMapping, Image
from sandbox.runtime import runtime

_COPIES_AT_A_TIME = 20
"""Snapshots, by account and destination region; AWS does not raise it."""
_LEAST_WAIT = 0.01


@dataclass(frozen=True)
class CopyRequest:
    source_image_id: str
    source_region: str
    name: str | None
    description: str | None
    tags: dict[str, dict[str, str]]
    """Resource type (`image`, `snapshot`) to tags."""
    copy_tags: bool
    encrypted: bool
    key: str | None
    """As it was named: an id, an alias, or the ARN of either."""


@dataclass(eq=False)
class Copy:
    """What is under way; an image and its snapshots share it until it ends."""

    started: datetime
    seconds: float
    keys: tuple[tuple[str, str], ...]
    """(key, region) that it needs, looked at when it begins and when it ends."""

    @property
    def remaining(self) -> float:
        return self.seconds - (utcnow() - self.started).total_seconds()

    @property
    def progress(self) -> str:
        done = 1 - self.remaining / self.seconds if self.seconds else 1
        return f"{min(99, int(done * 100))}%"


class CopyCalls:
    """The part of the EC2 backend that copies images into its region."""

    def check_copy(self, request: CopyRequest) -> Image:
        """Returns the source. Raises InvalidAMIName.*, InvalidAMIID.*, InvalidRequest, ResourceLimitExceeded and more."""
        self.check_new_image_name(request.name)
        if request.key and not request.encrypted:
            raise InvalidParameterDependency("KmsKeyId", "Encrypted")
        if request.source_region not in ec2_backends[self.account_id]:
            raise errors.invalid_parameter(f"Invalid region: {request.source_region}")
        source = self.in_region(request.source_region).launchable_image(request.source_image_id)
        origins = source.ec2_backend.image_snapshots(source)
        if source.owner_id != self.account_id:
            if source.product_codes:
                raise errors.marketplace_image()
            if not all(origin.usable_by(self.account_id) for origin in origins):
                raise errors.storage_not_permitted()
        under_way = sum(snapshot.copy is not None for snapshot in self.snapshots.values())
        if under_way + len(origins) > _COPIES_AT_A_TIME:
            raise errors.too_many_copies(_COPIES_AT_A_TIME)
        return source

    def start_copy(self, request: CopyRequest, source: Image) -> Image:
        image = Image(
            self, random_ami_id(), request.name or "", self.account_id, source.architecture, (), source.root_device_name,
            request.description or source.description, state="pending", platform_details=source.platform_details,
            source_image_id=source.id, source_image_region=request.source_region, imds_support=source.imds_support,
            boot_mode=source.boot_mode, product_codes=source.product_codes,
        )  # fmt: skip
        needed: list[tuple[str, str]] = []
        for mapping in source.mappings:
            origin = source.ec2_backend.snapshots.get(mapping.snapshot_id)
            snapshot = None
            if origin:
                snapshot = self.add_snapshot(
                    description=f"Copied for DestinationAmi {image.id} from SourceAmi {source.id} "
                    f"for SourceSnapshot {origin.id}.",
                    size=mapping.size, image_id=image.id, disk=origin.disk, status="pending",
                )  # fmt: skip
                snapshot.encrypted = origin.encrypted or request.encrypted or self.ebs_encryption_by_default
                if origin.kms_key_id:
                    needed.append((origin.kms_key_id, request.source_region))
                if snapshot.encrypted:
                    snapshot.kms_key_id = request.key or default_key(self)
                    needed.append((snapshot.kms_key_id, self.region_name))
            image.mappings += (
                DeviceMapping(
                    mapping.device_name, mapping.size, snapshot and snapshot.id, mapping.volume_type,
                    mapping.delete_on_termination, snapshot.encrypted if snapshot else mapping.encrypted, mapping.iops,
                    mapping.throughput,
                ),
            )  # fmt: skip
        image.copy = Copy(utcnow(), 0, tuple(dict.fromkeys(needed)))
        image.copy.seconds = self._copy_seconds(image.copy)
        for snapshot in self.image_snapshots(image):
            snapshot.copy = image.copy
            if snapshot.encrypted and not self._key_problem(image.copy):
                snapshot.kms_key_id = usable_key(snapshot.kms_key_id, self.account_id, self.region_name)
        copied = source.tags_for(self.account_id) if request.copy_tags else {}
        own = {key: value for key, value in copied.items() if not key.startswith("aws:")}
        self.register(image, {**request.tags, "image": {**own, **request.tags.get("image", {})}})
        self._watch(image)
        return image

    def reschedule_copies(self) -> None:
        """What is under way gets the time that copies take now, counted from its start."""
        for image in self.amis.values():
            if image.copy:
                image.copy.seconds = self._copy_seconds(image.copy)
                self._watch(image)

    def finish_copy(self, image: Image) -> None:
        copy, image.copy = image.copy, None
        for snapshot in self.image_snapshots(image):
            snapshot.copy = None
        if problem := self._key_problem(copy):
            self.fail(image, f"Given key ID is not accessible: {problem}", "Client.InternalError")
        elif failure := runtime().behaviour.copy_failure(self.region_name):
            self.fail(image, failure)
        else:
            self.complete(image)

    def cancel_copy(self, image: Image) -> None:
        """Its snapshots stay, without content, until they are deleted."""
        image.copy = None
        for snapshot in self.image_snapshots(image):
            snapshot.copy, snapshot.disk = None, None
            snapshot.status, snapshot.state_message = "error", f"The copy was cancelled when {image.id} was deregistered"

    def _watch(self, image: Image) -> None:
        timer = threading.Timer(max(_LEAST_WAIT, image.copy.remaining), self._look_at, [image])
        timer.daemon = True
        timer.start()

    def _look_at(self, image: Image) -> None:
        with runtime().ec2_lock:
            if not self.is_current() or image.copy is None:
                return
            if image.copy.remaining > 0:
                self._watch(image)
            else:
                self.finish_copy(image)

    def _copy_seconds(self, copy: Copy) -> float:
        settings, by_region = runtime().settings, runtime().behaviour.copy_seconds
        seconds = by_region.get(self.region_name, by_region.get("*", settings.copy_seconds))
        # A key is refused soon, not after everything was copied.
        return min(seconds, settings.pending_seconds) if self._key_problem(copy) else seconds

    def _key_problem(self, copy: Copy) -> str | None:
        try:
            for key, region in copy.keys:
                usable_key(key, self.account_id, region)
        except KeyUnusableError as error:
            return str(error)
        return None

