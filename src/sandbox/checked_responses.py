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

    def modify_launch_template(self) -> ActionResult:
        backend, version = self.ec2_backend, self._get_param("DefaultVersion")
        name, template_id = self._get_param("LaunchTemplateName"), self._get_param("LaunchTemplateId")
        if not name and not template_id:
            raise errors.missing_parameter("launchTemplateId or launchTemplateName")
        template = backend.get_launch_template(template_id) if template_id else backend.get_launch_template_by_name(name)
        if version is not None:
            template.get_version(version)
        return super().modify_launch_template()
