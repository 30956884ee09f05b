#!/usr/bin/python3 -B
"""The flags API on the socket that systemd hands over: requests wait there while the service restarts."""

import json
import logging
import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import HTTPServer

import region_config
from handler import Handler
from store import Store

FIRST_FD = 3
RECORD = "/usr/lib/bake/record.json"


class PooledServer(HTTPServer):
    """A fixed number of threads: under load, requests wait in the socket's queue and not in memory."""

    # The socket that HTTPServer makes, and that is thrown away, must be of a kind that the unit's sandbox permits.
    address_family = socket.AF_UNIX

    def __init__(self, listener, handler, workers):
        super().__init__(None, handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self._pool = ThreadPoolExecutor(workers)
        self._free = threading.Semaphore(workers)

    def process_request(self, request, client_address):
        self._free.acquire()
        self._pool.submit(self._serve, request, client_address)

    def _serve(self, request, client_address):
        try:
            self.finish_request(request, client_address)
        except Exception:
            self.handle_error(request, client_address)
        finally:
            self.shutdown_request(request)
            self._free.release()

    def server_close(self):
        super().server_close()
        self._pool.shutdown()


def image_version():
    """What this machine was made from, as baked into it."""
    try:
        with open(RECORD, encoding="utf-8") as file:
            record = json.load(file)
    except FileNotFoundError:
        return {"image": None}
    return {key: record.get(key) for key in ("project", "image", "imageVersion", "architecture", "commit")}


def configure(handler):
    """Reads the region config, at the start and whenever it has changed."""
    values, loaded = region_config.read()
    logging.getLogger().setLevel(region_config.log_level(values))
    handler.config = region_config.public(values, loaded)
    logging.info("config: %s", json.dumps(handler.config))


def reload(handler):
    tell_systemd(b"RELOADING=1")
    try:
        configure(handler)
    except (OSError, ValueError):
        logging.exception("the config is kept as it was")
    tell_systemd(b"READY=1")


def tell_systemd(state):
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.connect("\0" + address[1:] if address.startswith("@") else address)
            notify.send(state)


def main():
    logging.basicConfig(format="%(levelname)s %(message)s")
    state = os.environ.get("STATE_DIRECTORY", ".")
    store = Store(os.path.join(state, "flags.sqlite"), int(os.environ["API_MAX_FLAGS"]))
    handler = type("FlagsHandler", (Handler,), {"store": store, "version": image_version()})
    configure(handler)
    server = PooledServer(socket.socket(fileno=FIRST_FD), handler, int(os.environ["API_WORKERS"]))
    # shutdown() waits for the loop that this thread runs, so it needs another thread.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    signal.signal(signal.SIGHUP, lambda *_: reload(handler))
    tell_systemd(b"READY=1")
    with server:
        server.serve_forever()


if __name__ == "__main__":
    main()
