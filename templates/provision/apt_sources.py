"""apt's files of sources: each address given to a function, and put back where it has an answer."""

import os
import re

from machine_files import entries

LIST = "/etc/apt/sources.list"
FOLDER = "/etc/apt/sources.list.d"
NEVER_EXPIRES = "Check-Valid-Until: no"


def in_files(root):
    """The files that apt reads, in its order."""
    names = [name for name in sorted(entries(root + FOLDER)) if name.endswith((".list", ".sources"))]
    return [path for path in [LIST, *(f"{FOLDER}/{name}" for name in names)] if os.path.isfile(root + path)]


def edited(root, path, moved):
    """Rewrites a file with what `moved` says of each address, None to leave it; how many it has moved."""
    with open(root + path, encoding="utf-8", errors="surrogateescape") as file:
        before = file.read()
    counted = Counted(moved)
    after = stanzas(before, counted) if path.endswith(".sources") else lines(before, counted)
    if after != before:
        write(root + path, after)
    return counted.count


class Counted:
    def __init__(self, moved):
        self.moved = moved
        self.count = 0

    def __call__(self, uri):
        to = self.moved(uri)
        self.count += to is not None
        return to


ONE_LINE = re.compile(r"^(?P<type>\s*deb(?:-src)?)\s+(?:\[(?P<options>[^\]]*)\]\s*)?(?P<uri>\S+)(?P<rest>\s.*)$")


def lines(text, moved):
    """`deb [signed-by=…] http://deb.debian.org/debian bookworm main`"""
    return "".join(line_moved(line, moved) for line in text.splitlines(keepends=True))


def line_moved(line, moved):
    match = ONE_LINE.match(line.rstrip("\n"))
    to = moved(match["uri"]) if match else None
    if to is None:
        return line
    options = [option for option in (match["options"] or "").split() if not option.startswith("check-valid-until=")]
    return f"{match['type']} [{' '.join([*options, 'check-valid-until=no'])}] {to}{match['rest']}\n"


def stanzas(text, moved):
    """deb822: fields, of which `URIs` may go on over several lines, between blank lines."""
    parts = re.split(r"(\n[ \t]*(?:\n[ \t]*)+)", text)
    return "".join(part if index % 2 else stanza_moved(part, moved) for index, part in enumerate(parts))


URIS = re.compile(r"^URIs:(?P<uris>.*(?:\n[ \t#].*)*)", re.IGNORECASE | re.MULTILINE)
VALID_UNTIL = re.compile(r"^Check-Valid-Until:.*(?:\n[ \t].*)*\n?", re.IGNORECASE | re.MULTILINE)


def stanza_moved(stanza, moved):
    match = URIS.search(stanza)
    words = [line.split() for line in match["uris"].split("\n") if not line.startswith("#")] if match else []
    uris = [uri for line in words for uri in line]
    to = [moved(uri) for uri in uris]
    if not any(to):
        return stanza
    # Mirrors of one archive all become the same.
    kept = dict.fromkeys(new or old for new, old in zip(to, uris))
    field = f"URIs: {' '.join(kept)}\n{NEVER_EXPIRES}"
    before, after = stanza[: match.start()], stanza[match.end() :]
    return VALID_UNTIL.sub("", before) + field + VALID_UNTIL.sub("", after)


def write(path, text):
    """In place of a link as well: what it leads to may be somebody else's. Mode and owner stay."""
    status = os.stat(path)
    with open(path + ".tmp", "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    os.chmod(path + ".tmp", status.st_mode & 0o7777)
    if os.geteuid() == 0:
        os.chown(path + ".tmp", status.st_uid, status.st_gid)
    os.replace(path + ".tmp", path)
