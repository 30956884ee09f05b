"""The settings of a machine that a first boot may overwrite, as groups of names and values."""

import glob
import grp
import os
import pwd
import re
import stat
import tempfile

from probe_reading import expand, instance_data, must, parsed, run, sha256, systemctl, text

# What cloud-init's modules write, and where the settings that they undo are kept.
GUARDED = (
    "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/*.conf",
    "/etc/apt/apt.conf.d/*", "/etc/dnf/vars/*", "/etc/yum/vars/*", "/etc/dnf/dnf.conf", "/etc/yum.conf",
    "/etc/chrony/chrony.conf", "/etc/chrony/*.d/*", "/etc/chrony.conf", "/etc/chrony.d/*", "/etc/ntp.conf",
    "/etc/systemd/timesyncd.conf", "/etc/systemd/timesyncd.conf.d/*",
    "/etc/systemd/resolved.conf", "/etc/systemd/resolved.conf.d/*",
    "/etc/rsyslog.d/*", "/etc/cloud/cloud.cfg", "/etc/cloud/cloud.cfg.d/*.cfg", "/etc/cloud/templates/*",
    "/usr/local/share/ca-certificates/*", "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/source/anchors/*", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
)
SOURCES = ("/etc/apt/sources.list", "/etc/apt/sources.list.d/*", "/etc/apt/mirrors/*", "/etc/yum.repos.d/*.repo")
NETWORK = (
    "/etc/netplan/*", "/etc/network/interfaces", "/etc/network/interfaces.d/*", "/etc/systemd/network/*",
    "/etc/NetworkManager/conf.d/*", "/etc/NetworkManager/system-connections/*",
    "/etc/sysconfig/network-scripts/ifcfg-*", "/etc/udev/rules.d/70-persistent-net.rules",
)
LONGEST_VALUE = 2000


def settings(guard, with_packages):
    own = own_names()
    groups = {
        "files": {path: file_state(path, own) for path in expand(GUARDED + guarded(guard) + recorded())},
        "sshd": sshd(),
        "hostname": {"/etc/hostname": replaced(text("/etc/hostname").strip(), own)},
        "hosts": hosts(own),
        "sources": {path: significant(path, own) for path in expand(SOURCES)},
        "locale": assignments(("/etc/default/locale", "/etc/locale.conf")),
        "timezone": timezone(),
        "sudoers": {path: significant(path, own) for path in expand(("/etc/sudoers", "/etc/sudoers.d/*"))},
        "users": users(),
        "network": {path: file_state(path, own) for path in expand(NETWORK)},
        "fstab": fstab(),
        "units": units(),
    }
    if with_packages:
        groups["packages"] = packages()
    return groups


def guarded(path):
    """Files that the guard has found changed by a layer."""
    memory = parsed(path) if path else {}
    findings = memory.get("protected", []) + memory.get("unprotected", [])
    return tuple(glob.escape(path) for finding in findings for path in finding.get("paths", []) if path.startswith("/"))


def recorded():
    """Files that the last bake has looked at: on a builder the parent's, on a machine under trial the image's own."""
    baked = parsed("/usr/lib/bake/record.json").get("baked", {})
    return tuple(glob.escape(path) for path in baked.get("settings", {}).get("files", {}))


def own_names():
    """Pattern and placeholder of each name and address that the metadata service gave to this very instance."""
    crawled = instance_data().get("ds", {})
    metadata = crawled.get("meta-data") or crawled.get("meta_data") or {}  # the Ec2 datasource, others
    found = {}
    for key in ("local-hostname", "public-hostname", "local-ipv4", "public-ipv4", "mac", "instance-id"):
        value = metadata.get(key)
        if isinstance(value, str) and value:
            found[value] = "{%s}" % key
            if key == "local-hostname":
                found.setdefault(value.split(".")[0], "{local-hostname:short}")
    longest_first = sorted(found.items(), key=lambda item: -len(item[0]))
    return [(re.compile(r"(?<![\w.])%s(?![\w])" % re.escape(value)), name) for value, name in longest_first]


