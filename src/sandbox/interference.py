"""What every request passes: it is recorded, and what a test switched on happens to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from sandbox.call_log import CallLog
from sandbox.calls import Call
from sandbox.consistency import Consistency
from sandbox.faults import ControlError, Faults
from sandbox.permissions import hidden, refusal
from sandbox.runtime import runtime
from sandbox.throttle import Throttle
from sandbox.wire import Answer, error_answer

_LONGEST_WAIT = 60.0


class Interference:
    def __init__(self) -> None:
        self._calls = CallLog()
        self._faults = Faults()
        self._throttle = Throttle()
        self._consistency = Consistency()
        self._asks_iam = False

    def around(self, call: Call, environ: dict[str, Any], perform: Callable[[], Answer]) -> Answer:
        """The answer to a request which `perform` carries out. Raises ConnectionCut if there is to be none."""
        record = self._calls.begin(call)
        rules = self._faults.due(call)
        answer = self._faults.strike(rules, "before", call, record, environ)
        if answer is None:
            answer = self._refusal(call, environ) or self._consistency.around(call, environ, perform)
            answer = (self._asks_iam and hidden(call, environ, answer)) or answer
            answer = self._faults.strike(rules, "after", call, record, environ) or answer
        self._calls.end(record, answer)
        return answer

    def _refusal(self, call: Call, environ: dict[str, Any]) -> Answer | None:
        if call.region in runtime().regions_not_enabled:
            if call.service == "ec2":
                why = "AWS was not able to validate the provided access credentials"
                return error_answer("ec2", environ, 401, "AuthFailure", why)
            why = "The security token included in the request is invalid."
            return error_answer(call.service, environ, 400, "UnrecognizedClientException", why)
        if self._asks_iam and (refused := refusal(call, environ)):
            return refused
        if not self._throttle.lets_through(call):
            return error_answer("ec2", environ, 503, "RequestLimitExceeded", "Request limit exceeded.")
        return None

    def control(self, method: str, name: str, query: str, body: bytes) -> dict[str, Any] | None:
        """Answers the control calls about all this; None for any other. Raises ControlError."""
        if method == "GET":
            return self._shown(name, parse_qs(query))
        if (method, name) == ("POST", "calls/reset"):
            self._calls.clear()
            return self._calls.after(0)
        if (method, name) == ("POST", "faults/release"):
            return {"released": self._faults.holds.release()}
        if method == "POST" and name in ("faults", "throttle", "consistency", "regions", "permissions"):
            self._switch(name, _parsed(body))
            return self._shown(name, {})
        return None

    def reset(self) -> None:
        """Everything is off and nothing recorded; what is held goes on."""
        self._faults.set([])
        self._faults.holds.release()
        self._throttle.set(False, 1)
        self._consistency.set(0)
        self._asks_iam = False
        runtime().regions_not_enabled = frozenset()
        self._calls.clear()

    def _shown(self, name: str, query: dict[str, list[str]]) -> dict[str, Any] | None:
        if name == "calls":
            return self._calls.after(int(_number(query, "after")))
        if name == "faults":
            return {"rules": self._faults.describe()}
        if name == "faults/held":
            return {"held": self._faults.holds.wait_for_any(min(_number(query, "wait"), _LONGEST_WAIT))}
        if name == "throttle":
            throttle = self._throttle
            return {"enabled": throttle.enabled, "scale": throttle.scale, "refused": throttle.refused}
        if name == "consistency":
            return {"seconds": self._consistency.seconds}
        if name == "permissions":
            return {"enforced": self._asks_iam}
        if name == "regions":
            return {"notEnabled": sorted(runtime().regions_not_enabled)}
        return None

    def _switch(self, name: str, content: Any) -> None:
        if name == "faults":
            self._faults.set(content)
            return
        if not isinstance(content, dict):
            raise ControlError(f"{name} takes an object")
        if name == "throttle" and content.keys() <= {"enabled", "scale"}:
            enabled, scale = content.get("enabled"), content.get("scale", 1)
            if isinstance(enabled, bool) and type(scale) in (int, float) and scale > 0:
                return self._throttle.set(enabled, scale)
        if name == "consistency" and content.keys() == {"seconds"}:
            seconds = content["seconds"]
            if type(seconds) in (int, float) and seconds >= 0:
                return self._consistency.set(seconds)
        if name == "permissions" and content.keys() == {"enforced"} and isinstance(content["enforced"], bool):
            self._asks_iam = content["enforced"]
            return None
        if name == "regions" and content.keys() == {"notEnabled"}:
            names = content["notEnabled"]
            if isinstance(names, list) and all(isinstance(one, str) for one in names):
                runtime().regions_not_enabled = frozenset(names)
                return None
        wanted = {
            "throttle": "{enabled: true or false, scale?: a number above 0}",
            "consistency": "{seconds: a number from 0}",
            "regions": "{notEnabled: [names of regions]}",
            "permissions": "{enforced: true or false}",
        }
        raise ControlError(f"{name} takes {wanted[name]}")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise ControlError(f"the body is no JSON: {error}") from error


def _number(query: dict[str, list[str]], name: str) -> float:
    text = query.get(name, ["0"])[0]
    try:
        return float(text)
    except ValueError as error:
        raise ControlError(f"{name} is a number, not {text!r}") from error
