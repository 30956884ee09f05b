#!/bin/sh
''':'
# RHEL 8 has python3 under another name; -I -B: nothing but the standard library, and no files written beside this one.
for python in /usr/bin/python3 /usr/libexec/platform-python; do [ -x "$python" ] && exec "$python" -IB "$0" "$@"; done
echo "$0: there is no python3" >&2; exit 1
'''
__doc__ = """Loads this machine's configuration from the S3 bucket of its own region. docs/region-config.md explains it.

usage: bake-region-config load              at boot, before the service: exit 1 keeps the service from starting
       bake-region-config refresh           later, by the timer: the service is reloaded if something changed
       bake-region-config status [--json]   what is loaded, from where, and what went wrong last

/var/lib/bake/region-config/<content>/ holds one complete version; the link `current` leads to it. A version is written
beside the others, checked and synced before rename(2) turns the link: at every moment `current` is all of one version.
"""

import base64
import contextlib
import errno
import fcntl
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from urllib.parse import quote

METADATA = "169.254.169.254"
SETTINGS = ("/usr/lib/bake/region-config.json", "/etc/bake/region-config.json")  # the later one wins, key by key
STATE = "/var/lib/bake/region-config"
MACHINE = "/sys/class/dmi/id/product_uuid"  # differs in each instance
LOADER_UNIT = "bake-region-config.service"
REQUEST_SECONDS = 10  # without a byte
METADATA_SECONDS = 5
ACTION_SECONDS = 120
# How long failures are tried again that may pass. Role credentials are refused for up to a minute after launch, and the
# last pause may be LONGEST_PAUSE before that is over.
FOREVER, DENIED_SECONDS, CORRUPTED_SECONDS = float("inf"), 90, 15
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10
MAX_ERROR, MAX_MANIFEST, MAX_OBJECTS = 1 << 16, 1 << 20, 32 << 20  # bytes

DEFAULTS = {"channel": None, "deadline": 120, "group": "root", "onChange": "reload-or-restart", "policy": "fail-closed",
            "required": [], "service": None}  # fmt: skip
NAME = re.compile(r"values\.json|files/[A-Za-z0-9][A-Za-z0-9._/-]*")
HEX = re.compile(r"[0-9a-f]{64}")


class Failure(Exception):
    """`reason` is a word that monitoring may rely on; `patience`: for how many seconds trying again may help."""

    def __init__(self, reason, detail, patience=0):
        super().__init__(reason, detail)
        self.reason, self.detail, self.patience = reason, detail, patience


# ---- Time: one deadline for everything, and pauses in between ----


class Deadline:
    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def timeout(self, most):
        return max(0.1, min(most, self.end - time.monotonic()))

    def attempts(self, act):
        """Calls `act` until it answers, fails for good, or time is up. Pauses are random below a bound that doubles, so
        that a thousand machines do not come back at once."""
        started, bound = time.monotonic(), FIRST_PAUSE
        while True:
            try:
                return act()
            except Failure as failure:
                pause = random.uniform(0, bound)
                if time.monotonic() + pause >= min(self.end, started + failure.patience):
                    raise
            time.sleep(pause)
            bound = min(LONGEST_PAUSE, 2 * bound)


def http_request(secure, host, target, headers, deadline, limit, method="GET", seconds=None):
    """Status, headers and body. Redirects are answers like others. OSError when the body is not all there."""
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(host, timeout=deadline.timeout(seconds or REQUEST_SECONDS))
    try:
        connection.request(method, target, headers=headers)
        response = connection.getresponse()
        parts, size = [], 0
        while True:
            part = response.read1(65536)
            if not part:
                break
            parts.append(part)
            size += len(part)
            if size > limit or time.monotonic() > deadline.end:
                raise OSError("the body is too long, or has not arrived in time")
        length = response.headers.get("Content-Length", "")
        if length.isdigit() and size < int(length):
            raise OSError("%d of %s bytes arrived" % (size, length))
        return response.status, response.headers, b"".join(parts)
    except (http.client.HTTPException, ValueError) as error:
        raise OSError("no HTTP: %r" % error)
    finally:
        connection.close()


