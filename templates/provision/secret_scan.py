"""Proves that no secret that scripts were given is on a disk of the builder. Runs there, as root.

usage: secret_scan.py [--root DIR] [--work DIR] [--secrets DIR] start | check
  start  before the first layer: which files there are. They cannot hold what has only just come
  check  at the end, before anything is cleaned: print "::bake:: leaked {secret, path, form}" for each secret and place
         where it is; exit 1 if there is one

It looks into files that are new or have changed, also inside gzip, bzip2 and xz, into paths and targets of links, the
journal, swap, data volumes that are not mounted, and files that are deleted and still open. docs/secrets.md says what it cannot see.
"""

import argparse
import json
import os
import stat
import sys

from disk_files import chunks, contents, deleted_files, entries_on_disk, journal, swap_areas, unmounted_volumes
from secret_forms import forms_of
from working_files import load, save


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--root", default="")
    arguments.add_argument("--work", default=os.path.dirname(os.path.abspath(__file__)))
    arguments.add_argument("--secrets", default="/run/bake/secrets")
    arguments.add_argument("verb", choices=["start", "check"])
    given = arguments.parse_args()
    if given.verb == "start":
        save(given.work, "secret-memory.json", stamps(given.root, given.work))
        return
    search = Search(read_secrets(given.secrets, load_names(given.work)))
    findings = check(given.root, load(given.work, "secret-memory.json"), search)
    for finding in findings:
        print("::bake:: leaked " + json.dumps(finding, sort_keys=True), flush=True)
    sys.exit(1 if findings else 0)


def load_names(work):
    with open(os.path.join(work, "secrets"), encoding="utf-8") as file:
        return file.read().split()


def read_secrets(folder, names):
    """By name. One that is not there any more could not be looked for."""
    values = {}
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            values[name] = file.read()
    return values


def stamps(root, work):
    """What the bake has brought itself is looked into as well: a layer may hold a secret."""
    return {
        path: stamp(status)
        for path, status in entries_on_disk(root)
        if stat.S_ISREG(status.st_mode) and not (root + path).startswith(work + "/")
    }


def stamp(status):
    """Any change of the content changes it, whatever the clock does."""
    return f"{status.st_ino} {status.st_size} {status.st_ctime_ns}"


class Search:
    def __init__(self, secrets):
        self.forms = [(name, what, form) for name, value in secrets.items() for form, what in forms_of(value).items()]
        self.overlap = max((len(form) - 1 for _, _, form in self.forms), default=0)

    def in_bytes(self, data):
        """{secret: form} of what is in it."""
        return {name: what for name, what, form in self.forms if form in data}

    def in_reader(self, reader):
        found = {}
        for part in chunks(reader, self.overlap):
            found.update(self.in_bytes(part))
        return found

    def hidden(self, path):
        """The path, without any secret that is in it."""
        data = os.fsencode(path)
        for _, _, form in self.forms:
            data = data.replace(form, b"***")
        return os.fsdecode(data)


def check(root, memory, search):
    findings = {}

    def note(path, found):
        for name, what in found.items():
            shown = search.hidden(path)
            findings.setdefault((name, shown), {"secret": name, "path": shown, "form": what})

    for path, status in entries_on_disk(root):
        note(path, search.in_bytes(os.fsencode(path)))
        if stat.S_ISLNK(status.st_mode):
            note(path, search.in_bytes(os.fsencode(os.readlink(root + path))))
        elif stat.S_ISREG(status.st_mode) and memory.get(path) != stamp(status):
            note(path, in_file(root + path, search))
    for path, file in deleted_files(root):
        note(path, in_file(file, search))
    for path in [*swap_areas(root), *unmounted_volumes(root)]:
        note(path, in_file(root + path, search))
    entries = journal(root)
    if entries is not None:
        with entries:
            note("/var/log/journal", search.in_reader(entries.stdout))
    return list(findings.values())


def in_file(file, search):
    found = {}
    try:
        for reader in contents(file):
            with reader:
                found.update(search.in_reader(reader))
    except FileNotFoundError:
        pass
    return found


if __name__ == "__main__":
    main()
