"""The EC2 calls about AMIs and snapshots: parameters in, structures out."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ec2.responses._base_response import EC2BaseResponse

from sandbox import errors
from sandbox.filters import apply_filters, page
from sandbox.images import Image, check_image_id


class ImageResponses(EC2BaseResponse):
    def create_image(self) -> ActionResult:
        return self.idempotent_image(self._create_image)

    def _create_image(self) -> Image:
        return self.ec2_backend.create_image(
            self._get_param("InstanceId"),
            self._get_param("Name"),
            self._get_param("Description", ""),
            self.tags_by_resource_type("image", "snapshot"),
            self._get_param("BlockDeviceMappings", []),
            bool(self._get_param("NoReboot", False)),
        )

    def copy_image(self) -> ActionResult:
        return self.idempotent_image(self._copy_image)

    def _copy_image(self) -> Image:
        return self.ec2_backend.copy_image(
            self._get_param("SourceImageId"),
            self._get_param("SourceRegion"),
            self._get_param("Name"),
            self._get_param("Description"),
            self.tags_by_resource_type("image", "snapshot"),
        )

    def register_image(self) -> ActionResult:
        self.error_on_dryrun()
        image = self.ec2_backend.register_image(
            self._get_param("Name"),
            self._get_param("Description", ""),
            self._get_param("Architecture", "i386"),
            self._get_param("RootDeviceName", "/dev/sda1"),
            self._get_param("BlockDeviceMappings", []),
            self.tags_by_resource_type("image"),
            self._get_param("ImdsSupport"),
            self._get_param("BootMode"),
        )
        return ActionResult({"ImageId": image.id})

    def deregister_image(self) -> ActionResult:
        self.error_on_dryrun()
        delete_snapshots = bool(self._get_param("DeleteAssociatedSnapshots", False))
        results = self.ec2_backend.deregister_image(self._get_param("ImageId"), delete_snapshots)
        return ActionResult({"Return": True, "DeleteSnapshotResults": results})

    def describe_images(self) -> ActionResult:
        self.error_on_dryrun()
        ids, max_results = self._get_param("ImageIds", []), self._get_int_param("MaxResults")
        if ids and max_results:
            raise errors.invalid_combination("The parameter imageIds cannot be used with the parameter maxResults")
        images = self._images_by_id(ids) if ids else self._listed_images()
        images = apply_filters(images, self._filters_from_querystring())
        given, token = page(
            images, max_results, self._get_param("NextToken"), lambda image: image.creation_date.isoformat()
        )
        account = self.current_account
        return ActionResult({"Images": [image.describe(account) for image in given], "NextToken": token})

    def _images_by_id(self, ids: list[str]) -> list[Image]:
        for image_id in ids:
            check_image_id(image_id)
        found = {image.id: image for image in self.ec2_backend.visible_images()}
        if missing := [image_id for image_id in ids if image_id not in found]:
            raise errors.image_not_found(missing)
        return [found[image_id] for image_id in ids]

    def _listed_images(self) -> list[Image]:
        """Everything visible, less what EC2 hides from lists and what Owners and ExecutableUsers exclude."""
        account = self.current_account
        owners = ["self" if owner == account else owner for owner in self._get_param("Owners", [])]
        users = [account if user == "self" else user for user in self._get_param("ExecutableUsers", [])]

        def wanted(image: Image) -> bool:
            mine = image.owner_id == account
            if image.state == "disabled" and not self._get_param("IncludeDisabled", False):
                return False
            if image.is_deprecated and not mine and not self._get_param("IncludeDeprecated", False):
                return False
            if owners and not {image.owner_id, image.owner_alias, "self" if mine else None} & set(owners):
                return False
            granted = {grant.get("UserId") or grant.get("Group") for grant in image.launch_permissions}
            return not users or bool(granted & set(users))

        return [image for image in self.ec2_backend.visible_images() if wanted(image)]

    def describe_image_attribute(self) -> ActionResult:
        self.ec2_backend.own_image(self._get_param("ImageId"))
        return super().describe_image_attribute()

    def modify_image_attribute(self) -> ActionResult | EmptyResult:
        image = self.ec2_backend.own_image(self._get_param("ImageId"))
        attribute, value = self._get_param("Attribute"), self._get_param("Value")
        support = self._get_param("ImdsSupport.Value") or (value if attribute == "imdsSupport" else None)
        if support:
            self.error_on_dryrun()
            if support != "v2.0":
                raise errors.invalid_parameter(f"'{support}' is not a valid value for imdsSupport: it can only become v2.0")
            image.imds_support = support
            return EmptyResult()
        description = self._get_param("Description.Value") or (value if attribute == "description" else None)
        if description is not None:
            self.error_on_dryrun()
            image.description = description
            return EmptyResult()
        return super().modify_image_attribute()

    def disable_image(self) -> ActionResult:
        self.error_on_dryrun()
        image = self.ec2_backend.own_image(self._get_param("ImageId"))
        if image.state != "available":
            raise errors.image_not_usable(image.id, image.state)
        # EnableImage does not bring them back, on AWS either.
        image.launch_permissions.clear()
        image.state = "disabled"
        return ActionResult({"Return": True})

    def enable_image(self) -> ActionResult:
        self.error_on_dryrun()
        image = self.ec2_backend.own_image(self._get_param("ImageId"))
        if image.state == "disabled":
            image.state = "available"
        return ActionResult({"Return": True})

    def enable_image_deprecation(self) -> ActionResult:
        self.error_on_dryrun()
        image = self.ec2_backend.own_image(self._get_param("ImageId"))
        image.deprecation_time = _deprecation_time(self._get_param("DeprecateAt"))
        return ActionResult({"Return": True})

    def disable_image_deprecation(self) -> ActionResult:
        self.error_on_dryrun()
        self.ec2_backend.own_image(self._get_param("ImageId")).deprecation_time = None
        return ActionResult({"Return": True})

    def describe_snapshots(self) -> ActionResult:
        snapshots = self.ec2_backend.describe_snapshots(self._get_param("SnapshotIds", []))
        owners = {self.current_account if owner == "self" else owner for owner in self._get_param("OwnerIds", [])}
        snapshots = [snapshot for snapshot in snapshots if not owners or snapshot.owner_id in owners]
        snapshots = apply_filters(snapshots, self._filters_from_querystring())
        given, token = page(
            snapshots,
            self._get_int_param("MaxResults"),
            self._get_param("NextToken"),
            lambda snapshot: snapshot.start_time.isoformat(),
        )
        return ActionResult({"Snapshots": given, "NextToken": token})

    def idempotent_image(self, make: Any) -> ActionResult:
        """Answers a repeated ClientToken with the image of the first call."""
        self.error_on_dryrun()
        action, tokens = self._get_action(), self.ec2_backend.client_tokens
        image_id = tokens.result_of(action, self.params)
        if image_id is None:
            image_id = make().id
            tokens.remember(action, self.params, image_id)
        return ActionResult({"ImageId": image_id})

    def tags_by_resource_type(self, *allowed: str) -> dict[str, dict[str, str]]:
        """TagSpecifications as {resource type: {key: value}}; raises InvalidParameterValue for other types."""
        tags: dict[str, dict[str, str]] = {}
        for specification in self._get_param("TagSpecifications", []):
            kind = specification.get("ResourceType")
            if kind not in allowed:
                raise errors.invalid_parameter(f"'{kind}' is not a valid taggable resource type for this operation.")
            tags.setdefault(kind, {}).update({tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags", [])})
        return tags


def _deprecation_time(at: Any) -> datetime:
    """Rounded to the minute as on AWS; raises InvalidParameterValue for the past or beyond ten years."""
    if not isinstance(at, datetime):
        at = datetime.fromisoformat(str(at).replace("Z", "+00:00"))
    if at.tzinfo:
        at = at.astimezone(timezone.utc).replace(tzinfo=None)
    if at < utcnow():
        raise errors.invalid_parameter("The deprecation time is in the past")
    if at > utcnow() + timedelta(days=3653):
        raise errors.invalid_parameter("The deprecation time is more than 10 years from now")
    return (at + timedelta(seconds=30)).replace(second=0, microsecond=0)