def replaced(value, own):
    for pattern, placeholder in own:
        value = pattern.sub(placeholder, value)
    return value


def file_state(path, own):
    """`sha256:<digest> <mode> <uid>:<gid>`, or where a link leads."""
    info = os.lstat(path)
    if stat.S_ISLNK(info.st_mode):
        return "-> " + os.readlink(path)
    digest = sha256(replaced(text(path), own))
    return "sha256:%s %04o %d:%d" % (digest, stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid)


def significant(path, own):
    """What a file says without comments and blank lines: cloud-init dates its files in comments."""
    lines = [line.strip() for line in replaced(text(path), own).splitlines()]
    kept = [line for line in lines if line and not re.match(r"#(?!include)", line)]
    value = "\n".join(kept)
    return value if len(value) <= LONGEST_VALUE else "sha256:" + sha256(value)


def sshd():
    # sshd refuses to say anything without its run directory; under socket activation nothing has made it yet.
    os.makedirs("/run/sshd", 0o755, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        key = []
        if not glob.glob("/etc/ssh/ssh_host_*_key"):
            # Nor without a host key, and a layer may have removed the builder's.
            key = ["-h", scratch + "/key"]
            must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", scratch + "/key")
        output = must("sshd", "-T", "-C", "user=root,host=localhost,addr=127.0.0.1", *key)
    values = {}
    for line in output.splitlines():
        name, _, value = line.partition(" ")
        values[name] = values[name] + "\n" + value if name in values else value
    values.pop("hostkey", None)
    return values


def hosts(own):
    found = {}
    for line in text("/etc/hosts").splitlines():
        words = line.partition("#")[0].split()
        if words:
            address = replaced(words[0], own)
            names = replaced(" ".join(words[1:]), own)
            found[address] = (found[address] + " " + names) if address in found else names
    return found


def assignments(patterns):
    found = {}
    for path in expand(patterns):
        for line in text(path).splitlines():
            name, is_assignment, value = line.strip().partition("=")
            if is_assignment and not name.startswith("#"):
                found["%s %s" % (path, name)] = value.strip("\"'")
    return found


def timezone():
    zone = os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    return {"/etc/localtime": zone, "/etc/timezone": text("/etc/timezone").strip()}


def users():
    """Each account as one line: number, group, home, shell, further groups, and whether a password lets it in."""
    secrets = dict(line.split(":")[:2] for line in text("/etc/shadow").splitlines() if ":" in line)
    found = {}
    for user in pwd.getpwall():
        groups = sorted(group.gr_name for group in grp.getgrall() if user.pw_name in group.gr_mem)
        secret = secrets.get(user.pw_name, "*")
        password = "locked" if secret[:1] in ("!", "*") else "set" if secret else "empty"
        facts = (user.pw_uid, user.pw_gid, user.pw_dir, user.pw_shell, ",".join(groups) or "-", password)
        found[user.pw_name] = "uid %d gid %d home %s shell %s groups %s password %s" % facts
    return found


def fstab():
    rows = [line.split() for line in text("/etc/fstab").splitlines() if line.strip() and not line.startswith("#")]
    return {(row[1] if row[1] != "none" else row[0]): " ".join(row) for row in rows if len(row) > 1}


def units():
    listed = systemctl("list-unit-files", "--no-legend", "--no-pager", "--state=enabled,disabled,masked")
    return {words[0]: words[1] for words in (line.split() for line in listed.splitlines()) if len(words) > 1}


def packages():
    """Installed packages as {name: version}; of versions side by side, as rpm has of kernels, all. For the record too."""
    listed = run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}\t${binary:Package}\t${Version}\n")
    # EVR has the epoch where there is one: versions could not be ordered without.
    listed = listed or run("rpm", "-qa", "--qf", "ii \t%{NAME}\t%{EVR}.%{ARCH}\n")
    found = {}
    for state, name, version in (line.split("\t") for line in listed.splitlines()):
        # What is, after what is wanted: a package on hold is "hi".
        if state[1:2] == "i":
            found.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}
