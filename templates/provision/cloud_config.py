"""cloud-init's configuration on this machine: what is in effect, and drop-ins that change it. Needs PyYAML, which every
package of cloud-init depends on."""

import os
from functools import lru_cache

import yaml

from machine_files import content, entries

MAIN = "/etc/cloud/cloud.cfg"
DROP_INS = "/etc/cloud/cloud.cfg.d"


def effective(root, without=()):
    """The configuration that files give, as a dict, leaving out drop-ins of the names in `without`.

    cloud-init reads cloud.cfg, then each `*.cfg` of cloud.cfg.d in the order of Python's sorted(). User-data and
    vendor-data come above all of them and are not known here. A file that is no mapping counts as empty, as it does there.
    """
    return stated(root, without, read(root + MAIN))


def stated(root, without, config=None):
    """What the drop-ins say whose names are not in `without`, over `config`."""
    above = {}
    # From the last one down, as cloud-init does: a null masks what is below it, and nothing that is above.
    for name in sorted(entries(root + DROP_INS), reverse=True):
        if name.endswith(".cfg") and name not in without:
            above = merged(read(os.path.join(root + DROP_INS, name)), above)
    return merged(config or {}, above)


def merged(lower, upper):
    """`upper` over `lower`: mappings key by key; a scalar, a null, a list over a list replaces what is below it whole.

    But cloud-init's mergers of lists and of texts answer with the other side when that is a mapping.
    """
    if not isinstance(lower, dict):
        return upper
    if not isinstance(upper, dict):
        return lower if isinstance(upper, (list, str)) else upper
    result = dict(lower)
    for key, value in upper.items():
        result[key] = merged(lower[key], value) if key in lower else value
    return result


def telling(wanted, config):
    """`wanted` less its empty values where `config` has none: there they say nothing, and `cloud-init schema` refuses
    some, such as `packages: []`.
    """
    rest = {}
    for key, value in wanted.items():
        known = config.get(key) if isinstance(config, dict) else None
        kept = telling(value, known) if isinstance(value, dict) else value
        if (isinstance(config, dict) and key in config) or kept not in (None, "", [], {}):
            rest[key] = kept
    return rest


def missing(wanted, config):
    """The part of the mapping `wanted` that `config` does not say already."""
    absent = object()
    rest = {}
    for key, value in wanted.items():
        known = config.get(key, absent) if isinstance(config, dict) else absent
        if isinstance(value, dict) and isinstance(known, dict):
            inner = missing(value, known)
            if inner:
                rest[key] = inner
        # `1 == True` in Python, and cloud-init tells them apart.
        elif known is absent or known != value or type(known) is not type(value):
            rest[key] = value
    return rest


def without_lists_of(wanted, config):
    """`wanted` less the lists that `config` has one for already: a list above another would replace it whole."""
    rest = {}
    for key, value in wanted.items():
        known = config.get(key) if isinstance(config, dict) else None
        if isinstance(value, list) and isinstance(known, list):
            continue
        rest[key] = without_lists_of(value, known) if isinstance(value, dict) else value
    return rest


def has_key(config, dotted):
    """Is there a value at `apt.conf`? A null is none."""
    for key in dotted.split("."):
        if not isinstance(config, dict) or config.get(key) is None:
            return False
        config = config[key]
    return True


class DropInDumper(yaml.SafeDumper):
    """One key a line, and lists on one line: ds-identify reads `datasource_list` with grep."""

    def ignore_aliases(self, data):
        return True

    def represent_list(self, data):
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)


DropInDumper.add_representer(list, DropInDumper.represent_list)


def drop_in(comments, config):
    """The text of a drop-in; `cloud-init schema` wants its first line to be just this."""
    lines = ["#cloud-config"] + ["# " + comment for comment in comments]
    body = yaml.dump(config, Dumper=DropInDumper, default_flow_style=False, width=10**6, allow_unicode=True)
    return "\n".join(lines) + "\n" + body


def write_drop_in(root, name, text):
    """Writes, or with None removes, a drop-in; leaves it alone when it is what it should be. Did it change anything?"""
    path = os.path.join(root + DROP_INS, name)
    if text is None:
        if not os.path.lexists(path):
            return False
        os.remove(path)
        return True
    if content(path) == text:
        return False
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path + ".tmp", 0o644)
    os.replace(path + ".tmp", path)
    return True


def read(path):
    value = parsed(content(path) or "")
    return value if isinstance(value, dict) else {}


@lru_cache(maxsize=None)
def parsed(text):
    """The YAML of a file, for reading only: a file is asked for several times. None for what is no YAML."""
    try:
        # The loader in Python takes a second for cloud.cfg on an emulated processor.
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        # A jinja template that is none until rendered, or a file that cloud-init skips with a warning.
        return None
