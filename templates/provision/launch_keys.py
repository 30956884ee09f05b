"""The login key of the builder in authorized_keys, which is ours to remove, and all others, which are not."""

import json
import os

from machine_files import content

INSTANCE_DATA = "/run/cloud-init/instance-data.json"


def remove_launch_keys(root, path):
    """Removes the builder's lines; a file that held nothing else goes with them."""
    lines = content(root + path).splitlines()
    kept = [line for line in lines if not has_key(line, launch_keys(root))]
    if not any(is_key(line) for line in kept):
        os.remove(root + path)
    elif kept != lines:
        # In place: a new file would have another owner, which sshd may refuse.
        with open(root + path, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in kept))


def foreign_lines(root, path):
    return [line for line in (content(root + path) or "").splitlines() if is_key(line)]


def launch_keys(root):
    """The base64 parts of the keys that this instance was launched with, as its metadata told cloud-init."""
    data = json.loads(content(root + INSTANCE_DATA) or "{}")
    keys = data.get("v1", {}).get("public_ssh_keys") or []
    return {words[1] for words in map(str.split, keys) if len(words) > 1}


def has_key(line, keys):
    """Root's lines have options before the key."""
    return any(word in keys for word in line.split())


def is_key(line):
    return line.strip() != "" and not line.lstrip().startswith("#")
