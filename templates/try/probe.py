"""Says as JSON what this machine is like: the settings that a first boot may overwrite, its identity, its health.

Runs as root on the builder at the end of a bake and on every machine under trial, with the standard library of
Python 3.6 alone. Equal settings must give equal text, so what is the instance's own (its names and addresses) is replaced.

    probe.py [--out FILE] [--guard FILE] [--packages]

Looked at besides GUARDED: the paths that guard.json of a bake names, and those that the record in the image has.
"""

import argparse
import base64
import glob
import grp
import hashlib
import json
import os
import platform
import pwd
import re
import stat
import subprocess

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


def instance_data():
    return parsed("/run/cloud-init/instance-data-sensitive.json") or parsed("/run/cloud-init/instance-data.json")


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
    values = {}
    for line in run("sshd", "-T", "-C", "user=root,host=localhost,addr=127.0.0.1").splitlines():
        key, _, value = line.partition(" ")
        values[key] = values[key] + "\n" + value if key in values else value
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
    listed = run("systemctl", "list-unit-files", "--no-legend", "--no-pager", "--state=enabled,disabled,masked")
    return {words[0]: words[1] for words in (line.split() for line in listed.splitlines()) if len(words) > 1}


def packages():
    listed = run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}\t${binary:Package}\t${Version}\n")
    listed = listed or run("rpm", "-qa", "--qf", "ii \t%{NAME}\t%{VERSION}-%{RELEASE}.%{ARCH}\n")
    return {row[1]: row[2] for row in (line.split("\t") for line in listed.splitlines()) if row[0].startswith("ii")}


def identity():
    """What no two machines may share, and who may log in. Secrets only as digests."""
    data = instance_data()
    return {
        "instanceId": data.get("v1", {}).get("instance_id") or "",
        "machineId": digest_of("/etc/machine-id"),
        "randomSeed": digest_of("/var/lib/systemd/random-seed"),
        "hostKeys": {os.path.basename(path)[9:-8]: fingerprint(text(path)) for path in expand(("/etc/ssh/ssh_host_*_key.pub",))},
        "authorizedKeys": authorized_keys(),
        "launchKeys": [fingerprint(key) for key in data.get("v1", {}).get("public_ssh_keys") or []],
    }


def authorized_keys():
    """`user: [fingerprints]`, from the places where sshd looks by default and where ours says that it looks."""
    found = {}
    for user in pwd.getpwall():
        patterns = [user.pw_dir + "/.ssh/authorized_keys", user.pw_dir + "/.ssh/authorized_keys2"]
        patterns.append("/etc/ssh/authorized_keys.d/" + user.pw_name)
        keys = {fingerprint(line) for path in expand(patterns) for line in text(path).splitlines()} - {""}
        if keys:
            found[user.pw_name] = sorted(keys)
    return found


def fingerprint(line):
    """As ssh-keygen -l prints it; empty for a line without a key."""
    match = re.search(r"^(?!#)(?:.*\s)?(?:ssh|ecdsa|sk)-\S+\s+(AAAA[A-Za-z0-9+/]+)", line.strip())
    if not match:
        return ""
    blob = base64.b64decode(match.group(1) + "===")
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def health():
    finished = run("systemctl", "show", "--property=FinishTimestampMonotonic").partition("=")[2].strip()
    failed = run("systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--no-pager")
    return {
        "bootId": text("/proc/sys/kernel/random/boot_id").strip(),
        # From the start of the kernel; microseconds, and 0 while it still starts.
        "bootSeconds": int(finished) / 1e6 if finished.isdigit() and finished != "0" else None,
        "kernel": platform.release(),
        "systemState": run("systemctl", "is-system-running").strip(),
        "failedUnits": [line.split()[0] for line in failed.splitlines() if line.strip()],
        "cloudInit": cloud_init(),
    }


def cloud_init():
    """From the files that `cloud-init status` reads, without starting it."""
    if not os.path.exists("/run/cloud-init/enabled"):
        return {"status": "disabled", "errors": [], "recoverable": []}
    result = parsed("/run/cloud-init/result.json").get("v1")
    if result is None:
        return {"status": "running", "errors": [], "recoverable": []}
    stages = parsed("/run/cloud-init/status.json").get("v1", {}).values()
    # From 23.4 on: level of the log → messages, for each stage.
    levels = [stage.get("recoverable_errors", {}) for stage in stages if isinstance(stage, dict)]
    recoverable = [line for level in levels for lines in level.values() for line in lines]
    errors = result["errors"]
    return {"status": "error" if errors else "done", "errors": errors, "recoverable": recoverable}


def expand(patterns):
    found = {path for pattern in patterns for path in glob.glob(pattern)}
    return sorted(path for path in found if os.path.islink(path) or os.path.isfile(path))


def text(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def parsed(path):
    try:
        return json.loads(text(path))
    except ValueError:
        return {}


def digest_of(path):
    return sha256(text(path)) if text(path) else ""


def sha256(value):
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


def run(*command):
    environment = dict(os.environ, LC_ALL="C", PATH="/usr/sbin:/usr/bin:/sbin:/bin")
    try:
        return subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        ).stdout.decode("utf-8", "replace")
    except OSError:
        return ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out")
    parser.add_argument("--guard")
    parser.add_argument("--packages", action="store_true")
    options = parser.parse_args()
    found = settings(options.guard, options.packages)
    probe = {"version": 1, "settings": found, "identity": identity(), "health": health()}
    # Not /dev/stdout: what sshd gives as standard output cannot be opened again.
    with open(options.out or 1, "w", encoding="ascii") as file:
        json.dump(probe, file, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()
