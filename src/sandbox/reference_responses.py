"""DescribeImageReferences."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.responses._base_response import EC2BaseResponse

from sandbox import errors
from sandbox.filters import page
from sandbox.images import check_image_id
from sandbox.references import find_references, parse_search


class ReferenceResponses(EC2BaseResponse):
    def describe_image_references(self) -> ActionResult:
        image_ids = self._get_param("ImageIds", [])
        if not image_ids:
            raise errors.missing_parameter("imageId")
        for image_id in image_ids:
            check_image_id(image_id)
        every_type = bool(self._get_param("IncludeAllResourceTypes", False))
        search = parse_search(every_type, self._get_param("ResourceTypes", []))
        self.error_on_dryrun()
        given, token = page(
            find_references(self.ec2_backend, image_ids, search),
            self._get_int_param("MaxResults"),
            self._get_param("NextToken"),
            lambda reference: reference.image_id,
        )
        return ActionResult({"ImageReferences": [one.describe() for one in given], "NextToken": token})
