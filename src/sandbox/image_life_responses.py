"""The EC2 calls that change what may be done with an AMI: disabling, deprecation, protection, deregistration."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.responses._base_response import EC2BaseResponse

from sandbox import errors
from sandbox.images import Image
from sandbox.runtime import runtime


class ImageLifeResponses(EC2BaseResponse):
    def _own_image(self) -> Image:
        return self.ec2_backend.own_image(self._get_param("ImageId"))

    def deregister_image(self) -> ActionResult:
        image = self.ec2_backend.check_deregistration(self._get_param("ImageId"))
        self.error_on_dryrun()
        delete_snapshots = bool(self._get_param("DeleteAssociatedSnapshots", False))
        results = self.ec2_backend.deregister_image(image.id, delete_snapshots)
        return ActionResult({"Return": True, "DeleteSnapshotResults": results})

    def disable_image(self) -> ActionResult:
        image = self._own_image()
        if image.state != "available":
            raise errors.image_not_usable(image.id, image.state)
        self.error_on_dryrun()
        # EnableImage does not bring them back, on AWS either.
        image.launch_permissions.clear()
        image.state = "disabled"
        return ActionResult({"Return": True})

    def enable_image(self) -> ActionResult:
        image = self._own_image()
        self.error_on_dryrun()
        if image.state == "disabled":
            image.state = "available"
        return ActionResult({"Return": True})

    def enable_image_deprecation(self) -> ActionResult:
        image, at = self._own_image(), _deprecation_time(self._get_param("DeprecateAt"))
        self.error_on_dryrun()
        image.deprecation_time = at
        return ActionResult({"Return": True})

    def disable_image_deprecation(self) -> ActionResult:
        image = self._own_image()
        self.error_on_dryrun()
        image.deprecation_time = None
        return ActionResult({"Return": True})

    def enable_image_deregistration_protection(self) -> ActionResult:
        image = self._own_image()
        self.error_on_dryrun()
        cooldown = "with" if self._get_param("WithCooldown", False) else "without"
        image.deregistration_protection, image.protected_until = f"enabled-{cooldown}-cooldown", None
        return ActionResult({"Return": image.deregistration_protection})

    def disable_image_deregistration_protection(self) -> ActionResult:
        image = self._own_image()
        self.error_on_dryrun()
        if image.deregistration_protection == "enabled-with-cooldown":
            image.protected_until = utcnow() + timedelta(seconds=runtime().behaviour.cooldown_seconds)
        image.deregistration_protection = "disabled"
        return ActionResult({"Return": image.deregistration_protection})


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
