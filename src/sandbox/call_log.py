"""Every request by its number, for tests that ask what was called."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timezone
from typing import Any

from sandbox.calls import Call
from sandbox.wire import Answer, error_code

_KEPT = 10_000
"""Requests; the oldest are forgotten."""
_FIELDS, _LENGTH = 20, 200
_LEFT_OUT = {"Action", "Version"}
_SECRET = {
    "PublicKeyMaterial", "Plaintext", "Password", "SAMLAssertion", "SecretBinary", "SecretString", "UserData",
    "WebIdentityToken",
}  # fmt: skip


class CallLog:
    def __init__(self) -> None:
        self._calls: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._last = 0
        self._lock = threading.Lock()

    def begin(self, call: Call) -> dict[str, Any]:
        """Listed from now on; its status is None until it is answered, and for good if it never is."""
        record = {
            "n": 0,
            "at": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "service": call.service,
            "region": call.region,
            "account": call.account_id,
            "agent": call.agent,
            "action": call.action,
            "parameters": _shown(call),
            "mutating": call.mutating,
            "status": None,
            "errorCode": None,
            "fault": None,
        }
        with self._lock:
            self._last += 1
            record["n"] = self._last
            self._calls.append(record)
        return record

    def end(self, record: dict[str, Any], answer: Answer) -> None:
        record["status"], record["errorCode"] = int(answer[0][:3]), error_code(answer)

    def after(self, number: int) -> dict[str, Any]:
        with self._lock:
            return {"last": self._last, "calls": [record for record in self._calls if record["n"] > number]}

    def clear(self) -> None:
        """Numbers go on, so that none of them ever means two requests."""
        with self._lock:
            self._calls.clear()


def _shown(call: Call) -> dict[str, str]:
    left_out = _LEFT_OUT | {"Value"} if call.fields.get("Type") == "SecureString" else _LEFT_OUT
    names = [
        name for name in call.fields if name not in left_out and name.rpartition(".")[2] not in _SECRET
    ]  # fmt: skip
    return {name: call.fields[name][:_LENGTH] for name in names[:_FIELDS]}
