"""Reading a machine, for probe.py and probe_settings.py: files that may be missing, programs that must work if there."""

import glob
import hashlib
import json
import os
import subprocess
import sys
import time

ATTEMPTS = 3


def instance_data():
    return parsed("/run/cloud-init/instance-data-sensitive.json") or parsed("/run/cloud-init/instance-data.json")


def expand(patterns):
    found = {path for pattern in patterns for path in glob.glob(pattern)}
    return sorted(path for path in found if os.path.islink(path) or os.path.isfile(path))


def text(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def parsed(path):
    try:
        return json.loads(text(path))
    except ValueError:
        return {}


def digest_of(path):
    return sha256(text(path)) if text(path) else ""


def sha256(value):
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


def run(*command):
    """Standard output, whatever the exit code; empty for a program that the machine does not have."""
    return attempt(command)[1]


def must(*command):
    """The same of a program that may not fail: half an answer would look like a machine without these settings."""
    for _ in range(ATTEMPTS):
        code, output, error = attempt(command)
        if code == 0:
            return output
        # systemd's bus gives up after 25 seconds, which a busy emulated machine may take.
        time.sleep(2)
    sys.exit("%s: exit code %d: %s" % (" ".join(command), code, error.strip()))


def systemctl(*words):
    """Empty where systemd does not run, as in a container."""
    return must("systemctl", *words) if os.path.isdir("/run/systemd/system") else ""


def attempt(command):
    environment = dict(os.environ, LC_ALL="C", PATH="/usr/sbin:/usr/bin:/sbin:/bin")
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    except OSError:
        return 0, "", ""
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
