"""Feature flags in one SQLite file. Safe to use from several threads at once."""

import json
import sqlite3
import threading


class Full(Exception):
    """As many flags as allowed are stored already."""


class Store:
    def __init__(self, path, max_flags):
        self._path = path
        self._max_flags = max_flags
        self._local = threading.local()
        with self._connection() as db:
            # Readers go on while one thread writes.
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("CREATE TABLE IF NOT EXISTS flags (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT")

    def _connection(self):
        if not hasattr(self._local, "db"):
            self._local.db = sqlite3.connect(self._path, timeout=5)
        return self._local.db

    def check(self):
        """Raises if the file cannot be read."""
        self._connection().execute("SELECT count(*) FROM flags").fetchone()

    def get(self, name):
        """The value, or KeyError."""
        row = self._connection().execute("SELECT value FROM flags WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise KeyError(name)
        return json.loads(row[0])

    def all(self):
        rows = self._connection().execute("SELECT name, value FROM flags ORDER BY name")
        return {name: json.loads(value) for name, value in rows}

    def put(self, name, value):
        """True if the flag is new. Raises Full."""
        with self._connection() as db:
            db.execute("BEGIN IMMEDIATE")
            changed = db.execute("UPDATE flags SET value = ? WHERE name = ?", (json.dumps(value), name)).rowcount
            if changed:
                return False
            if db.execute("SELECT count(*) FROM flags").fetchone()[0] >= self._max_flags:
                raise Full()
            db.execute("INSERT INTO flags VALUES (?, ?)", (name, json.dumps(value)))
            return True

    def delete(self, name):
        """True if there was one."""
        with self._connection() as db:
            return db.execute("DELETE FROM flags WHERE name = ?", (name,)).rowcount == 1
