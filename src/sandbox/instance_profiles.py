"""Instance profiles, made as an administrator would have made them: `bake` itself manages none."""

from __future__ import annotations

import json

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from sandbox.runtime import runtime

_PARTITION = "aws"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def ensure_instance_profile(name: str) -> None:
    """An instance profile with a role of the same name. Where it is there already, nothing happens."""
    with runtime().lock_of("iam"):
        _ensure(name)


def _ensure(name: str) -> None:
    backend = iam_backends[DEFAULT_ACCOUNT_ID][_PARTITION]
    if any(profile.name == name for profile in backend.instance_profiles.values()):
        return
    if not any(role.name == name for role in backend.roles.values()):
        backend.create_role(name, json.dumps(_TRUST), "/", None, "", [], None)
    backend.create_instance_profile(name, "/", [])
    backend.add_role_to_instance_profile(name, name)
    runtime().store.save("iam", DEFAULT_ACCOUNT_ID, _PARTITION)
