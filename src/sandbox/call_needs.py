"""What a request has to be allowed: actions as IAM names them, and the resources that AWS's Service Authorization Reference
says they are about, with what conditions may ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends

from sandbox.calls import Call
from sandbox.policies import Need

_KINDS = {
    "ami": "image", "eni": "network-interface", "i": "instance", "key": "key-pair", "lt": "launch-template",
    "sg": "security-group", "snap": "snapshot", "subnet": "subnet", "vol": "volume", "vpc": "vpc",
}  # fmt: skip
_ID = re.compile(rf"({'|'.join(_KINDS)})-[0-9a-f]{{8,}}")
_OWNERLESS = ("image", "snapshot")
_MAKES = {
    "CopyImage": ("image", "snapshot"), "CreateImage": ("image", "snapshot"), "CreateKeyPair": ("key-pair",),
    "CreateLaunchTemplate": ("launch-template",), "CreateSecurityGroup": ("security-group",),
    "RunInstances": ("instance", "network-interface", "volume"),
}  # fmt: skip
_LOOKS = re.compile(r"Describe|Get(?!ConsoleOutput|PasswordData)")
_OF_S3 = {
    "GetBucketEncryption": "GetEncryptionConfiguration", "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock", "HeadBucket": "ListBucket", "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets", "ListObjectVersions": "ListBucketVersions", "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket", "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}  # fmt: skip


def needs_of(call: Call) -> list[Need]:
    """Each has to be allowed. Of actions that are not listed here the resource is `*`."""
    known = {"ec2": _of_ec2, "s3": _of_s3, "ssm": _of_ssm, "kms": _of_kms, "sts": _of_sts}
    found = known[call.service](call) if call.service in known else [Need(f"{call.service}:{call.action}", "*")]
    return [Need(one.action, one.resource, {"aws:RequestedRegion": call.region, **one.context}) for one in found]


def _of_ec2(call: Call) -> Iterator[Need]:
    action = f"ec2:{call.action}"
    if _LOOKS.match(call.action):
        yield Need(action, "*")
        return
    given = _tags_given(call)
    for kind in _MAKES.get(call.action, ()):
        name = call.fields["KeyName"] if kind == "key-pair" else "*"
        yield Need(action, _arn(call, kind, name), _request_tags(given.get(kind, {})))
        if kind in given:
            context = {"ec2:CreateAction": call.action, **_request_tags(given[kind])}
            yield Need("ec2:CreateTags", _arn(call, kind, name), context)
    for kind, name, tags in _resources(call):
        yield Need(action, _arn(call, kind, name), {**_resource_tags(tags), **_request_tags(_tags_put(call))})
    if call.action == "RunInstances" and "SubnetId" not in " ".join(call.fields):
        yield Need(action, _arn(call, "subnet", "*"))
    if profile := call.fields.get("IamInstanceProfile.Name"):
        for role in iam_backends[call.account_id]["aws"].get_instance_profile(profile).roles:
            yield Need("iam:PassRole", role.arn, {"iam:PassedToService": "ec2.amazonaws.com"})


def _resources(call: Call) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Kind, id or name, and tags of what is there already and the request is about."""
    backend = ec2_backends[call.account_id][call.region]
    for name, value in call.fields.items():
        if name.startswith("LaunchTemplateData."):
            continue  # of what is launched later
        if found := _ID.fullmatch(value):
            home = ec2_backends[call.account_id][call.fields["SourceRegion"]] if name == "SourceImageId" else backend
            yield _KINDS[found[1]], value, dict(home.tags.get(value, {}))
        elif name == "KeyName" and call.action != "CreateKeyPair":
            pair = backend.key_pairs.get(value)
            yield "key-pair", value, dict(backend.tags.get(pair.id, {})) if pair else {}
        elif name == "LaunchTemplateName" and call.action != "CreateLaunchTemplate":
            template = backend.launch_template_name_to_ids.get(value, "")
            yield "launch-template", template or "*", dict(backend.tags.get(template, {}))


def _arn(call: Call, kind: str, name: str) -> str:
    region = call.fields.get("SourceRegion", call.region) if name == call.fields.get("SourceImageId") else call.region
    return f"arn:aws:ec2:{region}:{'' if kind in _OWNERLESS else call.account_id}:{kind}/{name}"


def _tags_given(call: Call) -> dict[str, dict[str, str]]:
    """By kind of what is made."""
    found: dict[str, dict[str, str]] = {}
    for name, kind in call.fields.items():
        if match := re.fullmatch(r"(TagSpecification\.\d+\.)ResourceType", name):
            found[kind] = _tags_at(call, match[1])
    return found


def _tags_put(call: Call) -> dict[str, str]:
    return _tags_at(call, "") if call.action in ("CreateTags", "DeleteTags") else {}


def _tags_at(call: Call, prefix: str) -> dict[str, str]:
    keys = re.compile(rf"{re.escape(prefix)}Tag\.(\d+)\.Key")
    numbers = ((match[1], value) for name, value in call.fields.items() if (match := keys.fullmatch(name)))
    return {key: call.fields.get(f"{prefix}Tag.{number}.Value", "") for number, key in numbers}


def _request_tags(tags: dict[str, str]) -> dict[str, str]:
    return {f"aws:RequestTag/{key}": value for key, value in tags.items()}


def _resource_tags(tags: dict[str, str]) -> dict[str, str]:
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def _of_s3(call: Call) -> Iterator[Need]:
    action = _OF_S3.get(call.action, call.action)
    if action == "GetObject" and "versionId" in call.fields:
        action = "GetObjectVersion"
    bucket, key = call.fields.get("Bucket"), call.fields.get("Key")
    yield Need(f"s3:{action}", f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket or '*'}")


def _of_ssm(call: Call) -> Iterator[Need]:
    names = [value for name, value in call.fields.items() if re.fullmatch(r"Name|Names\.\d+", name)]
    for name in names:
        owner = "" if name.startswith("/aws/") else call.account_id
        resource = f"arn:aws:ssm:{call.region}:{owner}:parameter/{name.removeprefix('/')}"
        yield Need(f"ssm:{call.action}", resource)
    if not names:
        yield Need(f"ssm:{call.action}", "*")


def _of_kms(call: Call) -> Iterator[Need]:
    key = _key(call)
    if key is None:
        yield Need(f"kms:{call.action}", "*")
    else:
        yield Need(f"kms:{call.action}", key.arn, {"kms:ResourceAliases": sorted(key.aliases)})


def _key(call: Call) -> Any:
    backend, named = kms_backends[call.account_id][call.region], call.fields.get("KeyId")
    return backend.keys.get(backend.any_id_to_key_id(named)) if named else None


def _of_sts(call: Call) -> Iterator[Need]:
    if call.action != "GetCallerIdentity":  # which nobody needs to be allowed
        context = {"sts:RoleSessionName": call.fields.get("RoleSessionName", "")}
        yield Need(f"sts:{call.action}", call.fields.get("RoleArn", "*"), context)
