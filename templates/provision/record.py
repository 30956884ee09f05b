"""Completes the record of a bake with what only the machine knows; runs on the builder, python3 standard library alone."""

import json
import os
import platform
import sys

from probe_settings import packages


def main(build_dir, given, destination):
    with open(given, encoding="utf-8") as file:
        record = json.load(file)
    record["machine"] = {
        "osRelease": os_release(),
        "kernel": platform.release(),
        "installedKernels": sorted(os.listdir("/lib/modules")) if os.path.isdir("/lib/modules") else [],
        "packages": packages(),
        "stepSeconds": step_seconds(os.path.join(build_dir, "timings")),
    }
    record.update(guarded(os.path.join(build_dir, "guard.json")))
    with open(os.path.join(build_dir, "accepted.json"), encoding="utf-8") as file:
        record["regional"] = json.load(file)
    # What every machine is compared with that `bake try` launches: the output of templates/try/probe.py.
    with open(os.path.join(build_dir, "baked.json"), encoding="utf-8") as file:
        record["baked"] = json.load(file)
    os.makedirs(os.path.dirname(destination), exist_ok=True)
    with open(destination, "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1, sort_keys=True)
        file.write("\n")
    os.chmod(destination, 0o644)


def os_release():
    values = {}
    with open("/etc/os-release", encoding="utf-8") as file:
        for line in file:
            name, found, value = line.strip().partition("=")
            if found:
                values[name] = value.strip('"')
    return {name: values.get(name, "") for name in ("ID", "VERSION_ID", "PRETTY_NAME")}


def step_seconds(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return {number: int(seconds) for number, seconds in (line.split("\t") for line in file)}


def guarded(path):
    """What guard.py found: baked settings that are protected from cloud-init, and those that are not; and for the guard
    of a child, which drop-ins of cloud-init are the source AMI's."""
    memory = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            memory = json.load(file)
    return {name: memory.get(name, []) for name in ("protected", "unprotected", "sourceDropIns")}


if __name__ == "__main__":
    main(*sys.argv[1:])
