"""What refers to an image in one account and region: what DescribeImageReferences lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.ssm.models import ssm_backends

from sandbox import errors
from sandbox.runtime import runtime

_DEFAULT_DEPTH = 10
_GREATEST_DEPTH = 10_000
_NEVER_REFER = {"imagebuilder:ImageRecipe", "imagebuilder:ContainerRecipe"}
"""The sandbox has no Image Builder."""


@dataclass(frozen=True)
class Reference:
    image_id: str
    resource_type: str
    arn: str

    @property
    def id(self) -> str:
        return self.arn

    def describe(self) -> dict[str, str]:
        return {"ImageId": self.image_id, "ResourceType": self.resource_type, "Arn": self.arn}


@dataclass(frozen=True)
class Search:
    types: frozenset[str]
    states: frozenset[str] = field(default_factory=frozenset)
    """Of instances; every one when empty, `terminated` too."""
    depth: int = _DEFAULT_DEPTH
    """How many of a launch template's latest versions are looked at."""


def parse_search(every_type: bool, asked: list[dict[str, Any]]) -> Search:
    """Raises MissingParameter and InvalidParameterValue."""
    types = {"ec2:Instance", "ec2:LaunchTemplate", "ssm:Parameter"} if every_type else set()
    states: frozenset[str] = frozenset()
    depth = _DEFAULT_DEPTH
    if not every_type and not asked:
        raise errors.missing_parameter("resourceTypes or includeAllResourceTypes")
    for entry in asked:
        kind = entry.get("ResourceType", "")
        if kind not in {"ec2:Instance", "ec2:LaunchTemplate", "ssm:Parameter"} | _NEVER_REFER:
            raise errors.invalid_parameter(f"'{kind}' is not a valid resource type")
        types.add(kind)
        for option in entry.get("ResourceTypeOptions", []):
            name, values = option.get("OptionName"), option.get("OptionValues", [])
            if (kind, name) == ("ec2:Instance", "state-name"):
                states = frozenset(values)
            elif (kind, name) == ("ec2:LaunchTemplate", "version-depth"):
                depth = _parse_depth(values)
            else:
                raise errors.invalid_parameter(f"'{name}' is not an option of {kind}")
    return Search(frozenset(types), states, depth)


def _parse_depth(values: list[str]) -> int:
    if len(values) != 1 or not values[0].isdigit() or not 1 <= int(values[0]) <= _GREATEST_DEPTH:
        raise errors.invalid_parameter(f"version-depth is one number from 1 to {_GREATEST_DEPTH}, not {values}")
    return int(values[0])


def find_references(backend: Any, image_ids: list[str], search: Search) -> list[Reference]:
    found = []
    if "ec2:Instance" in search.types:
        found += _instances(backend, search.states)
    if "ec2:LaunchTemplate" in search.types:
        found += _launch_templates(backend, search.depth)
    if "ssm:Parameter" in search.types:
        found += _parameters(backend)
    wanted = set(image_ids)
    return list(dict.fromkeys(reference for reference in found if reference.image_id in wanted))


def _instances(backend: Any, states: frozenset[str]) -> Iterator[Reference]:
    for instance in backend.all_instances():
        if not states or instance.state in states:
            yield Reference(instance.image_id, "ec2:Instance", _arn(backend, "ec2", f"instance/{instance.id}"))


def _launch_templates(backend: Any, depth: int) -> Iterator[Reference]:
    for template in backend.launch_templates.values():
        for version in template.versions[-depth:]:
            arn = _arn(backend, "ec2", f"launch-template/{template.id}")
            yield Reference(version.image_id, "ec2:LaunchTemplate", arn)


def _parameters(backend: Any) -> Iterator[Reference]:
    with runtime().lock_of("ssm"):
        parameters = ssm_backends[backend.account_id][backend.region_name]._parameters
        # moto's own dictionary makes an entry of whatever is asked for, and loads AMIs of AWS.
        latest = [versions[-1] for versions in dict.values(parameters) if versions]
    for parameter in latest:
        if parameter.data_type == "aws:ec2:image":
            arn = _arn(backend, "ssm", f"parameter/{parameter.name.removeprefix('/')}")
            yield Reference(parameter.value, "ssm:Parameter", arn)


def _arn(backend: Any, service: str, resource: str) -> str:
    return f"arn:{backend.partition}:{service}:{backend.region_name}:{backend.account_id}:{resource}"
