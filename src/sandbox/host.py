"""The computer that instances run on: which machines exist, and in which order work on each is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox.machine import Machine


class Host:
    """Work on one instance is done one piece after the other; instances do not wait for each other."""

    def __init__(self) -> None:
        self._machines: dict[str, Machine] = {}
        self._queues: dict[str, ThreadPoolExecutor] = {}
        self._lock = threading.Lock()
        self._closed = False

    def machine(self, instance_id: str) -> Machine | None:
        with self._lock:
            return self._machines.get(instance_id)

    def add(self, machine: Machine) -> None:
        with self._lock:
            self._machines[machine.spec.instance_id] = machine
            closed = self._closed
        if closed:
            machine.kill()

    def remove(self, instance_id: str) -> None:
        with self._lock:
            self._machines.pop(instance_id, None)

    def submit(self, instance_id: str, work: Callable[[], Any]) -> None:
        """Does `work` on the instance's own thread, after everything submitted before for it."""
        with self._lock:
            if self._closed:
                return
            if instance_id not in self._queues:
                self._queues[instance_id] = ThreadPoolExecutor(1, thread_name_prefix=instance_id)
            queue = self._queues[instance_id]
        queue.submit(_reporting(work))

    def forget(self, instance_id: str) -> None:
        """To be called as the last work of an instance: ends its thread."""
        with self._lock:
            queue = self._queues.pop(instance_id, None)
        if queue:
            queue.shutdown(wait=False)

    def kill_all(self) -> None:
        """Pulls every plug and waits until no machine holds a disk or an address any more."""
        with self._lock:
            machines = list(self._machines.values())
        for machine in machines:
            machine.kill()
        for machine in machines:
            machine.exited.wait(timeout=10)

    def close(self) -> None:
        """No machine starts after this; the running ones are killed."""
        with self._lock:
            self._closed = True
        self.kill_all()


def _reporting(work: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        import traceback

        try:
            work()
        except BaseException:
            traceback.print_exc()

    return run
