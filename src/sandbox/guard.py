"""Runs one command and never lets it outlive the process at the other end of standard input.

    python guard.py <directory> <command> [argument...]

The sandbox holds the writing end of our standard input and never writes: end-of-file means that it is
gone, however it died. The command is killed then. `<directory>` (sockets) is removed in any case.
PR_SET_PDEATHSIG covers the death of the guard itself; it exists on Linux only.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading


def _die_with_parent() -> None:
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def main() -> int:
    directory, command = sys.argv[1], sys.argv[2:]
    # Ctrl-C in the terminal goes to the whole process group; machines are shut down by the server.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)

    def watch() -> None:
        os.read(0, 1)
        child.kill()

    threading.Thread(target=watch, daemon=True).start()
    code = child.wait()
    shutil.rmtree(directory, ignore_errors=True)
    os._exit(code if code >= 0 else 1)


main()
