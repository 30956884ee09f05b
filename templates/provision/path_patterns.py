"""Which files a pattern names: `*` stands for any characters but `/`, a last segment `**` for everything below."""

import os
import re


def paths_of(root, pattern):
    """Machine paths that exist and match, sorted. `root` is the folder that stands for `/`; links are not followed."""
    *folders, last = pattern.strip("/").split("/")
    found = [""]
    for segment in folders:
        found = [path for folder in found for path in children(root, folder, segment) if is_folder(root + path)]
    if last == "**":
        return sorted(path for folder in found for path in below(root, folder))
    return sorted(path for folder in found for path in children(root, folder, last))


def children(root, folder, segment):
    if "*" not in segment:
        path = f"{folder}/{segment}"
        return [path] if os.path.lexists(root + path) else []
    matches = re.compile(".*".join(re.escape(part) for part in segment.split("*")), re.DOTALL).fullmatch
    return [f"{folder}/{name}" for name in names_in(root + folder) if matches(name)]


def below(root, folder):
    """Everything in the folder, files and folders, each folder before what it holds."""
    for name in names_in(root + folder):
        path = f"{folder}/{name}"
        yield path
        if is_folder(root + path):
            yield from below(root, path)


def is_folder(path):
    return os.path.isdir(path) and not os.path.islink(path)


def names_in(folder):
    try:
        return sorted(os.listdir(folder or "/"))
    except (FileNotFoundError, NotADirectoryError):
        return []
