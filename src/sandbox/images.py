"""AMIs as the sandbox keeps them, and how they look from outside.

moto's own Ami makes up one 15 GiB volume whatever the instance had, and knows no pending state, no
deprecation and no lineage; so this is another class, with the attributes that moto's Instance reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow

from sandbox import errors
from sandbox.filters import tag_filter_values
from sandbox.organizations import belongs_to

if TYPE_CHECKING:
    from sandbox.copying import Copy

_NAME = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}")
_ID = re.compile(r"ami-([0-9a-f]{8}|[0-9a-f]{17})")
_TIME = "%Y-%m-%dT%H:%M:%S.000Z"
_SHARED_TAG = "ec2:SharedTag/"
"""What the keys of tags begin with that accounts see which an image is shared with."""


def check_image_name(name: str | None) -> str:
    """Raises MissingParameter or InvalidAMIName.Malformed."""
    if not name:
        raise errors.missing_parameter("name")
    if not _NAME.fullmatch(name):
        raise errors.image_name_malformed()
    return name


def boot_mode_of(instance: Any) -> str | None:
    """Its AMI's, noted at launch, since the AMI may be gone."""
    return getattr(instance, "boot_mode", None)


def check_image_id(image_id: str) -> None:
    """Raises InvalidAMIID.Malformed."""
    if not _ID.fullmatch(image_id):
        raise errors.image_id_malformed(image_id)


@dataclass(frozen=True)
class DeviceMapping:
    """One volume that a launch makes: from a snapshot, or empty."""

    device_name: str
    size: int
    """GiB."""
    snapshot_id: str | None = None
    volume_type: str = "gp2"
    delete_on_termination: bool = True
    encrypted: bool = False
    iops: int | None = None
    throughput: int | None = None

    def describe(self) -> dict[str, Any]:
        ebs = {
            "DeleteOnTermination": self.delete_on_termination,
            "SnapshotId": self.snapshot_id,
            "VolumeSize": self.size,
            "VolumeType": self.volume_type,
            "Encrypted": self.encrypted,
            "Iops": self.iops,
            "Throughput": self.throughput,
        }
        return {"DeviceName": self.device_name, "Ebs": {name: value for name, value in ebs.items() if value is not None}}