# ---- The instance metadata service, version 2 ----


class Metadata:
    def __init__(self, deadline):
        self.deadline, self.token = deadline, None

    def get(self, path, when_missing=None):
        return self.deadline.attempts(lambda: self._get(path, when_missing))

    def _get(self, path, when_missing):
        if self.token is None:
            ttl = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
            self.token = self._ask("/latest/api/token", ttl, "PUT", None)
        return self._ask("/latest/" + path, {"X-aws-ec2-metadata-token": self.token}, "GET", when_missing)

    def _ask(self, path, headers, method, when_missing):
        try:
            status, _, body = http_request(
                False, METADATA, path, headers, self.deadline, MAX_ERROR, method, METADATA_SECONDS
            )
        except OSError as error:
            raise Failure("metadata-unreachable", "the instance metadata service: %s" % error, FOREVER)
        if status == 200:
            return body.decode("utf-8", "replace")
        if status == 404 and when_missing:
            raise when_missing
        said = "the instance metadata service answers %d to %s" % (status, path)
        if status == 401:
            self.token = None  # it has expired
        elif status < 500 and status != 429:
            raise Failure("metadata-refused", said)
        raise Failure("metadata-unreachable", said, FOREVER)

    def identity(self):
        """Account, region, and the domain that the names of this partition's endpoints end in."""
        try:
            document = json.loads(self.get("dynamic/instance-identity/document"))
            return document["accountId"], document["region"], self.get("meta-data/services/domain").strip()
        except (ValueError, KeyError, TypeError) as error:
            raise Failure("metadata-refused", "the instance identity document is not one: %r" % error)

    def credentials(self):
        """Key id, secret and token of the instance's role. A role that was just attached takes a while to show."""
        path = "meta-data/iam/security-credentials/"
        missing = Failure("no-role", "the instance has no role: it needs an instance profile", DENIED_SECONDS)

        def ask():
            role = self.get(path, missing).split("\n")[0].strip()
            text = self.get(path + quote(role, safe=""), missing)
            try:
                found = json.loads(text)
                return found["AccessKeyId"], found["SecretAccessKey"], found["Token"]
            except (ValueError, KeyError, TypeError):
                # Not all of the document: what it holds may be a key all the same.
                said = ", ".join(re.findall(r'"(?:Code|Message)"\s*:\s*"([^"]*)"', text))[:200]
                raise Failure("no-role", "role %s has no credentials: %s" % (role, said or "no reason"), DENIED_SECONDS)

        return self.deadline.attempts(ask)


# ---- S3 ----


def signature(request, credentials, region, service, now):
    """The Authorization header of AWS Signature Version 4 for (method, encoded path, [(encoded name, encoded value)],
    headers, sha256 of the body). The path is signed as it is sent, as S3 wants it. All headers are signed."""
    method, path, query, headers, body_digest = request
    names = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
    signed = ";".join(name for name, _ in names)
    lines = [method, path, "&".join("%s=%s" % pair for pair in sorted(query))]
    lines += ["%s:%s" % pair for pair in names] + ["", signed, body_digest]
    date = time.strftime("%Y%m%d", time.gmtime(now))
    scope = "/".join((date, region, service, "aws4_request"))
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    to_sign = "\n".join(("AWS4-HMAC-SHA256", time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now)), scope, digest))
    key = ("AWS4" + credentials[1]).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        credentials[0], scope, signed, hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest())  # fmt: skip


