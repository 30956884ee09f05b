"""What a request to S3 is called, since it does not say so itself."""

from __future__ import annotations

_OF_BUCKET = {
    "accelerate": "BucketAccelerateConfiguration", "acl": "BucketAcl", "cors": "BucketCors",
    "encryption": "BucketEncryption", "lifecycle": "BucketLifecycleConfiguration", "location": "BucketLocation",
    "logging": "BucketLogging", "notification": "BucketNotificationConfiguration",
    "object-lock": "ObjectLockConfiguration", "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy", "policyStatus": "BucketPolicyStatus", "publicAccessBlock": "PublicAccessBlock",
    "replication": "BucketReplication", "tagging": "BucketTagging", "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}  # fmt: skip
_OF_OBJECT = {
    "acl": "ObjectAcl", "attributes": "ObjectAttributes", "legal-hold": "ObjectLegalHold",
    "retention": "ObjectRetention", "tagging": "ObjectTagging",
}  # fmt: skip
_OF_UPLOAD = {
    "PUT": "UploadPart", "POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload", "GET": "ListParts",
}  # fmt: skip


def s3_action(method: str, bucket: str, key: str, query: dict[str, str], copies: bool) -> str:
    """`query` holds the query string's names, `copies` says whether content comes from another object."""
    verb = method.capitalize()
    for name, noun in (_OF_OBJECT if key else _OF_BUCKET).items():
        if name in query:
            return verb + noun
    if key:
        if "uploadId" in query:
            return _OF_UPLOAD.get(method, verb)
        if "uploads" in query:
            return "CreateMultipartUpload"
        return "CopyObject" if copies else f"{verb}Object"
    if not bucket:
        return "ListBuckets"
    if method == "GET":
        if "versions" in query:
            return "ListObjectVersions"
        if "uploads" in query:
            return "ListMultipartUploads"
        return "ListObjectsV2" if "list-type" in query else "ListObjects"
    return {"PUT": "CreateBucket", "POST": "DeleteObjects"}.get(method, f"{verb}Bucket")