@dataclass(eq=False)
class Image:
    ec2_backend: Any
    id: str
    name: str
    owner_id: str
    architecture: str
    mappings: tuple[DeviceMapping, ...]
    root_device_name: str
    description: str = ""
    state: str = "available"
    """pending, available, disabled or failed."""
    state_reason: str | None = None
    state_reason_code: str = "Server.InternalError"
    creation_date: datetime = field(default_factory=utcnow)
    owner_alias: str | None = None
    platform_details: str = "Linux/UNIX"
    source_image_id: str | None = None
    source_image_region: str | None = None
    source_instance_id: str | None = None
    imds_support: str | None = None
    boot_mode: str | None = None
    """None: the sandbox's boot disk starts it. `legacy-bios` or `uefi`: its own boot loader does."""
    deprecation_time: datetime | None = None
    deregistration_protection: str = "disabled"
    """disabled, enabled-without-cooldown or enabled-with-cooldown."""
    protected_until: datetime | None = None
    """The end of the cooldown, once a protection that has one was taken off."""
    launched_at: datetime | None = None
    """When an instance was last launched from it, by any account."""
    launch_permissions: list[dict[str, str]] = field(default_factory=list)
    """Each with one of UserId, Group, OrganizationArn and OrganizationalUnitArn."""
    product_codes: tuple[str, ...] = ()
    copy: Copy | None = None
    """While CopyImage is at it."""

    # What moto's Instance and DescribeImageAttribute read besides.
    virtualization_type = "hvm"
    platform = None
    kernel_id = None
    ramdisk = None
    sriov = "simple"

    @property
    def imds(self) -> str | None:
        return self.imds_support

    @property
    def is_public(self) -> bool:
        return {"Group": "all"} in self.launch_permissions

    def tags_for(self, account_id: str) -> dict[str, str]:
        """All for its owner; others see those alone that are marked for them."""
        tags = self.ec2_backend.tags.get(self.id, {})
        mine = account_id == self.owner_id
        return {key: value for key, value in tags.items() if mine or key.startswith(_SHARED_TAG)}

    def visible_to(self, account_id: str) -> bool:
        return self.owner_id == account_id or self.launchable_by(account_id)

    def launchable_by(self, account_id: str) -> bool:
        if self.owner_id == account_id or self.is_public or {"UserId": account_id} in self.launch_permissions:
            return True
        arns = (one.get("OrganizationArn") or one.get("OrganizationalUnitArn") for one in self.launch_permissions)
        return any(belongs_to(account_id, arn) for arn in arns if arn)

    @property
    def is_deprecated(self) -> bool:
        return self.deprecation_time is not None and self.deprecation_time <= utcnow()

    def describe(self, account_id: str) -> dict[str, Any]:
        """The Image structure of DescribeImages, as `account_id` sees it."""
        mine = account_id == self.owner_id
        return {
            "ImageId": self.id,
            "Name": self.name,
            "Description": self.description or None,
            "OwnerId": self.owner_id,
            "ImageOwnerAlias": self.owner_alias,
            "ImageLocation": f"{self.owner_id}/{self.name}",
            "State": self.state,
            "StateReason": self._describe_state_reason(),
            "Public": self.is_public,
            "CreationDate": self.creation_date,
            "DeprecationTime": self.deprecation_time and self.deprecation_time.strftime(_TIME),
            "Architecture": self.architecture,
            "ImageType": "machine",
            "PlatformDetails": self.platform_details,
            "UsageOperation": "RunInstances",
            "Hypervisor": "xen",
            "VirtualizationType": self.virtualization_type,
            "EnaSupport": True,
            "SriovNetSupport": self.sriov,
            "RootDeviceName": self.root_device_name,
            "RootDeviceType": "ebs",
            "BlockDeviceMappings": [mapping.describe() for mapping in self.mappings],
            "ImdsSupport": self.imds_support,
            "BootMode": self.boot_mode,
            "SourceInstanceId": self.source_instance_id if mine else None,
            "SourceImageId": self.source_image_id if mine else None,
            "SourceImageRegion": self.source_image_region if mine else None,
            "LastLaunchedTime": self.launched_at.strftime(_TIME) if mine and self.launched_at else None,
            "DeregistrationProtection": self.deregistration_protection if mine else None,
            "ProductCodes": [{"ProductCodeId": code, "ProductCodeType": "marketplace"} for code in self.product_codes],
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags_for(account_id).items()],
        }

    def _describe_state_reason(self) -> dict[str, str] | None:
        if self.state_reason is None:
            return None
        return {"Code": self.state_reason_code, "Message": self.state_reason}

    def filter_values(self, name: str, account_id: str) -> list[str] | None:
        mine = account_id == self.owner_id
        values: dict[str, list[str | None]] = {
            "image-id": [self.id],
            "name": [self.name],
            "description": [self.description],
            "state": [self.state],
            "architecture": [self.architecture],
            "owner-id": [self.owner_id],
            "owner-alias": [self.owner_alias],
            "is-public": [str(self.is_public).lower()],
            "creation-date": [self.creation_date.strftime(_TIME)],
            "image-type": ["machine"],
            "hypervisor": ["xen"],
            "ena-support": ["true"],
            "boot-mode": [self.boot_mode],
            "platform": [self.platform],
            "virtualization-type": [self.virtualization_type],
            "root-device-type": ["ebs"],
            "root-device-name": [self.root_device_name],
            "source-image-id": [self.source_image_id if mine else None],
            "source-image-region": [self.source_image_region if mine else None],
            "source-instance-id": [self.source_instance_id if mine else None],
            "product-code": list(self.product_codes),
            "block-device-mapping.snapshot-id": [mapping.snapshot_id for mapping in self.mappings],
            "block-device-mapping.device-name": [mapping.device_name for mapping in self.mappings],
            "block-device-mapping.volume-size": [str(mapping.size) for mapping in self.mappings],
        }
        if name in values:
            return [value for value in values[name] if value is not None]
        return tag_filter_values(self.tags_for(account_id), name)
