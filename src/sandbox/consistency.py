"""EC2's eventual consistency: what was just made or tagged is not seen yet. Off unless it is switched on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from moto.ec2.models import ec2_backends

from sandbox.calls import Call
from sandbox.runtime import runtime
from sandbox.wire import Answer, error_answer

_TABLES = ("amis", "snapshots", "key_pairs")
_NOT_FOUND = {
    "amis": ("InvalidAMIID.NotFound", "The image id '[{}]' does not exist"),
    "snapshots": ("InvalidSnapshot.NotFound", "The snapshot '{}' does not exist."),
}


@dataclass(frozen=True)
class _Unseen:
    until: float
    account_id: str
    region: str
    table: str
    key: str
    before: dict[str, str] | None = None
    """The tags that are still seen, where it is about tags."""


class Consistency:
    """Works on moto's dictionaries, for the length of one request, which nobody else sees as EC2 has one lock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._unseen: list[_Unseen] = []
        self.seconds = 0.0

    def set(self, seconds: float) -> None:
        with runtime().ec2_lock:
            self.seconds, self._unseen = seconds, []

    def around(self, call: Call, environ: dict[str, Any], perform: Callable[[], Answer]) -> Answer:
        """Lets an EC2 request see what it would see on AWS."""
        if not self.seconds or call.service != "ec2":
            return perform()
        with runtime().ec2_lock:
            self._unseen = [one for one in self._unseen if one.until > self._clock()]
            if call.action.startswith("Describe"):
                with self._as_seen(call.region):
                    return perform()
            return self._refusal(call, environ) or self._noting(call, perform)

    @contextmanager
    def _as_seen(self, region: str) -> Iterator[None]:
        undo: list[Callable[[], Any]] = []
        for one in reversed([one for one in self._unseen if one.region == region]):
            table = getattr(ec2_backends[one.account_id][region], one.table)
            if one.key not in table:
                continue
            undo.append(lambda table=table, key=one.key, value=table[one.key]: table.update({key: value}))
            if one.before is None:
                del table[one.key]
            else:
                table[one.key] = one.before
        try:
            yield
        finally:
            for step in reversed(undo):
                step()

    def _refusal(self, call: Call, environ: dict[str, Any]) -> Answer | None:
        regions = {call.region, call.fields.get("SourceRegion", call.region)}
        given = set(call.fields.values())
        for one in self._unseen:
            if one.table in _NOT_FOUND and one.region in regions and one.key in given:
                code, message = _NOT_FOUND[one.table]
                return error_answer("ec2", environ, 400, code, message.format(one.key))
        return None

    def _noting(self, call: Call, perform: Callable[[], Answer]) -> Answer:
        backend = ec2_backends[call.account_id][call.region]
        known = {table: set(getattr(backend, table)) for table in _TABLES}
        retagged = call.action in ("CreateTags", "DeleteTags")
        ids = {value for name, value in call.fields.items() if name.startswith("ResourceId.")} if retagged else set()
        tags = {key: dict(backend.tags.get(key, {})) for key in ids}
        answer = perform()
        until = self._clock() + self.seconds
        for table, keys in known.items():
            for key in set(getattr(backend, table)) - keys:
                self._unseen.append(_Unseen(until, call.account_id, call.region, table, key))
        for key, before in tags.items():
            if backend.tags.get(key, {}) != before:
                self._unseen.append(_Unseen(until, call.account_id, call.region, "tags", key, before))
        return answer
