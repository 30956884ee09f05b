"""The QEMU Machine Protocol: commands out, answers and events in, one JSON document per line."""

from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Callable
from typing import Any

_ANSWER_SECONDS = 30.0


class QmpError(Exception):
    """QEMU refused a command, or is gone."""


class QmpClient:
    """Speaks over a connected socket. `on_event` is called on the reading thread and must not block."""

    def __init__(self, connection: socket.socket, on_event: Callable[[str, dict[str, Any]], None]):
        self._connection = connection
        self._on_event = on_event
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._one_at_a_time = threading.Lock()
        threading.Thread(target=self._read, daemon=True, name="qmp").start()
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: Any) -> Any:
        """Returns what QEMU returned; raises QmpError when it refuses, hangs up, or stays silent."""
        with self._one_at_a_time:
            try:
                message = json.dumps({"execute": command, "arguments": arguments})
                self._connection.sendall(message.encode() + b"\n")
                answer = self._answers.get(timeout=_ANSWER_SECONDS)
            except (OSError, queue.Empty) as error:
                raise QmpError(f"{command}: no answer ({error!r})") from error
        if "return" not in answer:
            raise QmpError(f"{command}: {answer.get('error', {}).get('desc', 'QEMU has hung up')}")
        return answer["return"]

    def _read(self) -> None:
        try:
            for line in self._connection.makefile("rb"):
                message = json.loads(line)
                if "event" in message:
                    self._on_event(message["event"], message.get("data", {}))
                elif "QMP" not in message:
                    self._answers.put(message)
        except (OSError, ValueError):
            pass  # the machine was killed in mid-sentence
        self._answers.put({})