class Bucket:
    """Reads objects of the bucket of this machine's own region and account."""

    def __init__(self, origin, domain, metadata, deadline):
        self.metadata, self.deadline = metadata, deadline
        self.name, self.account, self.region = origin["bucket"], origin["account"], origin["region"]
        # A domain that is an address is an emulator's.
        self.secure = re.match(r"[0-9.]+(:[0-9]+)?$|\[", domain) is None
        self.host = "%s.s3.%s.%s" % (self.name, self.region, domain) if self.secure else domain
        self.base = "/" if self.secure else "/%s/" % self.name
        self.credentials = None
        self.clock = 0  # seconds that this machine's clock is behind S3's

    def get(self, key, entry=None):
        """The object's bytes and version; with the manifest's entry, the version and the bytes that it says."""
        return self.deadline.attempts(lambda: self._get(key, entry))

    def _get(self, key, entry):
        if self.credentials is None:
            self.credentials = self.metadata.credentials()
        now = time.time() + self.clock
        headers = {
            "Host": self.host,
            "X-Amz-Checksum-Mode": "ENABLED",
            "X-Amz-Content-Sha256": hashlib.sha256(b"").hexdigest(),
            "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now)),
            "X-Amz-Expected-Bucket-Owner": self.account,
            "X-Amz-Security-Token": self.credentials[2],
        }
        path = self.base + quote(key, safe="/-_.~")
        query = [("versionId", quote(entry["versionId"], safe="-_.~"))] if entry else []
        request = ("GET", path, query, headers, headers["X-Amz-Content-Sha256"])
        sent = dict(headers, Authorization=signature(request, self.credentials, self.region, "s3", now))
        target = path + "".join("?%s=%s" % pair for pair in query)
        where, limit = "s3://%s/%s" % (self.name, key), max(entry["size"], MAX_ERROR) if entry else MAX_MANIFEST
        try:
            status, answer, body = http_request(self.secure, self.host, target, sent, self.deadline, limit)
        except OSError as error:
            raise Failure("s3-unavailable", "%s: %s" % (where, error), FOREVER)
        if status != 200:
            raise self._refusal(status, answer, body.decode("utf-8", "replace"), where)
        digest, checksum = hashlib.sha256(body), answer.get("x-amz-checksum-sha256", "-")
        # A checksum with a dash is made of the parts' checksums.
        right = "-" in checksum or checksum == base64.b64encode(digest.digest()).decode()
        if entry:
            right = right and len(body) == entry["size"] and digest.hexdigest() == entry["sha256"]
        if not right:
            raise Failure("content-corrupted", where + " is not what was published", CORRUPTED_SECONDS)
        return body, answer.get("x-amz-version-id")

    def _refusal(self, status, answer, text, where):
        code = (re.findall("<Code>([A-Za-z]+)</Code>", text) or ["%d" % status])[0]
        region = answer.get("x-amz-bucket-region") or (re.findall("<Region>([a-z0-9-]+)</Region>", text) or [None])[0]
        said = "%s: %s %s" % (where, status, code)
        if 300 <= status < 400 or code in ("AuthorizationHeaderMalformed", "IllegalLocationConstraintException"):
            said += ": the bucket is in %s, not in %s" % (region or "another region", self.region)
            return Failure("wrong-region", said)
        if status >= 500 or status == 429:
            return Failure("s3-unavailable", said, FOREVER)
        if code == "NoSuchBucket":
            return Failure("bucket-missing", said)
        if code == "RequestTimeTooSkewed":
            behind, before = self._behind(answer), self.clock
            self.clock = behind
            # Once it is corrected it is right; another refusal has another cause.
            patience = 0 if abs(behind - before) < 60 else FOREVER
            return Failure("clock-skew", "%s: the clock is %d seconds behind S3's" % (said, behind), patience)
        if status == 404:
            # S3 may not know every version yet in a bucket that has just begun to keep them.
            return Failure("key-missing", said, DENIED_SECONDS)
        self.credentials = None  # others may be there by the next attempt
        if code in ("ExpiredToken", "InvalidToken", "InvalidAccessKeyId", "SignatureDoesNotMatch"):
            return Failure("credentials-refused", said, DENIED_SECONDS)
        if status == 403:
            said += ": the role lacks s3:GetObject, s3:GetObjectVersion or kms:Decrypt, or the key is missing, which"
            said += " S3 tells only with s3:ListBucket, or the bucket is not account %s's" % self.account
            return Failure("access-denied", said, DENIED_SECONDS)
        return Failure("s3-refused", said)

    def _behind(self, answer):
        from email.utils import parsedate_to_datetime

        try:
            return parsedate_to_datetime(answer.get("Date", "")).timestamp() - time.time()
        except (TypeError, ValueError, IndexError):
            return self.clock


# ---- What is loaded ----


