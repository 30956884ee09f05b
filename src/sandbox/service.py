"""The running server: its port, its server.json, its control calls, and its orderly end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from datetime import datetime, timezone
from typing import Any

from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from sandbox.backend import all_backends
from sandbox.behaviour import Behaviour
from sandbox.behaviour_control import control_behaviour
from sandbox.booting import console_path
from sandbox.instance_profiles import ensure_instance_profile
from sandbox.lifecycle import end_with_sandbox
from sandbox.runtime import SSH_PORT, runtime
from sandbox.source_images import SourceImages, read_source_images
from sandbox.web import Application

_LOOPBACK = "127.0.0.1"


class _RequestHandler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"  # an SDK makes dozens of calls over one connection

    def log_request(self, *_arguments: Any) -> None:
        pass  # web.py logs calls, by their names

    def connection_dropped(self, *_arguments: Any) -> None:
        self.close_connection = True  # or the next request would be read from a socket that was cut


class Service:
    def __init__(self, port: int):
        self._server = make_server(
            _LOOPBACK, port, Application(self._control), threaded=True, request_handler=_RequestHandler
        )
        self._server.daemon_threads = True
        runtime().api_port = self._server.port
        self._started = time.monotonic()
        self._file = runtime().settings.state_dir / "server.json"
        self._stop = threading.Event()

    def run(self) -> None:
        """Serves until SIGTERM, SIGINT or a shutdown call; then stops every machine and saves."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        threading.Thread(target=self._server.serve_forever, daemon=True, name="http").start()
        self._announce()
        self._stop.wait()
        self._file.unlink(missing_ok=True)
        self._server.shutdown()
        runtime().host.close()
        with runtime().ec2_lock:
            _terminate_machines()

    def _announce(self) -> None:
        settings, port = runtime().settings, self._server.port
        content = {
            "version": 1,
            "pid": os.getpid(),
            "port": port,
            "endpoint": f"http://{_LOOPBACK}:{port}",
            "machines": settings.machines,
            "accel": settings.accel,
            "sshPort": SSH_PORT,
            "startedAt": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        temporary = self._file.with_suffix(".tmp")
        temporary.write_text(json.dumps(content) + "\n")
        temporary.replace(self._file)

    def _control(self, method: str, name: str, body: bytes) -> dict[str, Any] | None:
        if (method, name) == ("GET", "status"):
            return self._status()
        if (method, name) == ("POST", "images"):
            _read_images_again()
            return {"version": 1}
        if (method, name) == ("POST", "reset"):
            _reset()
            return {"version": 1}
        if (method, name) == ("POST", "shutdown"):
            self._stop.set()
            return {"version": 1}
        if method == "POST" and name.startswith("instance-profile/"):
            ensure_instance_profile(name.partition("/")[2])
            return {"version": 1}
        return control_behaviour(method, name, body)

    def _status(self) -> dict[str, Any]:
        settings = runtime().settings
        with runtime().ec2_lock:
            return {
                "version": 1,
                "machines": settings.machines,
                "accel": settings.accel,
                "uptimeSeconds": round(time.monotonic() - self._started, 3),
                "instances": [_describe(instance) for instance in _instances()],
                "disksBytes": runtime().disks.bytes_on_disk(),
                "imagesDigest": runtime().source_images.digest,
            }


def _describe(instance: Any) -> dict[str, Any]:
    console = console_path(instance.id)
    return {
        "instanceId": instance.id,
        "region": instance.region_name,
        "state": instance.state,
        "address": instance.public_ip,
        "sshPort": SSH_PORT,
        "imageId": instance.image_id,
        "consoleLog": str(console) if console.exists() else None,
    }


def _instances() -> list[Any]:
    return [instance for backend in all_backends() for instance in backend.all_instances()]


def _read_images_again() -> None:
    """Raises ImagesFileError; then everything is as before."""
    file = runtime().settings.images_file
    with runtime().ec2_lock:
        runtime().source_images = read_source_images(file) if file else SourceImages()
        for backend in all_backends():
            backend.take_source_images()
            runtime().store.save_backend(backend)


def _reset() -> None:
    """As if the sandbox had just been made: no machine, no resource, no file."""
    with runtime().ec2_lock:
        for instance in _instances():
            if machine := runtime().host.machine(instance.id):
                machine.kill()
            runtime().addresses.release(instance.public_ip)
        runtime().host.kill_all()
        for instance in _instances():
            runtime().host.remove(instance.id)
            runtime().host.forget(instance.id)
        shutil.rmtree(runtime().settings.state_dir / "consoles", ignore_errors=True)
        BackendDict.reset()
        runtime().behaviour = Behaviour()
        runtime().store.clear()
        runtime().store.sweep_disks()


def _terminate_machines() -> None:
    """Stopped instances keep their disks; the others end with the sandbox, as its machines do."""
    for backend in all_backends():
        for instance in backend.all_instances():
            if instance.state not in ("stopped", "terminated"):
                end_with_sandbox(instance)
        runtime().store.save_backend(backend)
    runtime().store.sweep_disks()
