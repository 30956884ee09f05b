"""Parameters of DataType `aws:ec2:image`: PutParameter answers before the AMI is looked at."""

from __future__ import annotations

import sys
import threading
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends
from moto.ssm.models import PARAMETER_VERSION_LIMIT, Parameter, SimpleSystemManagerBackend, ssm_backends

from sandbox import errors
from sandbox.runtime import runtime

_DATA_TYPE = "aws:ec2:image"
_ALIAS = "resolve:ssm:"
_SECONDS = 0.3


def install_image_parameters() -> None:
    """Changes moto's class itself: state that was saved earlier holds objects of it."""
    put = SimpleSystemManagerBackend.put_parameter

    def put_parameter(
        self: SimpleSystemManagerBackend, name: str, description: str, value: str, parameter_type: str,
        allowed_pattern: str, keyid: str, overwrite: bool, tags: list[dict[str, str]], data_type: str, **more: Any,
    ) -> Parameter:  # fmt: skip
        given = (name, description, value, parameter_type, allowed_pattern, keyid, overwrite, tags, data_type)
        if data_type != _DATA_TYPE:
            return put(self, *given, **more)
        before = _versions(self, name)
        # moto checks everything else and makes the version, which is then taken back until the AMI is known.
        made = put(self, *given, **more)
        made_tags = dict(self._resource_tags["Parameter"].get(made.name, {})) if tags else {}
        _put_back(self, name, before, bool(tags))
        timer = threading.Timer(_SECONDS, _settle, [self, made, bool(before), overwrite, made_tags])
        timer.daemon = True
        timer.start()
        return made

    SimpleSystemManagerBackend.put_parameter = put_parameter  # type: ignore[method-assign]


def resolve_image_id(ec2: Any, image_id: str) -> str:
    """The AMI id behind `resolve:ssm:<parameter>[:version or label]`; any other id as it is."""
    if not image_id.startswith(_ALIAS):
        return image_id
    name = image_id.removeprefix(_ALIAS)
    with runtime().lock_of("ssm"):
        found = ssm_backends[ec2.account_id][ec2.region_name].get_parameter(name)
    if found is None:
        raise errors.invalid_parameter(f"The parameter '{name}' that is to name the AMI does not exist")
    return found.value


def _versions(ssm: SimpleSystemManagerBackend, name: str) -> list[Parameter]:
    return list(ssm._parameters[name]) if name in ssm._parameters else []


def _put_back(ssm: SimpleSystemManagerBackend, name: str, versions: list[Parameter], tagged: bool) -> None:
    if versions:
        ssm._parameters[name][:] = versions
    else:
        ssm._parameters.pop(ssm._parameters.normalize_name(name), None)
    if tagged:
        # Tags come with a new parameter only, so there were none before.
        ssm._resource_tags["Parameter"].pop(name, None)


def _settle(
    ssm: SimpleSystemManagerBackend, made: Parameter, existed: bool, overwrite: bool, tags: dict[str, str]
) -> None:
    with runtime().ec2_lock, runtime().lock_of("ssm"):
        if ssm_backends[ssm.account_id].get(ssm.region_name) is not ssm:
            return  # the sandbox was reset
        versions = _versions(ssm, made.name)
        overtaken = not versions if existed else bool(versions) and not overwrite
        if problem := "it was made or deleted meanwhile" if overtaken else _problem(ssm, made.value):
            sys.stderr.write(f"ssm {ssm.region_name} {made.name} keeps its value, not {made.value}: {problem}\n")
            return
        if versions:
            made.version = versions[-1].version + 1
        made.last_modified_date = utcnow()
        # A name that is new makes its own list.
        ssm._parameters[made.name][:] = [*versions, made][-PARAMETER_VERSION_LIMIT:]
        if tags:
            ssm.add_tags_to_resource("Parameter", made.name, tags)
        runtime().store.save("ssm", ssm.account_id, ssm.region_name)


def _problem(ssm: SimpleSystemManagerBackend, image_id: str) -> str | None:
    try:
        ec2_backends[ssm.account_id][ssm.region_name].launchable_image(image_id)
    except EC2ClientError as error:
        return error.message
    return None
