"""What differs from region to region: loaded from the region's own bucket when the machine booted, or else as baked."""

import json
import logging

LOADED = "/var/lib/bake/region-config/current/values.json"
# What a machine without region config runs on.
BAKED = {"database": None, "cache": None, "flags": {}, "log": {"level": "info"}}
# Everybody may see these. What else is loaded, such as the name of the database's secret, is nobody's business.
PUBLIC = {
    "database": ("host", "port", "name"),
    "cache": ("host", "port", "ttlSeconds"),
    "flags": None,
    "log": ("level",),
}


def read(path=LOADED):
    """All values, and whether they were loaded."""
    try:
        with open(path, encoding="utf-8") as file:
            return dict(BAKED, **json.load(file)), True
    except FileNotFoundError:
        return BAKED, False


def public(values, loaded):
    shown = {"loaded": loaded}
    for name, fields in PUBLIC.items():
        value = values[name]
        shown[name] = {field: value.get(field) for field in fields} if fields and value else value
    return shown


def log_level(values):
    level = logging.getLevelName(str(values["log"].get("level")).upper())
    return level if isinstance(level, int) else logging.INFO
