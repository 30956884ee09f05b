"""Says as JSON what this machine is like: the settings that a first boot may overwrite, its identity, its health.

Runs as root on the builder at the end of a bake and on every machine under trial, with the standard library of
Python 3.6 alone. Equal settings must give equal text, so what is the instance's own (its names and addresses) is replaced.

    probe.py [--out FILE] [--guard FILE] [--packages]

Files looked at besides those that cloud-init writes: the paths that guard.json of a bake names, and those that the record in the image has.
"""

import argparse
import base64
import hashlib
import json
import os
import platform
import pwd
import re

from probe_reading import digest_of, expand, instance_data, parsed, run, systemctl, text
from probe_settings import settings


def identity():
    """What no two machines may share, and who may log in. Secrets only as digests."""
    data = instance_data()
    return {
        "instanceId": data.get("v1", {}).get("instance_id") or "",
        "machineId": digest_of("/etc/machine-id"),
        "randomSeed": digest_of("/var/lib/systemd/random-seed"),
        "hostKeys": host_keys(),
        "authorizedKeys": authorized_keys(),
        "launchKeys": [fingerprint(key) for key in data.get("v1", {}).get("public_ssh_keys") or []],
    }


def host_keys():
    paths = expand(("/etc/ssh/ssh_host_*_key.pub",))
    return {os.path.basename(path)[len("ssh_host_") : -len("_key.pub")]: fingerprint(text(path)) for path in paths}


def authorized_keys():
    """`user: [fingerprints]`, from the places where sshd looks by default and where ours says that it looks."""
    found = {}
    for user in pwd.getpwall():
        patterns = [user.pw_dir + "/.ssh/authorized_keys", user.pw_dir + "/.ssh/authorized_keys2"]
        patterns.append("/etc/ssh/authorized_keys.d/" + user.pw_name)
        keys = {fingerprint(line) for path in expand(patterns) for line in text(path).splitlines()} - {""}
        if keys:
            found[user.pw_name] = sorted(keys)
    return found


def fingerprint(line):
    """As ssh-keygen -l prints it; empty for a line without a key."""
    match = re.search(r"^(?!#)(?:.*\s)?(?:ssh|ecdsa|sk)-\S+\s+(AAAA[A-Za-z0-9+/]+)", line.strip())
    if not match:
        return ""
    blob = base64.b64decode(match.group(1) + "===")
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def health():
    finished = systemctl("show", "--property=FinishTimestampMonotonic").partition("=")[2].strip()
    failed = systemctl("list-units", "--state=failed", "--plain", "--no-legend", "--no-pager")
    return {
        "bootId": text("/proc/sys/kernel/random/boot_id").strip(),
        # From the start of the kernel; microseconds, and 0 while it still starts.
        "bootSeconds": int(finished) / 1e6 if finished.isdigit() and finished != "0" else None,
        "kernel": platform.release(),
        "systemState": run("systemctl", "is-system-running").strip(),
        "failedUnits": [line.split()[0] for line in failed.splitlines() if line.strip()],
        "cloudInit": cloud_init(),
    }


def cloud_init():
    """From the files that `cloud-init status` reads, without starting it."""
    if not os.path.exists("/run/cloud-init/enabled"):
        return {"status": "disabled", "errors": [], "recoverable": []}
    result = parsed("/run/cloud-init/result.json").get("v1")
    if result is None:
        return {"status": "running", "errors": [], "recoverable": []}
    stages = parsed("/run/cloud-init/status.json").get("v1", {}).values()
    # From 23.4 on: level of the log → messages, for each stage.
    levels = [stage.get("recoverable_errors", {}) for stage in stages if isinstance(stage, dict)]
    recoverable = [line for level in levels for lines in level.values() for line in lines]
    errors = result["errors"]
    return {"status": "error" if errors else "done", "errors": errors, "recoverable": recoverable}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out")
    parser.add_argument("--guard")
    parser.add_argument("--packages", action="store_true")
    options = parser.parse_args()
    found = settings(options.guard, options.packages)
    probe = {"version": 1, "settings": found, "identity": identity(), "health": health()}
    # Not /dev/stdout: what sshd gives as standard output cannot be opened again.
    with open(options.out or 1, "w", encoding="ascii") as file:
        json.dump(probe, file, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()
