"""What S3 refuses and moto does not: a bucket of another region or account, content with another checksum."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from moto.s3.models import s3_backends

from sandbox.wire import Answer, s3_error


def refuse(environ: dict[str, Any], region: str) -> Answer | None:
    """The answer to a request that is signed for `region`, if it cannot be let through. Buckets are in the path."""
    bucket = _bucket(unquote(environ.get("PATH_INFO", "")).lstrip("/").partition("/")[0])
    if bucket is not None and not _creates(environ):
        if bucket.region_name != region and "location" not in _query(environ):
            return _redirect(environ, bucket)
        owner = environ.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER", "")
        if owner and owner != bucket.account_id:
            return s3_error(environ["REQUEST_METHOD"], 403, "AccessDenied", "Access Denied")
    if _is_damaged(environ):
        why = "The SHA256 you specified did not match the calculated checksum."
        return s3_error(environ["REQUEST_METHOD"], 400, "BadDigest", why)
    return None


def restore_owners() -> None:
    """Tells moto again whose buckets there are: it notes that when they are made, and not when they are read back."""
    for account_id, regions in list(s3_backends.items()):
        for partition, backend in list(regions.items()):
            for name in backend.buckets:
                s3_backends.bucket_accounts[name] = (partition, account_id)


def _bucket(name: str) -> Any:
    partition, account_id = s3_backends.bucket_accounts.get(name, (None, None))
    return account_id and s3_backends[account_id][partition].buckets.get(name)


def _creates(environ: dict[str, Any]) -> bool:
    is_bucket = "/" not in environ.get("PATH_INFO", "").strip("/")
    return environ["REQUEST_METHOD"] == "PUT" and is_bucket and not _query(environ)


def _query(environ: dict[str, Any]) -> dict[str, list[str]]:
    return parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)


def _is_damaged(environ: dict[str, Any]) -> bool:
    wanted = environ.get("HTTP_X_AMZ_CHECKSUM_SHA256")
    if not wanted or environ["REQUEST_METHOD"] != "PUT":
        return False
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)  # so that moto can read it again
    return base64.b64encode(hashlib.sha256(body).digest()).decode() != wanted


def _redirect(environ: dict[str, Any], bucket: Any) -> Answer:
    why = (
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint."
    )
    endpoint = f"{bucket.name}.s3.{bucket.region_name}.amazonaws.com"
    more = f"<Endpoint>{escape(endpoint)}</Endpoint><Bucket>{escape(bucket.name)}</Bucket>"
    status, headers, body = s3_error(environ["REQUEST_METHOD"], 301, "PermanentRedirect", why, more)
    return status, [*headers, ("x-amz-bucket-region", bucket.region_name)], body
