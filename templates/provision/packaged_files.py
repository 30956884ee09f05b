"""Files that a package of the distribution has brought and nobody has changed since."""

import hashlib
import os
import subprocess

from machine_files import content, entries

DPKG = "/var/lib/dpkg"


def unchanged_by_package(root, paths):
    """Those of the paths whose content is the package's."""
    if not paths:
        return set()
    digests = {**rpm_digests(root, paths), **dpkg_digests(root, paths)}
    return {path for path in paths if path in digests and digest_of(root + path, digests[path]) == digests[path]}


def dpkg_digests(root, paths):
    """{path: md5} from the packages' lists and, for configuration files, from dpkg's status."""
    # With /usr merged, packages name their files by either path.
    names = {name: path for path in paths for name in (path, path[len("/usr") :] if path.startswith("/usr/") else path)}
    found = {}
    for line in conffile_lines(root):
        words = line.split()
        if len(words) >= 2 and words[0] in names:
            found[names[words[0]]] = words[1]
    for entry in entries(f"{root}{DPKG}/info"):
        if not entry.endswith(".md5sums"):
            continue
        for line in (content(f"{root}{DPKG}/info/{entry}") or "").splitlines():
            digest, _, name = line.partition("  ")
            if "/" + name in names:
                found[names["/" + name]] = digest
    return found


def conffile_lines(root):
    """Lines `<path> <md5>` of the `Conffiles` fields; other fields that go on over lines do not begin with a path."""
    return [line for line in (content(f"{root}{DPKG}/status") or "").splitlines() if line.startswith(" /")]


def rpm_digests(root, paths):
    command = ["rpm", "--root", root or "/", "-q", "--qf", "[%{FILENAMES}\\t%{FILEDIGESTS}\\n]", "-f", *paths]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return {}
    pairs = [line.partition("\t") for line in done.stdout.decode("utf-8", "replace").splitlines()]
    return {path: digest for path, tab, digest in pairs if tab and digest and path in paths}


def digest_of(path, like):
    """Of the same kind as `like`: dpkg has MD5, rpm SHA-256. None where the file cannot be compared."""
    kind = {32: "md5", 64: "sha256"}.get(len(like))
    if kind is None or not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        data = file.read()
    try:
        return hashlib.new(kind, data).hexdigest()
    except ValueError:
        # MD5 on a machine in FIPS mode.
        return None
