"""The EC2 calls about attributes of AMIs and snapshots, who may use them first of all."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.responses._base_response import EC2BaseResponse

from sandbox import errors
from sandbox.images import Image
from sandbox.sharing import (
    Permission,
    change_volume_permissions,
    check_volume_permissions,
    launch_permissions_after,
)

_OLDER_PARAMETERS = {
    "UserIds": "UserId",
    "UserGroups": "Group",
    "GroupNames": "Group",
    "OrganizationArns": "OrganizationArn",
    "OrganizationalUnitArns": "OrganizationalUnitArn",
}
"""Beside OperationType, the way from before LaunchPermission and CreateVolumePermission."""


class SharingResponses(EC2BaseResponse):
    def describe_image_attribute(self) -> ActionResult:
        self.ec2_backend.own_image(self._get_param("ImageId"))
        self.error_on_dryrun()
        return super().describe_image_attribute()

    def modify_image_attribute(self) -> EmptyResult:
        image = self.ec2_backend.own_image(self._get_param("ImageId"))
        attribute, value = self._get_param("Attribute"), self._get_param("Value")
        support = self._get_param("ImdsSupport.Value") or (value if attribute == "imdsSupport" else None)
        description = self._get_param("Description.Value")
        if description is None and attribute == "description":
            description = value
        add, remove = self._changes("LaunchPermission")
        asked = [bool(add or remove), support is not None, description is not None]
        if sum(asked) > 1:
            raise errors.invalid_combination("One attribute can be modified in a call")
        if sum(asked) == 0:
            raise errors.missing_parameter("attribute")
        if support is not None:
            self._require_imds(image, support)
        elif description is not None:
            self.error_on_dryrun()
            image.description = description
        else:
            after = launch_permissions_after(image, add, remove)
            self.error_on_dryrun()
            image.launch_permissions = after
        return EmptyResult()

    def _require_imds(self, image: Image, support: str) -> None:
        if support != "v2.0":
            raise errors.invalid_parameter(f"'{support}' is not a valid value for imdsSupport: it can only become v2.0")
        self.error_on_dryrun()
        image.imds_support = support

    def describe_snapshot_attribute(self) -> ActionResult:
        snapshot = self.ec2_backend.own_snapshot(self._get_param("SnapshotId"))
        self.error_on_dryrun()
        permissions = [{"Group": group} for group in sorted(snapshot.create_volume_permission_groups)]
        permissions += [{"UserId": user} for user in sorted(snapshot.create_volume_permission_userids)]
        return ActionResult({"SnapshotId": snapshot.id, "CreateVolumePermissions": permissions})

    def modify_snapshot_attribute(self) -> EmptyResult:
        snapshot = self.ec2_backend.own_snapshot(self._get_param("SnapshotId"))
        add, remove = self._changes("CreateVolumePermission")
        check_volume_permissions(snapshot, add, remove)
        self.error_on_dryrun()
        change_volume_permissions(snapshot, add, remove)
        return EmptyResult()

    def enable_image_block_public_access(self) -> ActionResult:
        state = self._get_param("ImageBlockPublicAccessState")
        if state != "block-new-sharing":
            raise errors.invalid_parameter(f"'{state}' is not a valid value for imageBlockPublicAccessState")
        return self._set_block_public_access(state)

    def disable_image_block_public_access(self) -> ActionResult:
        return self._set_block_public_access("unblocked")

    def _set_block_public_access(self, state: str) -> ActionResult:
        self.error_on_dryrun()
        self.ec2_backend.image_block_public_access = state
        return ActionResult({"ImageBlockPublicAccessState": state})

    def get_image_block_public_access_state(self) -> ActionResult:
        self.error_on_dryrun()
        state = self.ec2_backend.image_block_public_access
        return ActionResult({"ImageBlockPublicAccessState": state, "ManagedBy": "account"})

    def _changes(self, parameter: str) -> tuple[list[Permission], list[Permission]]:
        """What is to be added and removed, from either way of asking for it."""
        changes: dict[str, Any] = self._get_param(parameter, {})
        add, remove = list(changes.get("Add", [])), list(changes.get("Remove", []))
        older = [
            {kind: value} for name, kind in _OLDER_PARAMETERS.items() for value in self._get_param(name, [])
        ]
        (remove if self._get_param("OperationType") == "remove" else add).extend(older)
        return add, remove
