"""The HTTP side: every request's way to moto and back, and the sandbox's own calls under /_bake."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox.behaviour import BehaviourError
from sandbox.buckets import refuse
from sandbox.calls import Call, identify, take_body
from sandbox.faults import ControlError
from sandbox.holds import ConnectionCut
from sandbox.interference import Interference
from sandbox.runtime import runtime
from sandbox.wire import Answer, error_answer

_ALSO_CHANGED = {"sts": ("iam",)}
"""AssumeRole makes keys in IAM's backend, by which later requests are told to come from that account."""
_REMEMBERED = {"ec2", "s3", "ssm", "iam", "sts", "kms"}
"""Where an answer promises that a restart changes nothing. Other services are saved if moto's backend can be."""

StartResponse = Callable[..., Any]


class Application:
    """The WSGI application. `control` answers `/_bake/<name>`: it takes method, name and body and returns JSON, or None."""

    def __init__(self, control: Callable[[str, str, bytes], dict[str, Any] | None]):
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._control = control
        self._interference = Interference()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_bake/"):
            return self._answer_control(environ, path.removeprefix("/_bake/"), start_response)
        started = time.monotonic()
        call = identify(environ)
        try:
            status, headers, body = self._interference.around(call, environ, lambda: self._perform(call, environ))
        except ConnectionCut:
            _log(call, "---", started)
            raise
        _log(call, status[:3], started)
        if environ["REQUEST_METHOD"] != "HEAD":  # whose length is that of the object it is about
            headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
            headers.append(("Content-Length", str(len(body))))
        start_response(status, headers)
        return [body]

    def _perform(self, call: Call, environ: dict[str, Any]) -> Answer:
        try:
            with runtime().lock_of(call.service):
                refused = refuse(environ, call.region) if call.service == "s3" else None
                answer = refused or self._run(environ)
                changes = _note_changes(call) if call.changes and not refused else []
            _save(call, changes)
            return answer
        except NotImplementedError as error:
            # A 4xx, as an SDK would repeat a 5xx three times before showing it.
            why = f"The sandbox does not have this call: {error}"
            return error_answer(call.service, environ, 400, "InvalidAction", why)
        except Exception as error:
            traceback.print_exc()
            return error_answer(call.service, environ, 500, "InternalError", repr(error))

    def _run(self, environ: dict[str, Any]) -> Answer:
        answer: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answer[:] = [status, headers]

        body = b"".join(self._moto(environ, start))
        return answer[0], answer[1], body

    def _answer_control(self, environ: dict[str, Any], name: str, start_response: StartResponse) -> list[bytes]:
        method = environ["REQUEST_METHOD"]
        try:
            body = take_body(environ)
            ours = self._interference.control(method, name, environ.get("QUERY_STRING", ""), body)
            result = self._control(method, name, body) if ours is None else {"version": 1, **ours}
            if (method, name) == ("POST", "reset"):
                self._interference.reset()
            status = "404 Not Found" if result is None else "200 OK"
        except (BehaviourError, ControlError) as error:
            result, status = {"error": str(error)}, "400 Bad Request"
        except Exception as error:
            traceback.print_exc()
            result, status = {"error": str(error)}, "500 Internal Server Error"
        body = json.dumps(result if result is not None else {"error": "no such call"}).encode() + b"\n"
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


def _log(call: Call, status: str, started: float) -> None:
    took = (time.monotonic() - started) * 1000
    clock = time.strftime("%H:%M:%S")
    # One write, or the lines of two threads run into each other.
    by = f" {call.caller}" if call.caller else ""
    sys.stderr.write(f"{clock} {call.service} {call.region} {call.label} {status} {took:.0f}ms{by}\n")


def _note_changes(call: Call) -> list[tuple[str, int]]:
    note = runtime().store.note_change
    services = (call.service, *_ALSO_CHANGED.get(call.service, ()))
    return [(service, note(service, call.account_id, call.region)) for service in services]


def _save(call: Call, changes: list[tuple[str, int]]) -> None:
    for service, change in changes:
        try:
            runtime().store.save_change(service, call.account_id, call.region, change)
        except Exception:
            if service in _REMEMBERED:
                raise
            traceback.print_exc()
