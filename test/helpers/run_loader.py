"""Runs the loader as a process of a test: python3 run_loader.py <plan.json> <verb>. The loader itself has no such switch.

The plan's `constants` replace the loader's own. `kill` ends the process with SIGKILL before its n-th step that other
processes or the disk can see, as Python's audit events tell; without it, `steps` of the plan names a file for how many
there were. `hosts` is an address that every host name leads to.
"""

import importlib.machinery
import json
import os
import signal
import socket
import sys

STEPS = ("open", "os.", "shutil.", "socket.connect", "subprocess.Popen")
# What reads only.
QUIET = ("os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.getxattr", "os.listxattr")


def main(plan_file, *arguments):
    with open(plan_file, encoding="utf-8") as file:
        plan = json.load(file)
    loader = importlib.machinery.SourceFileLoader("loader", plan["loader"]).load_module()
    for name, value in plan["constants"].items():
        assert hasattr(loader, name), name
        setattr(loader, name, value)
    if "hosts" in plan:
        host, port = plan["hosts"].rsplit(":", 1)
        # Names of S3's hosts lead to the test; the metadata service has an address already.
        found = socket.getaddrinfo
        socket.getaddrinfo = lambda name, at, *rest: found(*((host, int(port)) if at == 443 else (name, at)), *rest)
    count = 0

    def step():
        nonlocal count
        count += 1
        if count == plan.get("kill"):
            os.kill(os.getpid(), signal.SIGKILL)

    def seen(event, given):
        reads = event == "open" and (given[1] == "r" or not str(given[0]).startswith(plan["constants"]["STATE"]))
        if event.startswith(STEPS) and event not in QUIET and not reads:
            step()

    def synced(descriptor, sync=os.fsync):
        step()
        sync(descriptor)
        step()

    os.fsync = synced
    sys.addaudithook(seen)
    code = loader.main(list(arguments))
    if "steps" in plan:
        with open(plan["steps"], "w", encoding="utf-8") as file:
            file.write(str(count))
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