def read_settings():
    settings = dict(DEFAULTS)
    for path in SETTINGS:
        try:
            with open(path, encoding="utf-8") as file:
                settings.update(json.load(file))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError) as error:
            raise Failure("settings-invalid", "%s: %s" % (path, error))
    rules = {
        "image": is_text, "bucket": is_text, "prefix": is_text, "group": is_text, "required": are_texts,
        "service": lambda value: value is None or is_text(value),
        "channel": lambda value: value is None or is_text(value),
        "deadline": lambda value: isinstance(value, int) and 1 <= value <= 3600,
        "policy": lambda value: value in ("fail-closed", "last-known-good"),
        "onChange": lambda value: value in ("reload-or-restart", "restart", "reload", "none")
        or isinstance(value, dict) and are_texts(value.get("command")) and value["command"],
    }  # fmt: skip
    for key, holds in rules.items():
        if not holds(settings.get(key)):
            raise Failure("settings-invalid", "%s: %s is %r" % (" and ".join(SETTINGS), key, settings.get(key)))
    return settings


def is_text(value):
    return isinstance(value, str) and value != ""


def are_texts(value):
    return isinstance(value, list) and all(map(is_text, value))


def fill(pattern, account, region, channel):
    if "{channel}" in pattern and channel is None:
        raise Failure("settings-invalid", "%s needs a channel: user-data writes it to %s" % (pattern, SETTINGS[1]))
    return pattern.replace("{account}", account).replace("{region}", region).replace("{channel}", channel or "")


def parse_manifest(body, image, prefix):
    """The manifest, when all of it is as it must be: its names become paths on this machine."""
    try:
        manifest = json.loads(body.decode("utf-8"))
        objects = manifest["objects"]
        names = [entry["name"] for entry in objects]
        if manifest["version"] != 1 or not isinstance(manifest["serial"], int):
            raise ValueError("its version or its serial is not one that this loader knows")
        if manifest["image"] != image:
            raise Failure("wrong-image", "the manifest is for image %r, not for %s" % (manifest["image"], image))
        for entry in objects:
            name, parts = entry["name"], entry["name"].split("/")
            if not NAME.fullmatch(name) or {"", ".", ".."} & set(parts):
                raise ValueError("%r is no name for a file" % name)
            if any("/".join(parts[:size]) in names for size in range(1, len(parts))) or names.count(name) > 1:
                raise ValueError("%r is there twice, or also a folder" % name)
            if entry["key"] != "%s/%s" % (prefix, name):
                raise ValueError("%r has a key outside of %s" % (name, prefix))
            if not HEX.fullmatch(entry["sha256"]) or not isinstance(entry["size"], int) or entry["size"] < 0:
                raise ValueError("%r has no digest or no size" % name)
            if not isinstance(entry["versionId"], str) or not entry["versionId"]:
                raise ValueError("%r has no version: is the bucket versioned?" % name)
        if "values.json" not in names or sum(entry["size"] for entry in objects) > MAX_OBJECTS:
            raise ValueError("it has no values.json, or more than %d bytes" % MAX_OBJECTS)
        digests = sorted([entry["name"], entry["sha256"]] for entry in objects)
        if manifest["content"] != hashlib.sha256(json.dumps(digests, separators=(",", ":")).encode()).hexdigest():
            raise ValueError("its content is not the digest of its objects")
        return manifest
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure("manifest-invalid", "manifest.json: %s" % (error if type(error) is ValueError else repr(error)))


