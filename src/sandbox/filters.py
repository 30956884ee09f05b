"""Filters and pages, as the Describe calls of EC2 take them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Protocol, TypeVar

from sandbox import errors
from sandbox.runtime import runtime


class Filterable(Protocol):
    id: str

    def filter_values(self, name: str, account_id: str) -> list[str] | None:
        """The values that the filter `name` looks at, as the account sees them; None when there is no such filter."""


Item = TypeVar("Item", bound=Filterable)


def apply_filters(items: Iterable[Item], filters: dict[str, list[str]], account_id: str) -> list[Item]:
    """Keeps what matches at least one value of every filter. Raises InvalidParameterValue for unknown names."""
    return [item for item in items if all(_matches(item, name, wanted, account_id) for name, wanted in filters.items())]


def _matches(item: Filterable, name: str, wanted: list[str], account_id: str) -> bool:
    values = item.filter_values(name, account_id)
    if values is None:
        raise errors.invalid_parameter(f"The filter '{name}' is invalid")
    return any(_pattern(pattern).fullmatch(value) for pattern in wanted for value in values)


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    """`*` and `?` are wildcards unless a backslash is before them; case counts."""
    parts = re.split(r"(\\[*?\\]|[*?])", text)
    wildcards = {"*": ".*", "?": "."}
    return re.compile(
        "".join(wildcards.get(part) or re.escape(part[1:] if re.fullmatch(r"\\[*?\\]", part) else part) for part in parts),
        re.DOTALL,
    )


def tag_filter_values(tags: dict[str, str], name: str) -> list[str] | None:
    """The part of `filter_values` that every taggable resource shares."""
    if name.startswith("tag:"):
        key = name[len("tag:") :]
        return [tags[key]] if key in tags else []
    if name == "tag-key":
        return list(tags)
    if name == "tag-value":
        return list(tags.values())
    return None


def page(
    items: list[Item], max_results: int | None, token: str | None, sort_key: Callable[[Item], str]
) -> tuple[list[Item], str | None]:
    """One page of `items` and the token of the next.

    A token names the place where a page ended, not an item, so that pages stay right while items come and go.
    """

    def place(item: Item) -> list[str]:
        return [sort_key(item), item.id]

    ordered = sorted(items, key=place)
    if token:
        end_of_last = _parse_token(token)
        ordered = [item for item in ordered if place(item) > end_of_last]
    most = min(size for size in (max_results, runtime().behaviour.page_size, len(ordered)) if size) if ordered else 0
    if len(ordered) <= most:
        return ordered, None
    given = ordered[:most]
    return given, base64.urlsafe_b64encode(json.dumps(place(given[-1])).encode()).decode()


def _parse_token(token: str) -> list[str]:
    try:
        created, item_id = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError as error:
        raise errors.invalid_next_token() from error
    return [str(created), str(item_id)]
