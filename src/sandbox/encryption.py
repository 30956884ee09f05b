"""The keys that encrypt snapshots: which one is taken where none is named, and who can use which."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from moto.kms.models import Key, kms_backends

from sandbox.runtime import runtime

_ARN = re.compile(r"arn:[^:]+:kms:(?P<region>[^:]*):(?P<account>\d{12}):(?P<name>(?:key|alias)/.+)")
_EBS_ALIAS = "alias/aws/ebs"
_ACTIONS = (
    "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
)  # fmt: skip
"""What EC2 does with the key of a snapshot, in the name of whoever copies or launches it."""


class KeyUnusableError(Exception):
    """The message says which key and why."""


def usable_key(named: str, account_id: str, region: str) -> str:
    """The ARN of the key that `named` (id, alias or ARN of either) is for EC2 in `region`. Raises KeyUnusableError."""
    arn = _ARN.fullmatch(named)
    owner, name = (arn["account"], arn["name"]) if arn else (account_id, named)
    if arn and arn["region"] != region:
        raise KeyUnusableError(f"{named} is a key of {arn['region']}, not of {region}")
    with runtime().lock_of("kms"):
        key = _find(name, kms_backends[owner][region].keys.values())
    if key is None:
        raise KeyUnusableError(f"{named} does not exist in {region}")
    if owner != account_id and not _lets_use(key, account_id):
        raise KeyUnusableError(f"{key.arn} is not for use by account {account_id}")
    if key.key_state != "Enabled":
        raise KeyUnusableError(f"the state of {key.arn} is {key.key_state}")
    if key.key_spec != "SYMMETRIC_DEFAULT":
        raise KeyUnusableError(f"{key.arn} is not symmetric")
    return key.arn


def default_key(backend: Any) -> str:
    """The ARN of the key that EBS takes where none is named; made when it is first needed, as on AWS."""
    with runtime().lock_of("kms"):
        if not backend.default_kms_key_id:
            backend._create_default_encryption_key()
            kms_backends[backend.account_id][backend.region_name].describe_key(_EBS_ALIAS).key_manager = "AWS"
            runtime().store.save("kms", backend.account_id, backend.region_name)
    return backend.default_kms_key_id


def is_aws_managed(key_arn: str | None) -> bool:
    """Whether it is an account's `aws/ebs`, which no other account can ever use."""
    arn = _ARN.fullmatch(key_arn or "")
    if arn is None:
        return False
    with runtime().lock_of("kms"):
        key = _find(arn["name"], kms_backends[arn["account"]][arn["region"]].keys.values())
        return key is not None and _EBS_ALIAS in key.aliases


def _find(name: str, keys: Iterable[Key]) -> Key | None:
    key_id = name.removeprefix("key/")
    return next((key for key in keys if key.id == key_id or name in key.aliases), None)


def _lets_use(key: Key, account_id: str) -> bool:
    """By a grant or by the key's policy; conditions are not looked at."""
    if any(account_id in grant.grantee_principal for grant in key.grants.values()):
        return True
    statements = json.loads(key.policy).get("Statement", [])
    allowed = [
        pattern
        for statement in ([statements] if isinstance(statements, dict) else statements)
        if statement.get("Effect") == "Allow" and _names(statement.get("Principal"), account_id)
        for pattern in _listed(statement.get("Action"))
    ]
    return all(any(fnmatchcase(action, pattern) for pattern in allowed) for action in _ACTIONS)


def _names(principal: Any, account_id: str) -> bool:
    principals = _listed(principal.get("AWS") if isinstance(principal, dict) else principal)
    return any(one in ("*", account_id) or f":{account_id}:" in one for one in principals)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
