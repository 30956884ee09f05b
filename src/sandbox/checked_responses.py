"""Calls that moto answers well but checks too little of, which a dry run would then say nothing about."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.responses._base_response import EC2BaseResponse

from sandbox import errors


class CheckedResponses(EC2BaseResponse):
    def create_tags(self) -> ActionResult:
        for resource_id in self._get_param("Resources", []):
            if resource_id.startswith("ami-"):
                self.ec2_backend.find_image(resource_id)
        return super().create_tags()
