"""Finds what layers have left on the machine that one region or one account alone has. Runs on the builder, as root.

usage: neutral.py [--root DIR] [--work DIR] start | layer N | restarted | check
  start      before the first layer: which files there are, and what of them is of one region already
  layer 0    after the image's artefacts have been laid
  layer N    after layer N (from 1, in layers.json) and before it restarts the machine: what it has changed
  restarted  after a restart: what the boot itself has changed is no layer's doing
  check      at the end: what is still there and nobody accepts; exit 1 if there is anything

WORK holds neutral.json (rows and places, from src/contract/neutral), layers.json (`[{"name"}]`), acceptances.json
(`{layer: [{rule, path, reason}]}`), and neutral-memory.json, what this program remembers. `check` reports with lines
"::bake:: regional {…}" and leaves what is accepted in accepted.json, for the record.
"""

import argparse
import json
import os
import re
import sys

from machine_files import content
from neutral_scan import Scan
from packaged_files import unchanged_by_package
from working_files import load, save

RECORD = "/usr/lib/bake/record.json"
# No layer's name has a space in it.
ARTIFACTS = "artefact set"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--root", default="")
    arguments.add_argument("--work", default=os.path.dirname(os.path.abspath(__file__)))
    arguments.add_argument("verb", choices=["start", "layer", "restarted", "check"])
    arguments.add_argument("layer", nargs="?", type=int)
    given = arguments.parse_args()
    scan = Scan(given.root, load(given.work, "neutral.json"))
    if given.verb == "check":
        sys.exit(check(given.root, given.work, scan))
    memory = start(given.root, scan) if given.verb == "start" else load(given.work, "neutral-memory.json")
    if given.verb == "layer":
        layers = load(given.work, "layers.json")
        after_layer(scan, memory, layers[given.layer - 1]["name"] if given.layer else ARTIFACTS)
    elif given.verb == "restarted":
        after_restart(scan, memory)
    save(given.work, "neutral-memory.json", memory)


def start(root, scan):
    """What the source AMI says in /etc, and what layers of ancestors have accepted, is no doing of the layers here, even
    where they write beside it. Elsewhere a file that changes counts whole, so that only /etc has to be read."""
    files = scan.stamps()
    inherited = json.loads(content(root + RECORD) or "{}").get("regional", [])
    known = {path: texts(scan.matches(path)) for path in files if path.startswith("/etc/")}
    for finding in inherited:
        known.setdefault(finding["path"], []).append(text_of(finding))
    known = {path: found for path, found in known.items() if found}
    return {"files": files, "known": known, "found": {}, "inherited": inherited}


def after_layer(scan, memory, layer):
    for path in moved(scan, memory):
        earlier = {text_of(match): match["layer"] for match in memory["found"].get(path, [])}
        known = memory["known"].get(path, [])
        fresh = [match for match in scan.matches(path) if text_of(match) not in known]
        memory["found"][path] = [{**match, "layer": earlier.get(text_of(match), layer)} for match in fresh]


def after_restart(scan, memory):
    for path in moved(scan, memory):
        ours = texts(memory["found"].get(path, []))
        known = memory["known"].get(path, [])
        news = [text for text in texts(scan.matches(path)) if text not in ours and text not in known]
        if news:
            memory["known"][path] = known + news


def moved(scan, memory):
    """Paths, sorted, whose file is new or another one since the last look. What is gone is forgotten."""
    before, now = memory["files"], scan.stamps()
    memory["files"] = now
    for path in [path for path in memory["found"] if path not in now]:
        del memory["found"][path]
    return sorted(path for path, stamp in now.items() if before.get(path) != stamp)


def check(root, work, scan):
    acceptances = load(work, "acceptances.json")
    memory = load(work, "neutral-memory.json")
    left, accepted = [], [finding for finding in memory["inherited"] if is_there(scan, finding)]
    for finding in still_there(root, scan, memory["found"]):
        # An artefact has no layer.yaml: any layer of its image may speak for it.
        every = [one for of_layer in acceptances.values() for one in of_layer]
        speaking = every if finding["layer"] == ARTIFACTS else acceptances.get(finding["layer"], [])
        reason = reason_for(finding, speaking)
        if reason is None:
            left.append(finding)
        else:
            accepted.append({**finding, "reason": reason})
    save(work, "accepted.json", accepted)
    for finding in left:
        print("::bake:: regional " + json.dumps(finding, sort_keys=True), flush=True)
    return 1 if left else 0


def still_there(root, scan, found):
    """A later layer may have changed a file again. What a package brings and nobody edits is its vendor's."""
    packaged = unchanged_by_package(root, sorted(path for path, matches in found.items() if matches))
    findings = []
    for path in sorted(path for path in found if path not in packaged):
        layers = {text_of(match): match["layer"] for match in found[path]}
        for match in scan.matches(path):
            if text_of(match) in layers:
                findings.append({**match, "path": path, "layer": layers[text_of(match)]})
    return findings


def is_there(scan, finding):
    return text_of(finding) in texts(scan.matches(finding["path"]))


def reason_for(finding, acceptances):
    in_layer = "files" + finding["path"]
    paths = (finding["path"], in_layer, in_layer + ".hbs")
    for acceptance in acceptances:
        pattern = acceptance["path"]
        fits = pattern is None or any(re.search(pattern, path) for path in paths)
        if acceptance["rule"] == finding["rule"] and fits:
            return acceptance["reason"]
    return None


def texts(matches):
    return [text_of(match) for match in matches]


def text_of(match):
    return f"{match['rule']} {match['match']}"


if __name__ == "__main__":
    main()
