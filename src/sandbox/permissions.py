"""IAM's judgement of requests, where a test switches it on: whose keys signed, what that user or role may do.

moto's own asks for actions alone: of EC2 it knows no resource, of S3 the API's names and not IAM's, and conditions it
passes over. So users, roles and policies are moto's, and what they say is read here."""

from __future__ import annotations

import json
import traceback
from typing import Any

from moto.iam.access_control import CreateAccessKeyFailure, create_access_key
from moto.iam.exceptions import NotFoundException
from moto.iam.models import Policy, iam_backends

from sandbox.call_needs import needs_of
from sandbox.calls import Call
from sandbox.policies import Need, allows, holds
from sandbox.runtime import runtime
from sandbox.wire import Answer, error_answer

_CODES = {"ec2": (403, "UnauthorizedOperation"), "s3": (403, "AccessDenied"), "sts": (403, "AccessDenied")}


def refusal(call: Call, environ: dict[str, Any]) -> Answer | None:
    """None where the request may be done. Keys of nobody are an administrator's."""
    key = _key(call, environ)
    if key is None:
        return None
    try:
        with runtime().ec2_lock, runtime().lock_of("iam"):
            denied = _first_denied(key, call)
    except Exception as error:
        traceback.print_exc()
        # A 4xx, as an SDK would repeat a 5xx.
        return error_answer(call.service, environ, 400, "InvalidAction", f"The sandbox cannot judge this call: {error!r}")
    return None if denied is None else _refused(key, denied, call, environ)


def hidden(call: Call, environ: dict[str, Any], answer: Answer) -> Answer | None:
    """S3 tells that there is no such object only to those who may list the bucket."""
    if call.service != "s3" or not call.fields.get("Key") or not answer[0].startswith("404"):
        return None
    key = _key(call, environ)
    need = Need("s3:ListBucket", f"arn:aws:s3:::{call.fields['Bucket']}")
    with runtime().lock_of("iam"):
        return None if key is None or allows(_policies(key), need) else _refused(key, need, call, environ)


def _key(call: Call, environ: dict[str, Any]) -> Any:
    """None for keys of nobody."""
    token = environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
    headers = {} if token is None else {"X-Amz-Security-Token": token}
    try:
        return create_access_key(call.account_id, "aws", call.access_key, headers)
    except CreateAccessKeyFailure:
        return None


def _refused(key: Any, denied: Need, call: Call, environ: dict[str, Any]) -> Answer:
    status, code = _CODES.get(call.service, (400, "AccessDeniedException"))
    message = f"User: {key.arn} is not authorized to perform: {denied.action} on resource: {denied.resource}"
    return error_answer(call.service, environ, status, code, message)


def _first_denied(key: Any, call: Call) -> Need | None:
    policies = _policies(key)
    return next((need for need in needs_of(call) if not (allows(policies, need) and _trusted(key, need))), None)


def _policies(key: Any) -> list[dict[str, Any]]:
    try:
        return [_document(policy) for policy in key.collect_policies()]
    except NotFoundException:
        return []  # a role that was assumed and that nobody has made


def _document(policy: Any) -> dict[str, Any]:
    if isinstance(policy, Policy):
        policy = next(version.document for version in policy.versions if version.is_default)
    text = policy if isinstance(policy, str) else policy["policy_document"]
    return json.loads(text)


def _trusted(key: Any, need: Need) -> bool:
    """Whether a role that is to be assumed wants whom it is assumed by."""
    if need.action != "sts:AssumeRole":
        return True
    account = need.resource.split(":")[4]
    roles = iam_backends[account]["aws"].roles.values()
    role = next((one for one in roles if one.arn == need.resource), None)
    if role is None:
        return False
    callers = {"*", key.arn, f"arn:aws:iam::{key.account_id}:root", key.account_id}
    return any(
        statement["Effect"] == "Allow"
        and statement["Action"] == "sts:AssumeRole"
        and callers & set(_listed(statement["Principal"].get("AWS", [])))
        and holds(statement.get("Condition", {}), need.context)
        for statement in json.loads(role.assume_role_policy_document)["Statement"]
    )


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
