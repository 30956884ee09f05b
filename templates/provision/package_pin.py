"""Pins where this machine's packages come from, and checks at the end of a bake that the pin holds. Runs as root.

usage: package_pin.py [--root DIR] [--work DIR] apply | check
  apply   before the first layer: the pin stands in the machine's own configuration, which clones keep
  check   after the last layer: the tools of the machine read what was pinned, and nothing else of the distribution

WORK/pin.json holds `pin`: `{"release": "2023.6.20250101"}` (Amazon Linux), or `{"snapshot": "20261101T000000Z",
"mirror": "https://…"}` (Debian and Ubuntu; mirror may be absent).
Reports with lines "::bake:: unpinned {…}", which fail the bake, and "::bake:: elsewhere {…}": a source of somebody
else, which is left as it is.
"""

import argparse
import json
import os
import sys

from apt_pin import AptPin
from machine_files import content
from rpm_pin import DnfPin, YumPin


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--root", default="")
    arguments.add_argument("--work", default=os.path.dirname(os.path.abspath(__file__)))
    arguments.add_argument("verb", choices=["apply", "check"])
    given = arguments.parse_args()
    with open(os.path.join(given.work, "pin.json"), encoding="utf-8") as file:
        wanted = json.load(file)["pin"]
    pin = pin_of(given.root, wanted)
    if pin is None:
        kind = "a release" if "release" in wanted else "a snapshot"
        unpinned = [{"where": "/etc/os-release", "why": f"{name_of(given.root)} cannot be pinned to {kind}"}]
    else:
        unpinned = pin.apply() if given.verb == "apply" else pin.check()
        for source in pin.elsewhere() if given.verb == "check" else []:
            report("elsewhere", {"source": source})
    for finding in unpinned:
        report("unpinned", finding)
    sys.exit(1 if unpinned else 0)


def pin_of(root, wanted):
    """What pins this machine, or None: the configuration does not always know what a source AMI runs."""
    system = os_release(root)
    distribution, version = system.get("ID"), system.get("VERSION_ID", "")
    if "snapshot" in wanted:
        return AptPin(root, distribution, wanted) if distribution in ("debian", "ubuntu") else None
    if distribution != "amzn":
        return None
    return DnfPin(root, wanted["release"]) if version.startswith("2023") else YumPin(root, wanted["release"])


def name_of(root):
    system = os_release(root)
    return system.get("PRETTY_NAME") or f"{system.get('ID', 'this system')} {system.get('VERSION_ID', '')}".strip()


def os_release(root):
    lines = [line.partition("=") for line in (content(root + "/etc/os-release") or "").splitlines()]
    return {name.strip(): value.strip().strip("\"'") for name, found, value in lines if found}


def report(kind, finding):
    print(f"::bake:: {kind} {json.dumps(finding, sort_keys=True)}", flush=True)


if __name__ == "__main__":
    main()
