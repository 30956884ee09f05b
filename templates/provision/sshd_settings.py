"""What sshd's files say about one keyword. sshd keeps the first value that it reads, so their order decides."""

import os

from machine_files import content
from path_patterns import paths_of

MAIN = "/etc/ssh/sshd_config"


def statements(root, keyword, path=MAIN):
    """[path, value] of each statement outside `Match` blocks, in the order in which sshd reads them."""
    found = []
    for line in (content(root + path) or "").splitlines():
        word, _, value = line.strip().replace("=", " ", 1).partition(" ")
        word, value = word.lower(), value.strip().strip('"')
        if word == "match":
            break
        if word == "include":
            for pattern in value.split():
                # Relative names are below /etc/ssh.
                for included in paths_of(root, os.path.join("/etc/ssh", pattern)):
                    found += statements(root, keyword, included)
        elif word == keyword.lower():
            found.append([path, value])
    return found
