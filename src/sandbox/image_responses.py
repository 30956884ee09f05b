"""The EC2 calls that make and list AMIs: parameters in, structures out."""

from __future__ import annotations

from collections.abc import Callable

from moto.core.responses import ActionResult
from moto.ec2.responses._base_response import EC2BaseResponse

from sandbox import errors
from sandbox.copying import CopyRequest
from sandbox.filters import apply_filters, page
from sandbox.images import Image, check_image_id


class ImageResponses(EC2BaseResponse):
    def create_image(self) -> ActionResult:
        return self.idempotent_image(lambda: self._create_image)

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
        return self.idempotent_image(self._prepare_copy)

    def _prepare_copy(self) -> Callable[[], Image]:
        request = CopyRequest(
            source_image_id=self._get_param("SourceImageId"),
            source_region=self._get_param("SourceRegion"),
            name=self._get_param("Name"),
            description=self._get_param("Description"),
            tags=self.tags_by_resource_type("image", "snapshot"),
            copy_tags=bool(self._get_param("CopyImageTags", False)),
            encrypted=bool(self._get_param("Encrypted", False)),
            key=self._get_param("KmsKeyId"),
        )
        source = self.ec2_backend.check_copy(request)
        return lambda: self.ec2_backend.start_copy(request, source)

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

    def describe_images(self) -> ActionResult:
        self.error_on_dryrun()
        ids, max_results = self._get_param("ImageIds", []), self._get_int_param("MaxResults")
        if ids and max_results:
            raise errors.invalid_combination("The parameter imageIds cannot be used with the parameter maxResults")
        images = self._images_by_id(ids) if ids else self._listed_images()
        account = self.current_account
        images = apply_filters(images, self._filters_from_querystring(), account)
        given, token = page(
            images, max_results, self._get_param("NextToken"), lambda image: image.creation_date.isoformat()
        )
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

    def idempotent_image(self, prepare: Callable[[], Callable[[], Image]]) -> ActionResult:
        """Answers a repeated ClientToken with the image of the first call. `prepare` checks, and returns what acts."""
        if self._get_param("DryRun", False):
            prepare()
            self.error_on_dryrun()
        action, tokens = self._get_action(), self.ec2_backend.client_tokens
        image_id = tokens.result_of(action, self.params)
        if image_id is None:
            image_id = prepare()().id
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
