"""Debian's and Ubuntu's sources, moved to one moment of a snapshot archive.

The address of the moment stands in the sources themselves: apt has the option `Snapshot` from 2.7 on only (Debian 12 has
2.6), and apt of Ubuntu 24.04 honours it only after it has read the Release file of a live mirror.
Snapshots keep their Release files as they were, so Valid-Until of Debian's passes: `Check-Valid-Until: no`.
"""

import json
import os
import re
import subprocess
import tempfile
import time

from apt_sources import edited, in_files
from machine_files import content

# Where the archives of a moment are: `<base>/<archive>/<moment>`. https, since a date that nobody checks any more would let
# whoever is in between serve an older archive. Sources: snapshot.debian.org, snapshot.ubuntu.com.
BASES = {"debian": "https://snapshot.debian.org/archive", "ubuntu": "https://snapshot.ubuntu.com"}

RECORD = "/usr/lib/bake/record.json"
MOMENT = re.compile(r"/\d{8}T\d{6}Z$")
# Not of the archive that the snapshots are of: Ubuntu Pro, debug symbols.
OTHER_HOSTS = ("esm.ubuntu.com", "ddebs.ubuntu.com")


class AptPin:
    def __init__(self, root, distribution, wanted):
        self.root = root
        self.distribution = distribution
        self.snapshot = wanted["snapshot"]
        self.base = wanted.get("mirror") or BASES[distribution]
        # Others have dated archives too: by its address alone only a pin's is known.
        self.mirrors = [without_scheme(base) for base in (self.base, parents_mirror(root)) if base]

    def apply(self):
        if self.snapshot > time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()):
            # The archive would answer with its newest moment, which is another one each time.
            return [{"where": self.snapshot, "why": "this moment is yet to come: no archive has it"}]
        pinned = 0
        for path in in_files(self.root):
            pinned += edited(self.root, path, self.pinned)
        if pinned > 0:
            return []
        why = f"no source here is of an archive of {self.distribution} that there are snapshots of"
        return [{"where": "/etc/apt", "why": f"{why}: {', '.join(self.elsewhere()) or 'there is none at all'}"}]

    def check(self):
        """Asks apt itself, since layers may have changed files, options, or what apt reads."""
        try:
            sources = self.in_force()
        except subprocess.CalledProcessError as error:
            return [{"where": "/etc/apt", "why": f"apt cannot read its sources: {one_line(error.stderr)}"}]
        ours = [source for source in sources if self.archive(source) is not None]
        findings = [
            {"where": without_user(source), "why": f"this is not {self.snapshot} of {self.base}"}
            for source in ours
            if source != self.pinned(source)
        ]
        if not ours:
            findings.append({"where": "/etc/apt", "why": "no source of the pinned archive is left"})
        moment = self.apt("apt-config", "shell", "MOMENT", "APT::Snapshot").partition("=")[2].strip().strip("'")
        if moment not in ("", self.snapshot):
            findings.append({"where": f"APT::Snapshot {moment}", "why": f"apt would take this for {self.snapshot}"})
        return findings

    def elsewhere(self):
        try:
            return [without_user(source) for source in self.in_force() if self.archive(source) is None]
        except subprocess.CalledProcessError:
            return []

    def pinned(self, uri):
        """The pinned form of a source's address; None for one of somebody else."""
        archive = self.archive(uri)
        return None if archive is None else f"{self.base}/{archive}/{self.snapshot}"

    def archive(self, uri):
        """`debian`, `debian-security`, `ubuntu` …: what of the distribution the address is, or None."""
        scheme, found, rest = uri.partition(":")
        address = rest.lstrip("/").rstrip("/")
        if not found:
            return None
        if scheme == "mirror+file":
            first = self.first_mirror("/" + address)
            return None if first is None else self.archive(first)
        address = re.sub(r"^[^/]*@", "", address)
        undated = MOMENT.sub("", address)
        base, _, name = undated.rpartition("/")
        if undated != address and base in self.mirrors:
            return name if self.is_ours(name) else None
        host = undated.partition("/")[0].partition(":")[0]
        if host in OTHER_HOSTS:
            return None
        if self.distribution == "ubuntu":
            # Ubuntu's snapshots have the ports too.
            return "ubuntu" if host.endswith(".ubuntu.com") and name in ("ubuntu", "ubuntu-ports") else None
        if not host.endswith((".debian.org", ".debian.cloud")):
            return None
        if host.startswith("security."):
            return "debian-security"
        return name if self.is_ours(name) else None

    def is_ours(self, name):
        return name == "ubuntu" if self.distribution == "ubuntu" else name.startswith("debian")

    def first_mirror(self, path):
        """Debian's cloud images have their mirrors in /etc/apt/mirrors, all of them of one archive."""
        try:
            with open(self.root + path, encoding="utf-8") as file:
                lines = [line.split("#")[0].split() for line in file]
        except OSError:
            return None
        return next((words[0] for words in lines if words and not words[0].startswith("mirror")), None)

    def in_force(self):
        """The addresses that apt reads indices from, as it would now, without asking any of them."""
        found = []
        for line in self.apt("apt-get", "--print-uris", "update").splitlines():
            uri = line.split("'")[1] if line.startswith("'") else ""
            # Sources without distributions have their Release file at their own address.
            address = re.split(r"/dists/|/\.?/?(?:InRelease|Packages)", uri)[0]
            if address and address not in found:
                found.append(address)
        return found

    def apt(self, *command):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as below:
            environment = {**os.environ, "LC_ALL": "C"}
            if self.root:
                # Read before any other configuration, so that all of it is that of the root.
                below.write(f'Dir "{self.root}"; Dir::State::status "{self.root}/var/lib/dpkg/status";\n')
                below.flush()
                environment["APT_CONFIG"] = below.name
            ran = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, universal_newlines=True
            )
        return ran.stdout


def parents_mirror(root):
    """Where the sources of a parent's pin lead to; until the end of a bake the record is the parent's."""
    pin = json.loads(content(root + RECORD) or "{}").get("packages") or {}
    return pin.get("mirror")


def without_scheme(uri):
    return uri.partition("://")[2]


def without_user(uri):
    """Some mirrors want a password, which is for nobody's log."""
    return re.sub(r"//[^/@]*@", "//", uri)


def one_line(text):
    return " ".join((text or "").split())
