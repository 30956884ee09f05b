#!/usr/bin/python3 -B
"""One pass over the spool: each incoming/<job>.json, {"task": "<name>", "input": …}, ends as a file of that name
in done/ ({"result": …}) or failed/ ({"error": …}). A job is claimed by rename(2), so it is run by one pass only;
put one in the same way, or a pass may read half of it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

SPOOL = Path(os.environ.get("WORKER_SPOOL", "/var/spool/worker"))
TASKS = Path(os.environ.get("WORKER_TASKS", "/usr/local/lib/worker/tasks"))
MAX_ATTEMPTS = int(os.environ.get("WORKER_MAX_ATTEMPTS", "3"))
TASK_SECONDS = float(os.environ.get("WORKER_TASK_SECONDS", "60"))
TASK_NAME = re.compile(r"[a-z][a-z0-9-]*")


class BadJob(Exception):
    """Will not be better the next time."""


class TaskFailed(Exception):
    """May be."""


def read_job(path):
    try:
        job = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadJob(f"not JSON: {error}") from None
    task = job.get("task") if isinstance(job, dict) else None
    if not isinstance(task, str) or not TASK_NAME.fullmatch(task) or not os.access(TASKS / task, os.X_OK):
        raise BadJob(f"no such task: {task!r}")
    return job


def run_task(job):
    try:
        task = subprocess.run(
            [TASKS / job["task"]],
            input=json.dumps(job.get("input")),
            capture_output=True,
            text=True,
            timeout=TASK_SECONDS,
            check=True,
        )
        return json.loads(task.stdout)
    except subprocess.TimeoutExpired:
        raise TaskFailed(f"not done after {TASK_SECONDS:g} seconds") from None
    except subprocess.CalledProcessError as error:
        raise TaskFailed(error.stderr.strip()[-1000:] or f"exit status {error.returncode}") from None
    except (ValueError, OSError) as error:
        raise TaskFailed(str(error)) from None


def finish(path, folder, answer):
    """The answer is complete when it can be seen under its name, and the job goes last: a crash repeats it, never loses it."""
    partial = SPOOL / folder / f".{path.name}"
    partial.write_text(json.dumps(answer) + "\n", encoding="utf-8")
    partial.rename(SPOOL / folder / path.name)
    path.unlink()
    print(f"{path.stem}: {folder}", flush=True)


def process(path):
    attempt = 1
    while True:
        try:
            job = read_job(path)
            return finish(path, "done", {"job": job, "result": run_task(job), "attempts": attempt})
        except BadJob as error:
            return finish(path, "failed", {"error": str(error), "attempts": attempt})
        except TaskFailed as error:
            if attempt >= MAX_ATTEMPTS:
                return finish(path, "failed", {"job": job, "error": str(error), "attempts": attempt})
            attempt += 1


def claim():
    """Jobs that a pass left behind when it died, then the new ones, oldest first."""
    yield from sorted((SPOOL / "active").glob("*.json"))
    for path in sorted((SPOOL / "incoming").glob("*.json"), key=lambda path: path.stat().st_mtime):
        yield path.rename(SPOOL / "active" / path.name)


def main():
    for path in claim():
        process(path)


if __name__ == "__main__":
    sys.exit(main())
