"""Rules by which requests fail, are delayed, lose their connection, or are held."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sandbox.calls import Call, take_body
from sandbox.holds import Holds, cut
from sandbox.wire import Answer, error_answer

_PATTERNS = ("service", "action", "region", "account")
_DEEDS = ("fail", "reset", "delaySeconds", "hold")


class ControlError(ValueError):
    """What a control call was sent makes no sense; the message says why."""


@dataclass
class Rule:
    written: dict[str, Any]
    deed: str
    seen: int = 0
    hits: int = 0

    def matches(self, call: Call) -> bool:
        match = self.written["match"]
        texts = {"service": call.service, "action": call.action, "region": call.region, "account": call.account_id}
        return (
            all(fnmatchcase(texts[name], match[name]) for name in _PATTERNS if name in match)
            and match.get("mutating", call.mutating) == call.mutating
            and all(fnmatchcase(call.fields.get(name, ""), text) for name, text in match.get("parameters", {}).items())
        )

    def is_due(self) -> bool:
        """Counts a request that matches, and says whether it is one of those that are meant."""
        self.seen += 1
        nth, times = self.written.get("nth"), self.written.get("times")
        first = nth or 1
        last = first + times - 1 if times else nth
        return first <= self.seen and (last is None or self.seen <= last)


class Faults:
    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self.holds = Holds()

    def set(self, rules: Any) -> None:
        """Replaces every rule; what is held stays held. Raises ControlError, and then nothing has changed."""
        if not isinstance(rules, list):
            raise ControlError("the rules are a list")
        parsed = [_parse(rule) for rule in rules]
        with self._lock:
            self._rules = parsed

    def describe(self) -> list[dict[str, Any]]:
        with self._lock:
            return [{**rule.written, "seen": rule.seen, "hits": rule.hits} for rule in self._rules]

    def due(self, call: Call) -> list[Rule]:
        """The rules that strike this request, in the order in which they were written."""
        if not self._rules:
            return []
        with self._lock:
            return [rule for rule in self._rules if rule.matches(call) and rule.is_due()]

    def strike(
        self, rules: list[Rule], when: str, call: Call, record: dict[str, Any], environ: dict[str, Any]
    ) -> Answer | None:
        """Does what the rules of this moment say; returns the answer if one of them gives it.

        Raises ConnectionCut when there is nobody to answer any more.
        """
        for rule in rules:
            if rule.written["when"] != when:
                continue
            with self._lock:
                rule.hits += 1
            record["fault"] = rule.deed
            argument = rule.written["do"][rule.deed]
            if rule.deed == "fail":
                message = argument.get("message", f"The sandbox was told to fail this {call.action}")
                return error_answer(call.service, environ, argument["status"], argument["code"], message)
            if when == "before":
                # Unread content would look like a client that goes on, and turn a close into a reset.
                take_body(environ)
            if rule.deed == "reset":
                cut(environ)
            elif rule.deed == "hold":
                self.holds.hold({**record, "when": when}, environ)
            else:
                time.sleep(argument)
        return None


def _parse(rule: Any) -> Rule:
    allowed = {"match", "nth", "times", "when", "do"}
    if not isinstance(rule, dict) or rule.keys() - allowed:
        raise ControlError(f"a rule has {', '.join(sorted(allowed))}: {rule!r}")
    written = {"match": {}, "when": "before", **rule}
    match, deed = written["match"], written.get("do")
    if not isinstance(match, dict) or match.keys() - {*_PATTERNS, "mutating", "parameters"}:
        raise ControlError(f"a match has {', '.join(_PATTERNS)}, mutating, parameters: {match!r}")
    if not all(isinstance(text, str) for text in _texts(match)) or not isinstance(match.get("mutating", True), bool):
        raise ControlError(f"a match is of texts, and mutating is true or false: {match!r}")
    if written["when"] not in ("before", "after"):
        raise ControlError(f"when is before or after: {written['when']!r}")
    for name in ("nth", "times"):
        if name in rule and (type(rule[name]) is not int or rule[name] < 1):
            raise ControlError(f"{name} is a whole number from 1: {rule[name]!r}")
    if not isinstance(deed, dict) or len(deed) != 1 or not deed.keys() <= set(_DEEDS):
        raise ControlError(f"do has one of {', '.join(_DEEDS)}: {deed!r}")
    (kind, argument) = next(iter(deed.items()))
    if not _fits(kind, argument):
        raise ControlError(
            "fail is {code, status, message?}, reset and hold are true, delaySeconds is a number: " + repr(deed)
        )
    return Rule(written, kind)


def _texts(match: dict[str, Any]) -> list[Any]:
    parameters = match.get("parameters", {})
    return [match[name] for name in _PATTERNS if name in match] + (
        list(parameters.values()) if isinstance(parameters, dict) else [None]
    )


def _fits(kind: str, argument: Any) -> bool:
    if kind == "fail":
        return (
            isinstance(argument, dict)
            and not argument.keys() - {"code", "status", "message"}
            and isinstance(argument.get("code"), str)
            and isinstance(argument.get("message", ""), str)
            and type(argument.get("status")) is int
            and 400 <= argument["status"] <= 599
        )
    if kind == "delaySeconds":
        return type(argument) in (int, float) and argument >= 0
    return argument is True