def version_files(origin, objects, required):
    """Everything in a version's folder: path → bytes. The same config in the shapes that programs read."""
    try:
        values = json.loads(objects["values.json"].decode("utf-8"))
        flat = list(flatten(values, ()))
        # What is no text, such as half of a surrogate pair, is a ValueError too.
        if b"\0" in "".join("".join(path) + text for path, text in flat).encode():
            raise ValueError("a value holds a NUL")
    except (ValueError, AttributeError) as error:
        raise Failure("values-invalid", "values.json: %s" % error)
    present = {".".join(path[:size]) for path, text in flat if text for size in range(1, len(path) + 1)}
    missing = [name for name in required if name not in present]
    if missing:
        raise Failure("required-missing", "values.json lacks %s" % ", ".join(missing))
    environment = {}
    for path, text in flat:
        # As Spring Boot names them: no underscore where a camel's hump is.
        name = re.sub("[^A-Z0-9]", "_", "_".join(path).upper())
        name = "_" + name if name[:1].isdigit() else name
        if name in environment:
            raise Failure("values-invalid", "values.json: two keys are %s in values.env" % name)
        # As systemd and shells read it.
        environment[name] = '%s="%s"\n' % (name, re.sub(r'(["\\`$])', r"\\\1", text))
    properties = ["%s=%s\n" % (escaped(".".join(path), " :=#!"), escaped(text, "")) for path, text in flat]
    shapes = {"values.env": "".join(environment.values()), "values.properties": "".join(properties),
              "origin.json": json.dumps(origin, sort_keys=True, indent=1) + "\n"}  # fmt: skip
    return dict(objects, **{name: text.encode() for name, text in shapes.items()})


def flatten(value, path):
    """(path, text) for each leaf. A list is one: joined by commas, or JSON where that would be ambiguous."""
    if isinstance(value, dict):
        for key in sorted(value):
            for leaf in flatten(value[key], path + (key,)):
                yield leaf
    elif not path:
        raise ValueError("it holds no keys")
    elif isinstance(value, list) and not any(isinstance(v, (dict, list)) or "," in scalar(v) for v in value):
        yield path, ",".join(map(scalar, value))
    else:
        yield path, scalar(value)


def scalar(value):
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def escaped(text, special):
    """For a Java properties file, which may be read as Latin-1."""
    text = re.sub(r"[\\%s]" % special, lambda found: "\\" + found.group(), text)
    text = re.sub("^ ", r"\\ ", text).replace("\n", r"\n").replace("\r", r"\r").replace("\t", r"\t")
    units = text.encode("utf-16-be")
    codes = [units[at] << 8 | units[at + 1] for at in range(0, len(units), 2)]
    return "".join(chr(code) if 0x20 <= code < 0x7F else "\\u%04x" % code for code in codes)


# ---- The state folder ----


@contextlib.contextmanager
def disk_failures():
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise Failure("disk-full" if full else "disk-failed", str(error))
    except LookupError as error:  # shutil.chown's
        raise Failure("settings-invalid", str(error))


def at(*parts):
    return os.path.join(STATE, *parts)


def led_to(link):
    """The version that `current` or `previous` leads to, or None."""
    return os.readlink(at(link)) if os.path.islink(at(link)) else None


def read_json(*parts):
    try:
        with open(at(*parts), encoding="utf-8") as file:
            found = json.load(file)
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def is_intact(version, origin, required):
    """Whether the folder is from this origin and every file in it is as it was written."""

    def content(name):
        with open(at(version, name), "rb") as file:
            return file.read()

    try:
        objects = {name: content(name) for name in origin["objects"]}
        same = all(hashlib.sha256(objects[name]).hexdigest() == digest for name, digest in origin["objects"].items())
        return same and all(content(name) == data for name, data in version_files(origin, objects, required).items())
    except (OSError, LookupError, TypeError, Failure):
        return False


def write_file(path, data, mode, group=None):
    with open(path, "wb") as file:
        os.fchmod(file.fileno(), mode)
        if group:
            shutil.chown(path, group=group)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_version(content, files, group):
    """A folder with these files, on the disk when this returns: its name. What `current` leads to is never touched."""
    name = content if led_to("current") != content else content + ".again"
    shutil.rmtree(at(name), ignore_errors=True)
    for folder in sorted({os.path.dirname(at(".new", path)) for path in files}):
        os.makedirs(folder, mode=0o700)  # nobody looks in before all have their modes
    for path, data in files.items():
        write_file(at(".new", path), data, 0o640, group)
    for folder, _, _ in os.walk(at(".new")):
        os.chmod(folder, 0o750)
        shutil.chown(folder, group=group)
        sync(folder)
    os.rename(at(".new"), at(name))
    return name


def use(version):
    """Turns `current`; `previous` leads to the version before, and all others go."""
    for link, target in (("previous", led_to("current")), ("current", version)):
        if target:
            os.symlink(target, at(".link"))
            os.rename(at(".link"), at(link))
            sync(STATE)


