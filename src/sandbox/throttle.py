"""EC2's request buckets: each account has one of each kind in each region, and a request takes a token."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.calls import Call

Limit = tuple[str, float, float]
"""Name, size, tokens that come back each second."""

_READ: Limit = ("read", 100, 20)
_READ_ALL: Limit = ("read all", 50, 10)
_CHANGE: Limit = ("change", 50, 5)
_INSTANCES: Limit = ("instances", 1000, 2)
_OWN: dict[str, tuple[float, float]] = {
    "CopyImage": (100, 1),
    "DeregisterImage": (100, 5),
    "ModifyImageAttribute": (100, 5),
    "ModifySnapshotAttribute": (100, 5),
    "CreateSnapshot": (100, 5),
    "DeleteSnapshot": (100, 5),
    "CreateTags": (100, 10),
    "DeleteTags": (100, 10),
    "CreateStoreImageTask": (50, 0.1),
    "CreateRestoreImageTask": (50, 0.1),
    "DescribeStoreImageTasks": (50, 0.5),
    "RunInstances": (5, 2),
    "TerminateInstances": (100, 5),
    "EnableImageBlockPublicAccess": (1, 0.1),
    "DisableImageBlockPublicAccess": (1, 0.1),
    "EnableFastLaunch": (5, 2),
    "DisableFastLaunch": (5, 2),
}
_IS_READ = re.compile(r"Describe|Get|List")
_NARROWED = re.compile(r"MaxResults$|Filter\.|\w+Id\.\d")
_LARGE = {"DescribeSnapshots", "DescribeInstances", "DescribeVolumes"}


@dataclass
class _Bucket:
    tokens: float
    at: float


class Throttle:
    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        self.set(False, 1)

    def set(self, enabled: bool, scale: float) -> None:
        """Every bucket is full again; `scale` makes all of them smaller or larger, and slower or faster."""
        with self._lock:
            self.enabled, self.scale, self.refused = enabled, scale, 0
            self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def lets_through(self, call: Call) -> bool:
        """Takes the tokens, or none of them if one bucket has too few."""
        if not self.enabled or call.service != "ec2":
            return True
        wanted = _costs(call)
        with self._lock:
            buckets = [(self._filled(call, limit), cost) for limit, cost in wanted]
            if any(bucket.tokens < cost for bucket, cost in buckets):
                self.refused += 1
                return False
            for bucket, cost in buckets:
                bucket.tokens -= cost
            return True

    def _filled(self, call: Call, limit: Limit) -> _Bucket:
        name, size, refill = limit
        largest, now = max(1.0, size * self.scale), self._clock()
        bucket = self._buckets.setdefault((call.account_id, call.region, name), _Bucket(largest, now))
        bucket.tokens = min(largest, bucket.tokens + (now - bucket.at) * refill * self.scale)
        bucket.at = now
        return bucket


def _costs(call: Call) -> list[tuple[Limit, int]]:
    action = call.action
    if action in _OWN:
        costs: list[tuple[Limit, int]] = [((action, *_OWN[action]), 1)]
        if action == "RunInstances":
            count = call.fields.get("MaxCount", "")
            costs.append((_INSTANCES, int(count) if count.isdecimal() else 1))
        return costs
    if not _IS_READ.match(action):
        return [(_CHANGE, 1)]
    if action in _LARGE and not any(_NARROWED.match(name) for name in call.fields):
        return [(_READ_ALL, 1)]
    return [(_READ, 1)]
