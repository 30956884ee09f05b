"""What the guarded paths of a machine look like: enough to tell that something has changed, and nothing of what it says."""

import hashlib
import json
import os
import stat

from machine_files import content
from path_patterns import paths_of
from sshd_settings import statements

FIRST_PERSON = 1000
NOBODY = 65534


def manifest_of(root, rows):
    """{row id: {path or setting: description}}. A description is a string; paths that do not exist are not in it."""
    return {row["id"]: described(root, row) for row in rows}


def changed(before, after):
    """The names, sorted, that differ between two descriptions of one row."""
    return sorted(name for name in set(before) | set(after) if before.get(name) != after.get(name))


def described(root, row):
    setting = row.get("setting")
    if setting is None:
        return {path: describe(root + path) for pattern in row["paths"] for path in paths_of(root, pattern)}
    if setting["kind"] == "sshd-keyword":
        return keyword_by_file(root, setting["keyword"])
    if setting["kind"] == "login-accounts":
        return login_accounts(root)
    raise ValueError(f"{row['id']}: unknown setting {setting['kind']}")


def describe(path):
    """Type, mode, owner, and sha256 of a file's content or a link's target."""
    status = os.lstat(path)
    facts = [stat.filemode(status.st_mode), status.st_uid, status.st_gid]
    if stat.S_ISLNK(status.st_mode):
        facts.append(digest(os.readlink(path).encode("utf-8", "surrogateescape")))
    elif stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            facts.append(digest(file.read()))
    return json.dumps(facts)


def keyword_by_file(root, keyword):
    found = {}
    for path, value in statements(root, keyword):
        found.setdefault(path, value)
    return found


def login_accounts(root):
    """Each account of a person, by name: its lines in passwd and shadow, and its groups."""
    passwd = fields_of(root, "/etc/passwd")
    shadow = {line[0]: line for line in fields_of(root, "/etc/shadow")}
    groups = fields_of(root, "/etc/group")
    accounts = {}
    for line in passwd:
        if len(line) < 4 or not line[2].isdigit() or not is_person(int(line[2])):
            continue
        member_of = [group[0] for group in groups if line[0] in group[-1].split(",")]
        accounts[f"account {line[0]}"] = digest(json.dumps([line, shadow.get(line[0]), member_of]).encode())
    return accounts


def is_person(uid):
    return uid == 0 or (uid >= FIRST_PERSON and uid != NOBODY)


def fields_of(root, path):
    return [line.split(":") for line in (content(root + path) or "").splitlines() if line]


def digest(data):
    return hashlib.sha256(data).hexdigest()
