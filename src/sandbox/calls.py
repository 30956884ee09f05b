"""What a request is: which service, whose, where, which action, with what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from moto.iam.models import get_account_id_from

from sandbox.runtime import runtime
from sandbox.s3_actions import s3_action

_SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
_READS = re.compile(r"Describe|Get|List|Head|Search|Lookup|BatchGet")
_AGENTS = {"bake": re.compile(r" app/bake(?: |$)"), "packer": re.compile(r"Packer/|^aws-sdk-go/")}
"""What programs say they are. Packer 1.6 says no more than the name of its SDK, which nothing else here uses."""
_NO_EFFECT = re.compile(r"AssumeRole|Decrypt|Encrypt|ReEncrypt|GenerateDataKey|GenerateRandom|Sign$|Verify$")
"""They change nothing that anybody could look at, though the sandbox may have to save what it notes about them."""


@dataclass(frozen=True)
class Call:
    service: str
    account_id: str
    region: str
    action: str
    label: str
    """The action as the log shows it: for S3 method and path."""
    changes: bool
    """Whether the sandbox's state may be another one afterwards."""
    mutating: bool
    """Whether its caller meant to change something. A dry run does not."""
    fields: dict[str, str]
    """Parameters: of a form as on the wire (`ImageId.1`), of JSON its scalars and its lists of them in the same way."""
    caller: str | None
    """The instance whose role's keys signed it."""
    access_key: str
    agent: str
    """The program that made it, as its User-Agent begins: `bake`, `packer`, or what else it calls itself."""


def identify(environ: dict[str, Any]) -> Call:
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "") + environ.get("QUERY_STRING", ""))
    access_key, region, service = scope.groups() if scope else ("", "us-east-1", "unsigned")
    method, target = environ["REQUEST_METHOD"], environ.get("HTTP_X_AMZ_TARGET", "")
    label = f"{method} {environ.get('PATH_INFO', '')}"
    if service == "s3":
        action, fields = _of_s3(environ)
    else:
        fields = dict(_json_fields(environ) if target else _form_fields(environ))
        action = target.rpartition(".")[2] or fields.get("Action") or label
    if service in ("s3", "unsigned"):
        changes = scope is not None and method not in ("GET", "HEAD")
    else:
        label = action
        changes = not _READS.match(action) and not action.startswith(("GET ", "HEAD "))
    dry = fields.get("DryRun", "").lower() == "true"
    mutating = changes and not dry and not _NO_EFFECT.match(action)
    account_id, caller = get_account_id_from(access_key), runtime().callers.get(access_key)
    agent = _agent(environ.get("HTTP_USER_AGENT", ""))
    return Call(service, account_id, region, action, label, changes, mutating, fields, caller, access_key, agent)


def _agent(text: str) -> str:
    for name, form in _AGENTS.items():
        if form.search(text):
            return name
    return text.partition("/")[0]


def take_body(environ: dict[str, Any]) -> bytes:
    """The body, which can be read again afterwards."""
    length = environ.get("CONTENT_LENGTH")
    ends_itself = not length and environ.get("wsgi.input_terminated")
    body = environ["wsgi.input"].read() if ends_itself else environ["wsgi.input"].read(int(length or 0))
    environ["wsgi.input"] = BytesIO(body)
    return body


def _of_s3(environ: dict[str, Any]) -> tuple[str, dict[str, str]]:
    # WSGI hands over the path's bytes as if they were Latin-1.
    path = environ.get("PATH_INFO", "").encode("latin1").decode(errors="replace")
    bucket, _, key = path.removeprefix("/").partition("/")
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    copies = "HTTP_X_AMZ_COPY_SOURCE" in environ
    action = s3_action(environ["REQUEST_METHOD"], bucket, key, query, copies)
    fields = {"Bucket": bucket, "Key": key, "IfMatch": environ.get("HTTP_IF_MATCH", "")}
    fields["IfNoneMatch"] = environ.get("HTTP_IF_NONE_MATCH", "")
    fields |= {name: value for name, value in query.items() if not name.lower().startswith("x-")}
    return action, {name: value for name, value in fields.items() if value}


def _form_fields(environ: dict[str, Any]) -> list[tuple[str, str]]:
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return parse_qsl(environ.get("QUERY_STRING", ""))
    return parse_qsl(take_body(environ).decode(errors="replace"))


def _json_fields(environ: dict[str, Any]) -> Iterator[tuple[str, str]]:
    try:
        content = json.loads(take_body(environ))
    except ValueError:
        return
    for name, value in content.items() if isinstance(content, dict) else ():
        for number, item in enumerate(value, 1) if isinstance(value, list) else ((0, value),):
            if isinstance(item, (str, int, float)):
                yield f"{name}.{number}" if number else name, item if isinstance(item, str) else json.dumps(item)
