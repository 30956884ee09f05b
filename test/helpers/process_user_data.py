"""User-data as a new instance processes it, by cloud-init's own code. usage: process_user_data.py FOLDER < user-data

FOLDER takes what cloud-init writes. Prints {"parts": [[type, name]], "config": …, "scripts": {name: text}, "boothooks": …,
"jinja": [name], "schemaErrors": …, "warnings": […]}.
"""

import json
import logging
import os
import sys

from cloudinit import handlers, safeyaml, user_data
from cloudinit.config.schema import SchemaValidationError, validate_cloudconfig_schema
from cloudinit.handlers.boot_hook import BootHookPartHandler
from cloudinit.handlers.cloud_config import CloudConfigPartHandler
from cloudinit.handlers.shell_script import ShellScriptPartHandler

FOLDER = sys.argv[1]
warnings = []


class Collect(logging.Handler):
    def emit(self, record):
        if record.levelno >= logging.WARNING:
            warnings.append(record.getMessage())


class Paths:
    def get_ipath(self, name=None):
        return os.path.join(FOLDER, name)

    get_ipath_cur = get_ipath
    get_cpath = get_ipath


class Noted(BootHookPartHandler):
    """Boot hooks are written like scripts, and would be run at once."""

    def handle_part(self, data, ctype, filename, payload, frequency):
        if ctype not in handlers.CONTENT_SIGNALS:
            self._write_part(payload, filename)


def texts_in(name):
    folder = os.path.join(FOLDER, name)
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return {name: open(os.path.join(folder, name), encoding="utf-8").read() for name in names}


def main():
    logging.getLogger("cloudinit").addHandler(Collect())
    paths = Paths()
    message = user_data.UserDataProcessor(None).process(sys.stdin.buffer.read())
    known = {}
    called = [CloudConfigPartHandler(paths), ShellScriptPartHandler(paths), Noted(paths, None)]
    for handler in called:
        for kind in handler.list_types():
            known[kind] = handler
    for handler in called:
        handlers.call_begin(handler, None, "always")
    parts = []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind, name = part.get_content_type(), part.get_filename()
        parts.append([kind, name])
        payload = part.get_payload(decode=True).decode("utf-8")
        if kind in known:
            handlers.run_part(known[kind], None, name, payload, "always", part)
    for handler in called:
        handlers.call_end(handler, None, "always")
    with open(paths.get_ipath("cloud_config"), encoding="utf-8") as file:
        config = safeyaml.load(file.read()) or {}
    errors = None
    try:
        validate_cloudconfig_schema(config, strict=True)
    except SchemaValidationError as error:
        errors = "; ".join(map(str, error.schema_errors)) or None
    answer = {"parts": parts, "config": config, "schemaErrors": errors, "warnings": warnings}
    print(json.dumps({**answer, "scripts": texts_in("scripts"), "boothooks": texts_in("boothooks")}))


main()
