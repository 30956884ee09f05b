"""Protects what layers bake from what cloud-init does on the first boot of a clone. Runs on the builder, as root.

usage: guard.py [--root DIR] [--work DIR] start | layer N | restarted
  start      before the first layer: what the guarded paths look like
  layer 0    after packages have been pinned (pin.json), and again after artefacts have been laid (artifacts.json)
  layer N    after layer N (from 1, in layers.json) and before it restarts the machine: what it has changed, protected
  restarted  after a restart: what the boot itself has changed is no layer's doing

WORK holds contract.json (`{"releases": …, "rows": …}`, from src/contract), layers.json (`[{"name", "position"}]`),
pin.json where packages are pinned (`{"pin", "position"}`, the position of the image's first layer), artifacts.json where
there are artefacts (`{"position"}`, the same), and guard.json: what this program remembers, of which the record takes
`protected` and `unprotected`.
Reports with lines "::bake:: protected {…}" and "::bake:: unprotected {…}".
"""

import argparse
import json
import os
import re
import sys

from baked_values import Unknown, resolved
from cloud_config import DROP_INS
from machine_files import content, entries
from manifest import changed, manifest_of
from protection import protect
from working_files import load, save

RECORD = "/usr/lib/bake/record.json"
NAME = re.compile(r"99-bake-(\d{3})-")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--root", default="")
    arguments.add_argument("--work", default=os.path.dirname(os.path.abspath(__file__)))
    arguments.add_argument("verb", choices=["start", "layer", "restarted"])
    arguments.add_argument("layer", nargs="?", type=int)
    given = arguments.parse_args()
    contract = load(given.work, "contract.json")
    memory = {} if given.verb == "start" else load(given.work, "guard.json")
    release = release_of(given.root, contract["releases"])
    rows = [row for row in contract["rows"] if release in row["releases"] and row["remedy"]["kind"] != "stays"]
    if given.verb == "start":
        if release is None:
            print("bake's contract with cloud-init does not know this distribution release: nothing is protected")
        files = (("package pin", "pin.json"), ("artefact set", "artifacts.json"))
        first = {name: load(given.work, file) for name, file in files if os.path.exists(os.path.join(given.work, file))}
        memory = start(given.root, rows, parts_of(load(given.work, "layers.json"), first))
    elif given.verb == "layer":
        after_layer(given.root, rows, memory, given.layer)
    else:
        after_restart(given.root, rows, memory)
    save(given.work, "guard.json", memory)


def parts_of(layers, first):
    """What changes the machine, in order: `{number, name, order}`. `first` is what comes before the layers. No layer's
    name has a space in it."""
    positions = [one["position"] for one in first.values()]
    parts = [{"number": 0, "name": " and ".join(first), "order": 10 * positions[0] - 5}] if first else []
    return parts + [
        {"number": number, "name": layer["name"], "order": 10 * layer["position"]}
        for number, layer in enumerate(layers, start=1)
    ]


def start(root, rows, parts):
    """Positions come from the host, which knows the lineage; a parent of an older checkout may have more layers."""
    inherited = [int(match.group(1)) for match in map(NAME.match, entries(root + DROP_INS)) if match]
    excess = max(inherited, default=-1) - parts[0]["order"] if parts else -1
    shift = 0 if excess < 0 else 10 * (excess // 10 + 1)
    if parts and parts[-1]["order"] + shift > 999:
        # A fourth digit would sort before three, and an older layer win over a newer one.
        sys.exit("bake: the parent of this image was baked with so many layers that no more can be told apart")
    for part in parts:
        part["file"] = f"99-bake-{part['order'] + shift:03d}-{part['name'].replace(' ', '-')}.cfg"
    manifest = manifest_of(root, rows)
    return {
        "sourceDropIns": source_drop_ins(root),
        "parts": parts,
        "layer": 0,
        "before": manifest,
        "after": manifest,
        "baked": [],
        "lost": [],
        "protected": [],
        "unprotected": [],
    }


def source_drop_ins(root):
    """Names of cloud-init's drop-ins that came with the source AMI: a parent's record knows them."""
    parent = json.loads(content(root + RECORD) or "{}")
    return parent.get("sourceDropIns", entries(root + DROP_INS))


def after_layer(root, rows, memory, number):
    if memory["layer"] != number:
        memory["layer"], memory["before"] = number, memory["after"]
    memory["after"] = manifest_of(root, rows)
    others = [baked for baked in memory["baked"] if baked["layer"] != number]
    memory["baked"] = others + baked_by(root, rows, memory, number)
    protected, unprotected = protect(root, rows, memory)
    report(memory, protected, unprotected + memory["lost"])


def baked_by(root, rows, memory, number):
    """What the layer has changed, as `{layer, row, paths, override}`; values are stated as they are now."""
    found = []
    for row in rows:
        paths = changed(memory["before"][row["id"]], memory["after"][row["id"]])
        if not paths:
            continue
        baked = {"layer": number, "row": row["id"], "paths": paths, "override": None}
        if row["remedy"]["kind"] == "override":
            try:
                baked["override"] = resolved(root, row["remedy"]["config"])
            except Unknown as error:
                baked["unknown"] = str(error)
        found.append(baked)
    return found


def after_restart(root, rows, memory):
    now = manifest_of(root, rows)
    lost = []
    for row in rows:
        before, after, current = (manifest[row["id"]] for manifest in (memory["before"], memory["after"], now))
        moved = changed(after, current)
        undone = [path for path in moved if before.get(path) != after.get(path)]
        for path in moved:
            if path not in undone:
                before[path] = current.get(path)
        # What no override protects has been told already.
        if undone and row["remedy"]["kind"] == "override":
            lost.append(lost_in_restart(row, name_of(memory, memory["layer"]), undone))
    memory["after"] = now
    memory["lost"] += lost
    report(memory, memory["protected"], memory["unprotected"] + lost)


def name_of(memory, number):
    return next(part["name"] for part in memory["parts"] if part["number"] == number)


def lost_in_restart(row, layer, paths):
    advice = "the restart during the bake has changed it already; look at what else writes it"
    return {"row": row["id"], "layer": layer, "paths": paths, "effect": row["effect"], "advice": advice}


def report(memory, protected, unprotected):
    """Each finding is told once, however often a layer restarts the machine."""
    for kind, findings in (("protected", protected), ("unprotected", unprotected)):
        for finding in findings:
            if finding not in memory[kind]:
                print(f"::bake:: {kind} {json.dumps(finding, sort_keys=True)}", flush=True)
        memory[kind] = findings


def release_of(root, releases):
    """The release of this machine, as `debian:12`; None when the contract does not know it."""
    known = {}
    with open(root + "/etc/os-release", encoding="utf-8") as file:
        for line in file:
            name, _, value = line.strip().partition("=")
            known[name] = value.strip("\"'")
    version = known.get("VERSION_ID", "")
    for release, os_release in releases.items():
        same = version == os_release["version"] or version.startswith(os_release["version"] + ".")
        if known.get("ID") == os_release["id"] and same:
            return release
    return None


if __name__ == "__main__":
    main()