def tidy():
    """Removes what a loader that was killed left, and versions that nothing leads to."""
    kept = {led_to("current"), led_to("previous"), "current", "previous", "state.json", ".lock"}
    for name in set(os.listdir(STATE)) - kept:
        if not name.startswith(".") and not HEX.match(name):
            continue
        if os.path.isdir(at(name)) and not os.path.islink(at(name)):
            shutil.rmtree(at(name))
        else:
            os.unlink(at(name))


def sync(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


@disk_failures()
def write_state(**changes):
    state = dict(read_json("state.json"), version=1, **changes)
    write_file(at(".state"), (json.dumps(state, indent=1, sort_keys=True) + "\n").encode(), 0o644)
    os.rename(at(".state"), at("state.json"))


@contextlib.contextmanager
def locked(deadline):
    """The timer and the boot do not load at once."""

    def attempt():
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure("busy", "another load is running", FOREVER)

    with disk_failures():
        # For root alone: who may open it may hold it, and so keep every load from running.
        file = os.fdopen(os.open(at(".lock"), os.O_WRONLY | os.O_CREAT, 0o600), "w")
        os.fchmod(file.fileno(), 0o600)
    with file:
        deadline.attempts(attempt)
        yield


# ---- The verbs ----


def load(settings, deadline):
    """Brings `current` up to date: the state's new fields. Raises Failure, and then `current` is as it was."""
    metadata = Metadata(deadline)
    account, region, domain = metadata.identity()
    origin = {key: fill(settings[key], account, region, settings["channel"]) for key in ("bucket", "prefix")}
    origin.update(account=account, region=region, machine=machine())
    origin.update((key, settings[key]) for key in ("image", "channel"))
    bucket = Bucket(origin, domain, metadata, deadline)
    body, version = bucket.get(origin["prefix"] + "/manifest.json")
    manifest = parse_manifest(body, settings["image"], origin["prefix"])
    source = dict(origin, objects={entry["name"]: entry["sha256"] for entry in manifest["objects"]})
    with disk_failures():
        tidy()
        intact = is_intact(led_to("current") or "", source, settings["required"])
    if not intact:
        objects = {entry["name"]: bucket.get(entry["key"], entry)[0] for entry in manifest["objects"]}
        files = version_files(source, objects, settings["required"])
        with disk_failures():
            written = write_version(manifest["content"], files, settings["group"])
            if read_json("state.json").get("applied") not in (None, manifest["content"]):
                # From here on nobody knows what the service has read, should this end early.
                write_state(applied=None)
            use(written)
            tidy()
    state = dict(origin, content=manifest["content"], serial=manifest["serial"], manifestVersion=version)
    state.update(checkedAt=clock_time(), clockBehind=round(bucket.clock))
    return state if intact else dict(state, loadedAt=clock_time())


def machine():
    try:
        with open(MACHINE, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def has_last_good(settings):
    """Whether `current` is this very machine's: the disk of another may have been copied, to another region even."""
    origin = read_json("current", "origin.json")
    ours = origin.get("machine") == machine() and origin.get("image") == settings["image"]
    return ours and origin.get("channel") == settings["channel"] and is_intact("current", origin, settings["required"])


def at_boot(settings, deadline):
    try:
        with locked(deadline):
            state = load(settings, deadline)
            # The service is yet to start, and starts with this. Without one nothing waits for the loader.
            note(state, settings["service"] or not isinstance(settings["onChange"], dict))
        return say(6, "loaded", **state)
    except Exception as error:
        failure = remembered(error)
        if settings["policy"] == "last-known-good" and has_last_good(settings):
            return say(4, "kept the last good config", reason=failure.reason, detail=failure.detail)
        return fail(failure)


def at_timer(settings, deadline):
    try:
        with locked(Deadline(0)):
            state = load(settings, deadline)
            applied = note(state, False)
    except Exception as error:
        failure = remembered(error)
        return say(6, "left to another", reason=failure.reason) if failure.reason == "busy" else fail(failure)
    # Outside of the lock: starting the service may start the loader.
    try:
        held_back = unit_state(LOADER_UNIT) == "failed"
        if held_back:
            run(["systemctl", "start", settings["service"] or LOADER_UNIT])  # it was kept from starting at boot
        if not applied and not (held_back and settings["service"]):
            react(settings)
    except Failure as failure:
        return fail(remembered(failure, applied=None))
    if not applied:
        with locked(deadline):
            write_state(applied=state["content"], error=None)
    return say(6, "unchanged" if applied else "changed", **state)


def note(state, applied):
    """Writes down what is loaded; whether it is applied. A reload that failed stays the error until one has worked."""
    before = read_json("state.json")
    applied = applied or before.get("applied") == state["content"]
    failed = not applied and (before.get("error") or {}).get("reason") == "reload-failed"
    write_state(applied=state["content"] if applied else None, error=before["error"] if failed else None, **state)
    return applied


def react(settings):
    action, service = settings["onChange"], settings["service"]
    if isinstance(action, dict):
        run(action["command"])
    elif action != "none" and service:
        found = unit_state(service)
        if found == "failed":  # perhaps by the config before; an inactive one was stopped by somebody
            run(["systemctl", "restart", service])
        elif found in ("active", "activating", "reloading"):
            run(["systemctl", action, service])


def unit_state(unit):
    return run(["systemctl", "show", "--property=ActiveState", unit]).strip().rpartition("=")[2]


def run(command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=ACTION_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise Failure("reload-failed", "%s: %s" % (" ".join(command), error))
    if done.returncode != 0:
        raise Failure("reload-failed", "%s: exit code %d" % (" ".join(command), done.returncode))
    return done.stdout.decode("utf-8", "replace")


def remembered(error, **changes):
    """The failure, in the state too if that can be written."""
    failure = error if isinstance(error, Failure) else Failure("internal-error", repr(error))
    if failure.reason != "busy":
        with contextlib.suppress(Failure):
            write_state(error={"reason": failure.reason, "detail": failure.detail, "at": clock_time()}, **changes)
    return failure


def fail(failure):
    say(3, "failed", reason=failure.reason, detail=failure.detail)
    return 1


def clock_time():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def say(level, outcome, **fields):
    """One line for the journal. What others wrote is quoted, so that it stays one line."""
    shown = ("reason", "serial", "content", "bucket", "prefix", "region", "detail")
    words = ["%s=%s" % (key, json.dumps(fields[key])) for key in shown if key in fields]
    prefix = "<%d>" % level if "JOURNAL_STREAM" in os.environ else ""
    print("%sregion-config %s: %s" % (prefix, outcome, " ".join(words)), flush=True)
    return 0


def status(as_json):
    state = dict(read_json("state.json"), current=led_to("current"))
    healthy = state["current"] is not None and not state.get("error")
    if as_json:
        print(json.dumps(state, indent=1, sort_keys=True))
        return 0 if healthy else 1
    print("loaded   %s" % (at("current") if state["current"] else "nothing"))
    if "serial" in state:
        state["channel"] = state["channel"] or "none"
        print("serial   {serial}, content {content}".format(**state))
        print("from     s3://{bucket}/{prefix}/manifest.json, version {manifestVersion}".format(**state))
        print("for      image {image}, account {account}, region {region}, channel {channel}".format(**state))
        print("checked  {checkedAt}, loaded {loadedAt}".format(**dict({"loadedAt": "before"}, **state)))
    if state.get("error"):
        print("failed   {at} {reason}: {detail}".format(**state["error"]))
    return 0 if healthy else 1


def main(arguments):
    verbs = {"load": at_boot, "refresh": at_timer}
    if arguments[:1] == ["status"] and arguments[1:] in ([], ["--json"]):
        return status("--json" in arguments)
    if len(arguments) != 1 or arguments[0] not in verbs:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    os.umask(0o022)
    try:
        with disk_failures():
            os.makedirs(STATE, mode=0o755, exist_ok=True)
        settings = read_settings()
        return verbs[arguments[0]](settings, Deadline(settings["deadline"]))
    except Failure as failure:
        return fail(remembered(failure))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
