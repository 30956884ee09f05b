"""Makes an image that is a machine of its own in every clone and holds nobody's secrets; runs on the builder, as root.

usage: hygiene.py [--root DIR] clean | check | table
  clean  remove what hygiene_table.py says; running it again changes nothing
  check  print "::bake:: unclean {row, path, why}" for each thing that is left; exit 1 if there is one
  table  the table in Markdown, for docs/hygiene.md
"""

import argparse
import json
import os
import re
import shutil
import sys

from hygiene_table import ROWS
from launch_keys import foreign_lines, remove_launch_keys
from machine_files import content
from path_patterns import is_folder, paths_of

# Of a larger file only the start is searched: keys and configuration are small.
SEARCHED_BYTES = 1 << 20


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--root", default="")
    arguments.add_argument("--except", dest="skipped", action="append", default=[], help="id of a row to leave out")
    arguments.add_argument("verb", choices=["clean", "check", "table"])
    given = arguments.parse_args()
    if given.verb == "table":
        print(table())
        return
    rows = [row for row in ROWS if row.id not in given.skipped and applies(given.root, row)]
    if given.verb == "clean":
        for row in rows:
            if row.decision == "clean":
                clean(given.root, row)
        return
    findings = [finding for row in rows for finding in check(given.root, row)]
    for finding in findings:
        print("::bake:: unclean " + json.dumps(finding, sort_keys=True), flush=True)
    sys.exit(1 if findings else 0)


def applies(root, row):
    """Where cloud-init is told to render no network, the files of its names are the image's own."""
    if row.id != "network" or not os.path.exists(root + "/etc/cloud/cloud.cfg"):
        return True
    # PyYAML comes with cloud-init, and a machine without the one need not have the other.
    from cloud_config import effective

    network = effective(root).get("network")
    return not isinstance(network, dict) or network.get("config") != "disabled"


def clean(root, row):
    if row.how == "make-empty":
        for path in row.paths:
            empty(root + path)
    for path in named(root, row):
        if row.how == "remove":
            remove(root + path)
        elif row.how == "remove-files" and not os.path.islink(root + path):
            remove(root + path)
        elif row.how == "empty" and is_file(root + path):
            empty(root + path)
        elif row.how == "launch-keys":
            remove_launch_keys(root, path)


def check(root, row):
    """Findings of one row, each `{row, path, why}`."""
    found = [path for path in named(root, row) if is_left(root, row, path)]
    if row.how == "make-empty":
        found += [path for path in row.paths if not os.path.lexists(root + path)]
    return [{"row": row.id, "path": path, "why": row.why} for path in found]


def is_left(root, row, path):
    """Is what the row wants gone, or forbids, at this path?"""
    file = root + path
    if row.how == "remove":
        return True
    if row.how == "remove-files":
        return not os.path.islink(file)
    if row.how in ("empty", "make-empty"):
        return is_file(file) and os.path.getsize(file) > 0
    if row.how == "launch-keys":
        return bool(foreign_lines(root, path))
    if row.how == "present":
        return is_file(file) and os.path.getsize(file) > 0
    return is_file(file) and re.search(row.pattern, start_of(file)) is not None


def named(root, row):
    """Paths that the row names and that exist; what two patterns name comes once."""
    patterns = [pattern for path in row.paths for pattern in expanded(root, path)]
    paths = dict.fromkeys(path for pattern in patterns for path in paths_of(root, pattern))
    return [path for path in paths if os.path.basename(path) not in row.keep]


def expanded(root, pattern):
    if not pattern.startswith("~/"):
        return [pattern]
    return [home + pattern[1:] for home in homes(root)]


def homes(root):
    """Home directories that are there: of all accounts, and what lies in /home."""
    lines = [line.split(":") for line in (content(root + "/etc/passwd") or "").splitlines()]
    named_homes = [line[5].rstrip("/") for line in lines if len(line) > 5]
    folders = ["/root"] + named_homes + paths_of(root, "/home/*")
    # `/` is the home of some daemons; below it everything else has rows of its own.
    return [folder for folder in dict.fromkeys(folders) if folder and is_folder(root + folder)]


def is_file(path):
    return os.path.isfile(path) and not os.path.islink(path)


def remove(path):
    """What cannot be removed, or comes back, is for the check to name."""
    if is_folder(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    try:
        os.remove(path)
    except OSError:
        pass


def empty(path):
    """In place, since a daemon may hold the file open; its mode and owner stay."""
    with open(path, "w", encoding="utf-8"):
        pass


def start_of(path):
    with open(path, "rb") as file:
        return file.read(SEARCHED_BYTES).decode("utf-8", "replace")


def table():
    lines = ["| what | kind | decision | paths | why |", "|---|---|---|---|---|"]
    for row in ROWS:
        paths = " ".join(f"`{path}`" for path in row.paths)
        lines.append(f"| `{row.id}` | {row.kind} | {row.decision} | {paths} | {row.why} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
