"""Who may use images and snapshots besides their owner: what may be changed, before anything is."""

from __future__ import annotations

import re
from typing import Any

from sandbox import errors
from sandbox.encryption import is_aws_managed
from sandbox.images import Image
from sandbox.runtime import runtime
from sandbox.snapshots import DiskSnapshot

_ACCOUNT = re.compile(r"\d{12}")
_ENTITIES = {
    "UserId": _ACCOUNT,
    "Group": re.compile("all"),
    "OrganizationArn": re.compile(r"arn:aws[\w-]*:organizations::\d{12}:organization/o-[a-z0-9]{10,32}"),
    "OrganizationalUnitArn": re.compile(
        r"arn:aws[\w-]*:organizations::\d{12}:ou/o-[a-z0-9]{10,32}/ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}"
    ),
}
_ALL = {"Group": "all"}
_CHANGES_PER_CALL = 500

Permission = dict[str, str]


def launch_permissions_after(image: Image, add: list[Permission], remove: list[Permission]) -> list[Permission]:
    """Raises InvalidAMIAttributeItemValue, InvalidParameter, OperationNotPermitted, ResourceLimitExceeded."""
    for permission in (*add, *remove):
        _check_entity(permission)
    if image.state == "disabled" and add:
        raise errors.image_not_usable(image.id, image.state)
    snapshots = image.ec2_backend.image_snapshots(image)
    if add and any(is_aws_managed(snapshot.kms_key_id) for snapshot in snapshots):
        raise errors.image_key_not_shareable()
    if _ALL in add:
        if image.ec2_backend.image_block_public_access != "unblocked":
            raise errors.public_access_blocked()
        if any(snapshot.encrypted for snapshot in snapshots):
            raise errors.encrypted_not_public()
    kept = [one for one in image.launch_permissions if one not in remove]
    after = kept + [one for number, one in enumerate(add) if one not in kept and one not in add[:number]]
    quota = runtime().behaviour.sharing_quota
    if len(after) > max(quota, len(image.launch_permissions)):
        raise errors.too_many_shares(quota)
    return after


def check_volume_permissions(snapshot: DiskSnapshot, add: list[Permission], remove: list[Permission]) -> None:
    """Raises InvalidParameterCombination, InvalidParameterValue, MissingParameter, OperationNotPermitted and more."""
    if add and remove:
        raise errors.invalid_combination("Permissions can be added or removed, not both in one call")
    if not add and not remove:
        raise errors.missing_parameter("createVolumePermission")
    if len(add) + len(remove) > _CHANGES_PER_CALL:
        raise errors.invalid_parameter(f"More than {_CHANGES_PER_CALL} permissions cannot be changed in one call")
    for permission in (*add, *remove):
        if permission.keys() - {"UserId", "Group"}:
            raise errors.invalid_permission("createVolumePermission", permission)
        _check_entity(permission)
    if add and is_aws_managed(snapshot.kms_key_id):
        raise errors.snapshot_key_not_shareable()
    if _ALL in add and snapshot.encrypted:
        raise errors.encrypted_not_public()


def change_volume_permissions(snapshot: DiskSnapshot, add: list[Permission], remove: list[Permission]) -> None:
    users, groups = snapshot.create_volume_permission_userids, snapshot.create_volume_permission_groups
    for permission in add:
        (users if "UserId" in permission else groups).add(*permission.values())
    for permission in remove:
        (users if "UserId" in permission else groups).discard(*permission.values())


def _check_entity(permission: dict[str, Any]) -> None:
    (kind, value), *more = permission.items() or [("launchPermission", None)]
    pattern = _ENTITIES.get(kind)
    if more or pattern is None or not pattern.fullmatch(str(value)):
        raise errors.invalid_permission(kind, value)
