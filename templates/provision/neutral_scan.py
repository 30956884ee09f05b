"""Texts of the machine, and what in them is of one region: the rows of neutral.json, which the linter reads too."""

import os
import re
import stat

FLAGS = re.IGNORECASE | re.ASCII


class Scan:
    def __init__(self, root, rules):
        self.root = root
        self.roots = rules["roots"]
        self.largest = rules["largest"]
        self.rows = [(row, re.compile(row["pattern"], FLAGS)) for row in rules["rows"]]
        self.hints = [re.compile(hint) for hint in rules["hints"]]
        self.comment = re.compile(rules["comment"], FLAGS)
        self.skipped = re.compile("|".join(rules["skipped"]), FLAGS)

    def stamps(self):
        """{path: stamp} of every file that may count. Any change of its content changes the stamp, whatever the clock
        does: the time of change is compared for being another one, and so are inode and size."""
        found = {}
        for folder in self.roots:
            self._walk(folder, found)
        return found

    def _walk(self, folder, found):
        if os.path.islink(self.root + folder) or self.skipped.search(folder + "/"):
            return
        try:
            entries = list(os.scandir(self.root + folder))
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            path = f"{folder}/{entry.name}"
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if stat.S_ISDIR(status.st_mode):
                self._walk(path, found)
            elif stat.S_ISREG(status.st_mode) and status.st_size <= self.largest and not self.skipped.search(path):
                found[path] = f"{status.st_ino} {status.st_size} {status.st_ctime_ns}"

    def matches(self, path):
        """`{rule, line, match, what, key}` of each thing of one region in a file, in its order; none of a binary."""
        try:
            with open(self.root + path, "rb") as file:
                data = file.read(self.largest + 1)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return []
        if b"\0" in data or len(data) > self.largest:
            return []
        text = data.decode("utf-8", "replace")
        if not self.may_match(text):
            return []
        return [
            {"rule": row["id"], "line": number, "match": match, "what": row["what"], "key": row["key"]}
            for number, line in enumerate(text.split("\n"), start=1)
            for row, match in self.in_line(line)
        ]

    def may_match(self, text):
        lower = text.lower()
        return any(hint.search(lower) for hint in self.hints)

    def in_line(self, line):
        """(row, match) in the order in which they stand. Of rows that overlap, the earlier one has it."""
        if not self.may_match(line) or self.comment.search(line):
            return []
        found = []
        for row, pattern in self.rows:
            matches = list(pattern.finditer(line))
            found += [(match.start(), row, match.group()) for match in matches]
            if matches:
                line = pattern.sub(lambda match: " " * len(match.group()), line)
        return [(row, text) for _, row, text in sorted(found, key=lambda one: one[0])]
