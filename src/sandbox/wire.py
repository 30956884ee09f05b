"""Errors as each of AWS's protocols writes them, so that an SDK names the code; and how to read them back."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

Answer = tuple[str, list[tuple[str, str]], bytes]
"""Status line, headers, body."""

_NO_ID = "00000000-0000-0000-0000-000000000000"
_CODE = re.compile(rb"<Code>([^<]+)</Code>")


def error_answer(service: str, environ: dict[str, Any], status: int, code: str, message: str) -> Answer:
    """The answer with which `service` would refuse this request."""
    if service == "s3":
        return s3_error(environ["REQUEST_METHOD"], status, code, message)
    what = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    if service == "ec2":
        return _xml(status, f"<Response><Errors>{what}</Errors><RequestID>{_NO_ID}</RequestID></Response>")
    if environ.get("HTTP_X_AMZ_TARGET"):
        return _json(status, code, {"__type": code, "message": message}, "application/x-amz-json-1.1")
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        what = what.replace("<Error>", "<Error><Type>Sender</Type>", 1)
        return _xml(status, f"<ErrorResponse>{what}<RequestId>{_NO_ID}</RequestId></ErrorResponse>")
    return _json(status, code, {"message": message}, "application/json")


def s3_error(method: str, status: int, code: str, message: str, more: str = "") -> Answer:
    """`more`: elements that stand beside the message. A HEAD has no body, so it tells no code either."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message>{more}"
        "<RequestId>0000000000000000</RequestId></Error>"
    )
    content = b"" if method == "HEAD" else body.encode()
    return _status_line(status), [("Content-Type", "application/xml")], content


def error_code(answer: Answer) -> str | None:
    """The code in an answer that is no success, as far as it has one."""
    status, headers, body = answer
    if int(status[:3]) < 300:
        return None
    named = next((value for name, value in headers if name.lower() == "x-amzn-errortype"), None)
    if named is None and body.startswith(b"{"):
        named = json.loads(body).get("__type")
    if named is None:
        found = _CODE.search(body)
        return found[1].decode() if found else None
    return str(named).partition(":")[0].rpartition("#")[2]


def _xml(status: int, body: str) -> Answer:
    return _status_line(status), [("Content-Type", "text/xml")], body.encode()


def _json(status: int, code: str, body: dict[str, str], content_type: str) -> Answer:
    headers = [("Content-Type", content_type), ("x-amzn-ErrorType", code)]
    return _status_line(status), headers, json.dumps(body).encode()


def _status_line(status: int) -> str:
    known = {one.value: one.phrase for one in HTTPStatus}
    return f"{status} {known.get(status, 'Error')}"
