"""Runs the loader as a process of a test. The loader itself has no such switches.

    python3 run_loader.py <plan.json> <verb>
    python3 run_loader.py --each <verb> <plan.json>...      each in a process of its own, one after the other

The second prints a JSON list of how they ended: exit code, or the negated number of the signal. Standard output of each
is beside its plan, with `.out` at the end. It saves the start of Python, which takes longer than a run.

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

# What the loader imports, once for all processes of --each.
import http.client, shutil, ssl, subprocess

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


def each(verb, *plans):
    return [ended(os.waitpid(start(verb, plan), 0)[1]) for plan in plans]


def start(verb, plan):
    child = os.fork()
    if child == 0:
        os.dup2(os.open(plan + ".out", os.O_WRONLY | os.O_CREAT), 1)
        with open(plan, encoding="utf-8") as file:
            os.environ.update(json.load(file)["env"])
        os._exit(main(plan, verb))
    return child


def ended(status):
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


if __name__ == "__main__":
    if sys.argv[1] == "--each":
        print(json.dumps(each(*sys.argv[2:])))
    else:
        sys.exit(main(*sys.argv[1:]))
