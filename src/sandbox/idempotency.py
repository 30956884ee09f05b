"""ClientToken: the second of two equal requests gets the first one's result."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sandbox import errors


class ClientTokens:
    """Belongs to one account in one region, as tokens do on AWS, and is saved with it."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, str], tuple[str, str]] = {}

    def result_of(self, action: str, parameters: dict[str, Any]) -> str | None:
        """The id that an equal request got, or None when there was none or no token is given.

        Raises IdempotentParameterMismatch when the token came with other parameters.
        """
        token = parameters.get("ClientToken")
        if not token or (action, token) not in self._used:
            return None
        digest, result = self._used[action, token]
        if digest != _digest(parameters):
            raise errors.idempotent_parameter_mismatch(token)
        return result

    def remember(self, action: str, parameters: dict[str, Any], result: str) -> None:
        if token := parameters.get("ClientToken"):
            self._used[action, token] = (_digest(parameters), result)


def _digest(parameters: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(parameters, sort_keys=True, default=str).encode()).hexdigest()
