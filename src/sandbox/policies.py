"""What IAM's policies say of an action on a resource: the part of their language that ours and AWS's examples use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Context = Mapping[str, "str | list[str]"]
"""Condition keys, in any case, with what the request says of them."""


@dataclass(frozen=True)
class Need:
    """One thing that a request has to be allowed."""

    action: str
    resource: str
    context: dict[str, str | list[str]] = field(default_factory=dict)


def allows(policies: Iterable[dict[str, Any]], need: Need) -> bool:
    """Whether a statement allows it and none denies it."""
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in _list(policy["Statement"])
        if _speaks_of(statement, need) and holds(statement.get("Condition", {}), need.context)
    }
    return "Allow" in effects and "Deny" not in effects


def _speaks_of(statement: dict[str, Any], need: Need) -> bool:
    actions = (action.lower() for action in _list(statement["Action"]))
    return any(_like(action, need.action.lower()) for action in actions) and any(
        _like(resource, need.resource) for resource in _list(statement["Resource"])
    )


def holds(conditions: dict[str, dict[str, Any]], context: Context) -> bool:
    """Raises NotImplementedError for an operator that is not known here: guessing would prove nothing."""
    known = {name.lower(): value for name, value in context.items()}
    return all(
        _true(operator, known.get(key.lower()), [str(value) for value in _list(wanted)])
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _true(operator: str, found: str | list[str] | None, wanted: list[str]) -> bool:
    kind = operator.removeprefix("ForAnyValue:").removesuffix("IfExists")
    if kind not in ("StringEquals", "StringLike"):
        raise NotImplementedError(f"the condition operator {operator}")
    if found is None:
        return operator.endswith("IfExists")
    if kind == "StringEquals":
        return any(value in wanted for value in _list(found))
    return any(_like(pattern, value) for pattern in wanted for value in _list(found))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _like(pattern: str, text: str) -> bool:
    return _expression(pattern).fullmatch(text) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.compile("".join(parts), re.DOTALL)
