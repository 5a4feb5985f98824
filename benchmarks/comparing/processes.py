"""Runs one measuring process at a time and watches its memory; describes the machine."""

import datetime
import json
import os
import pathlib
import platform
import subprocess
import threading

SAMPLE_S = 0.02


class Failed(Exception):
    """A process that measures ended with an error; the message is its own."""


def machine():
    cpu = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    kib = int(pathlib.Path("/proc/meminfo").read_text(encoding="utf-8").split()[1])
    return {"cpu": cpu, "cores": os.cpu_count(), "memory_bytes": kib * 1024, "kernel": platform.release(),
            "system": distribution()}


def distribution():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def anonymous_bytes(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            for line in file:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class MemoryWatch(threading.Thread):
    """Samples the anonymous memory of a process until told to stop; `most` is the peak."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.stopped = pid, 0, threading.Event()

    def run(self):
        while not self.stopped.wait(SAMPLE_S):
            self.most = max(self.most, anonymous_bytes(self.pid))


def run_json(command, env=None):
    """The JSON that a command prints, with the process's memory: {"peak_anon_bytes"} added."""
    with subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=env) as process:
        watch = MemoryWatch(process.pid)
        watch.start()
        out, err = process.communicate()
        watch.stopped.set()
        watch.join()
    if process.returncode != 0:
        raise Failed(f"{' '.join(str(c) for c in command)}\n{err.strip()}")
    answer = json.loads(out)
    if isinstance(answer, dict):
        answer["peak_anon_bytes"] = watch.most
    return answer


def bytes_below(path):
    return sum(p.stat().st_size for p in pathlib.Path(path).rglob("*") if p.is_file())


def warm(path):
    """Reads every file, so that the page cache holds it."""
    path = pathlib.Path(path)
    for p in ([path] if path.is_file() else sorted(path.rglob("*"))):
        if p.is_file():
            with open(p, "rb") as file:
                while file.read(1 << 20):
                    pass

