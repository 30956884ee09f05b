"""Launch templates: moto's, which takes no SourceVersion, no ClientToken and no alias of an AMI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import (
    InvalidLaunchTemplateNameAlreadyExistsError,
    InvalidLaunchTemplateVersionNotFound,
)
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.responses._base_response import EC2BaseResponse
from moto.ec2.utils import parse_user_data

from sandbox import errors
from sandbox.filters import apply_filters, page, tag_filter_values
from sandbox.image_parameters import resolve_image_id

_NAME = re.compile(r"[A-Za-z0-9().\-/_]{3,128}")
_NOT_MERGED = {"TagSpecifications", "UserData"}
"""moto takes these out of the template by itself."""


class LaunchTemplateCalls:
    def find_launch_template(self, template_id: str | None, name: str | None) -> LaunchTemplate:
        """Raises InvalidLaunchTemplateId.NotFound, InvalidLaunchTemplateName.NotFoundException, MissingParameter."""
        if template_id and name:
            raise errors.invalid_combination("Either a launch template's id or its name is given, not both")
        if template_id:
            return self.get_launch_template(template_id)
        if name:
            return self.get_launch_template_by_name(name)
        raise errors.missing_parameter("LaunchTemplateId or LaunchTemplateName")

    def delete_launch_template(self, name: str | None, tid: str | None) -> LaunchTemplate:
        return super().delete_launch_template("", self.find_launch_template(tid, name).id)

    def _get_template_from_args(self, launch_template_arg: dict[str, Any]) -> LaunchTemplateVersion:
        template = self.find_launch_template(
            launch_template_arg.get("LaunchTemplateId"), launch_template_arg.get("LaunchTemplateName")
        )
        return version_of(template, launch_template_arg.get("Version") or "$Default")


class LaunchTemplateResponses(EC2BaseResponse):
    def create_launch_template(self) -> ActionResult:
        backend, tokens = self.ec2_backend, self.ec2_backend.client_tokens
        name, data = _checked_name(self._get_param("LaunchTemplateName")), self._template_data()
        tags = self.tags_by_resource_type("launch-template")
        if self._get_param("DryRun", False) and name in backend.launch_template_name_to_ids:
            raise InvalidLaunchTemplateNameAlreadyExistsError
        self.error_on_dryrun()
        template_id = tokens.result_of("CreateLaunchTemplate", self.params)
        if template_id not in backend.launch_templates:
            description = self._get_param("VersionDescription")
            template = backend.create_launch_template(name, description, data, tags)
            tokens.remember("CreateLaunchTemplate", self.params, template.id)
            template_id = template.id
        return ActionResult({"LaunchTemplate": self._described(backend.launch_templates[template_id])})

    def create_launch_template_version(self) -> ActionResult:
        tokens, template = self.ec2_backend.client_tokens, self._template()
        data = self._template_data()
        if source := self._get_param("SourceVersion"):
            data = {**version_of(template, source).data, **data}
        self.error_on_dryrun()
        number = tokens.result_of("CreateLaunchTemplateVersion", self.params)
        if number is None:
            number = str(template.create_version(data, self._get_param("VersionDescription")).number)
            tokens.remember("CreateLaunchTemplateVersion", self.params, number)
        described = self._described_version(template, version_of(template, number))
        return ActionResult({"LaunchTemplateVersion": described})

    def modify_launch_template(self) -> ActionResult:
        template, tokens = self._template(), self.ec2_backend.client_tokens
        wanted = self._get_param("DefaultVersion")
        if not wanted:
            raise errors.missing_parameter("SetDefaultVersion")
        version = version_of(template, wanted)
        self.error_on_dryrun()
        if tokens.result_of("ModifyLaunchTemplate", self.params) is None:
            template.default_version_number = version.number
            tokens.remember("ModifyLaunchTemplate", self.params, template.id)
        return ActionResult({"LaunchTemplate": self._described(template)})

    def describe_launch_templates(self) -> ActionResult:
        self.error_on_dryrun()
        backend = self.ec2_backend
        ids, names = self._get_param("LaunchTemplateIds", []), self._get_param("LaunchTemplateNames", [])
        found = [backend.get_launch_template(one) for one in ids]
        found += [backend.get_launch_template_by_name(one) for one in names]
        listed = found if ids or names else list(backend.launch_templates.values())
        entries = apply_filters([_Entry(one.id, one) for one in listed], self._filters_from_querystring(), self.current_account)
        given, token = page(
            entries, self._get_int_param("MaxResults"), self._get_param("NextToken"),
            lambda entry: entry.template.create_time.isoformat(),
        )  # fmt: skip
        return ActionResult(
            {"LaunchTemplates": [self._described(entry.template) for entry in given], "NextToken": token}
        )

    def describe_launch_template_versions(self) -> ActionResult:
        self.error_on_dryrun()
        names = self._get_param("Versions", [])
        if not self._get_param("LaunchTemplateId") and not self._get_param("LaunchTemplateName"):
            if not names or set(names) - {"$Latest", "$Default"}:
                raise errors.invalid_parameter("Without a launch template, versions are $Latest and $Default alone")
            templates = list(self.ec2_backend.launch_templates.values())
        else:
            templates = [self._template()]
        first, last = self._get_int_param("MinVersion"), self._get_int_param("MaxVersion")
        pairs = [
            (template, version)
            for template in templates
            for version in _chosen(template, names)
            if version.number >= (first or 0) and (not last or version.number <= last)
        ]
        entries = [_Entry(f"{template.id}:{version.number:09}", template, version) for template, version in pairs]
        entries = apply_filters(entries, self._filters_from_querystring(), self.current_account)
        given, token = page(
            entries, self._get_int_param("MaxResults"), self._get_param("NextToken"), lambda entry: entry.id
        )
        versions = [self._described_version(entry.template, entry.version) for entry in given]
        return ActionResult({"LaunchTemplateVersions": versions, "NextToken": token})

    def take_launch_template(self) -> None:
        """Brings what the request leaves out into the parameters of RunInstances."""
        if given := self._get_param("LaunchTemplate"):
            data = self.ec2_backend._get_template_from_args(given).data
            self.params = {**{name: value for name, value in data.items() if name not in _NOT_MERGED}, **self.params}

    def _template(self) -> LaunchTemplate:
        return self.ec2_backend.find_launch_template(
            self._get_param("LaunchTemplateId"), self._get_param("LaunchTemplateName")
        )

    def _template_data(self) -> dict[str, Any]:
        # A copy, since the parameters are what a repeated ClientToken is compared with.
        data = dict(self._get_param("LaunchTemplateData", {}))
        if "UserData" in data:
            data["UserData"] = parse_user_data(data["UserData"])
        return data

    def _described(self, template: LaunchTemplate) -> dict[str, Any]:
        return {
            **self._identity(template),
            "CreateTime": template.create_time,
            "DefaultVersionNumber": template.default_version_number,
            "LatestVersionNumber": template.latest_version_number,
            "Tags": [{"Key": key, "Value": value} for key, value in _tags(template).items()],
        }

    def _described_version(self, template: LaunchTemplate, version: LaunchTemplateVersion) -> dict[str, Any]:
        data = version.data
        if self._get_param("ResolveAlias", False) and data.get("ImageId"):
            data = {**data, "ImageId": resolve_image_id(self.ec2_backend, data["ImageId"])}
        return {
            **self._identity(template),
            "CreateTime": version.create_time,
            "DefaultVersion": template.is_default(version),
            "LaunchTemplateData": data,
            "VersionDescription": version.description,
            "VersionNumber": version.number,
        }

    def _identity(self, template: LaunchTemplate) -> dict[str, str]:
        creator = f"arn:{self.partition}:iam::{self.current_account}:root"
        return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "CreatedBy": creator}


@dataclass(frozen=True)
class _Entry:
    """What a list shows: a template, or one version of it."""

    id: str
    template: LaunchTemplate
    version: LaunchTemplateVersion | None = None

    def filter_values(self, name: str, _account_id: str) -> list[str] | None:
        if self.version:
            is_default = str(self.template.is_default(self.version)).lower()
            values = {"is-default-version": is_default}
            for filter_name, field in (("image-id", "ImageId"), ("instance-type", "InstanceType")):
                values[filter_name] = self.version.data.get(field, "")
            return [values[name]] if name in values else None
        if name == "launch-template-name":
            return [self.template.name]
        return tag_filter_values(_tags(self.template), name)


def version_of(template: LaunchTemplate, text: str) -> LaunchTemplateVersion:
    """By number, `$Latest` or `$Default`. Raises InvalidLaunchTemplateId.VersionNotFound."""
    if str(text) in ("$Latest", "$Default"):
        return template.get_version(text)
    for version in template.versions:
        if str(version.number) == str(text):
            return version
    raise InvalidLaunchTemplateVersionNotFound(template_id=template.id, version=text)


def _chosen(template: LaunchTemplate, names: list[str]) -> list[LaunchTemplateVersion]:
    return [version_of(template, name) for name in dict.fromkeys(names)] if names else template.versions


def _tags(template: LaunchTemplate) -> dict[str, str]:
    return dict(template.ec2_backend.tags.get(template.id, {}))


def _checked_name(name: str | None) -> str:
    if not name:
        raise errors.missing_parameter("LaunchTemplateName")
    if not _NAME.fullmatch(name):
        raise errors.invalid_launch_template_name()
    return name
