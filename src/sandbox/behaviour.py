"""How EC2 behaves where AWS has no call to say it: how long copies take, which fail, how long pages are, and limits.

`POST /_bake/behaviour` changes it. It belongs to the process: a restart or a reset brings the defaults back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

_KEYS = ("copySeconds", "failCopies", "sharingQuota", "cooldownSeconds", "pageSize")


class BehaviourError(ValueError):
    """What was asked for cannot be done; the message says why. Nothing was changed."""


@dataclass(frozen=True)
class Behaviour:
    copy_seconds: dict[str, float] = field(default_factory=dict)
    """By destination region; `*` is every other one."""
    fail_copies: dict[str, str] = field(default_factory=dict)
    """By destination region, with the reason; `*` is every other one."""
    sharing_quota: int = 1000
    """Accounts, groups, organizations and units that one image may be shared with."""
    cooldown_seconds: float = 24 * 3600
    """How long deregistration stays forbidden after a protection with cooldown was taken off."""

    page_size: int = 0
    """The most that a page of a list has, whatever is asked for; 0: as asked for."""

    def copy_failure(self, region: str) -> str | None:
        return self.fail_copies.get(region, self.fail_copies.get("*"))

    def describe(self) -> dict[str, Any]:
        values = (self.copy_seconds, self.fail_copies, self.sharing_quota, self.cooldown_seconds, self.page_size)
        return {"version": 1, **dict(zip(_KEYS, values, strict=True))}


def changed(behaviour: Behaviour, asked: dict[str, Any]) -> Behaviour:
    """`behaviour` with the keys that `asked` names; raises BehaviourError."""
    if unknown := sorted(asked.keys() - set(_KEYS)):
        raise BehaviourError(f"there is no {', '.join(unknown)}; there are {', '.join(_KEYS)}")
    merged = {**behaviour.describe(), **asked}
    return Behaviour(
        copy_seconds=_by_region(merged["copySeconds"], "copySeconds", _seconds),
        fail_copies=_by_region(merged["failCopies"], "failCopies", _text),
        sharing_quota=int(_seconds(merged["sharingQuota"], "sharingQuota")),
        cooldown_seconds=_seconds(merged["cooldownSeconds"], "cooldownSeconds"),
        page_size=int(_seconds(merged["pageSize"], "pageSize")),
    )


def parse_object(body: bytes) -> dict[str, Any]:
    """Raises BehaviourError for what is not a JSON object."""
    try:
        content = json.loads(body)
    except ValueError as error:
        raise BehaviourError(f"the body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise BehaviourError("the body is not a JSON object")
    return content


def _by_region(value: Any, name: str, check: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BehaviourError(f"{name} is not an object of regions")
    return {region: check(entry, f"{name}.{region}") for region, entry in value.items()}


def _seconds(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise BehaviourError(f"{name} is {value!r}, not a number from 0")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise BehaviourError(f"{name} is {value!r}, not a text")
    return value
