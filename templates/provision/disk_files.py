"""What is on the disks of a machine: files, and what is kept on a disk without being a file that has a name."""

import bz2
import gzip
import lzma
import os
import stat
import subprocess
import zlib

# In memory, or made up by the kernel.
NO_DISK = frozenset(
    "autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fusectl hugetlbfs mqueue nsfs proc "
    "pstore ramfs rpc_pipefs securityfs selinuxfs sysfs tmpfs tracefs".split()
)

OPENERS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}

# Of files without a name that never were on a disk.
IN_MEMORY = ("/memfd:", "/dev/", "/SYSV")

CHUNK = 1 << 20


def entries_on_disk(root):
    """(path, status) of everything below the root that is on a disk, folders too."""
    pseudo = _pseudo_devices()
    top = os.stat(root or "/").st_dev
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            listed = list(os.scandir(root + folder + "/"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in listed:
            path = f"{folder}/{entry.name}"
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if status.st_dev != top and status.st_dev in pseudo:
                continue
            yield path, status
            if stat.S_ISDIR(status.st_mode):
                folders.append(path)


def deleted_files(root):
    """(path that it had, where it can still be read) of files that somebody has open."""
    pseudo = _pseudo_devices() - {os.stat(root or "/").st_dev}
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            numbers = os.listdir(f"/proc/{process}/fd")
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
        for number in numbers:
            file = f"/proc/{process}/fd/{number}"
            try:
                path, status = os.readlink(file), os.stat(file)
            except OSError:
                continue
            is_left = path.startswith(root + "/") and path.endswith(" (deleted)") and not path.startswith(IN_MEMORY)
            if is_left and stat.S_ISREG(status.st_mode) and status.st_dev not in pseudo:
                yield path[len(root) :], file


def swap_areas(root):
    """What the kernel writes there changes no file that one could see."""
    try:
        with open(root + "/proc/swaps", encoding="utf-8") as file:
            paths = [line.split()[0] for line in file.readlines()[1:]]
    except FileNotFoundError:
        return []
    return [path for path in paths if not path.startswith("/dev/zram")]


def unmounted_volumes(root):
    """Data volumes whose files nobody sees any more, or that hold partitions or parts of something larger."""
    links = root + "/run/bake/volumes"
    try:
        devices = {os.readlink(os.path.join(links, name)) for name in os.listdir(links)}
        with open(root + "/proc/mounts", encoding="utf-8", errors="surrogateescape") as file:
            return sorted(devices - {line.split()[0] for line in file})
    except FileNotFoundError:
        return []


def contents(file):
    """Readers of a file: as it is, and unpacked where it is compressed."""
    yield open(file, "rb")
    with open(file, "rb") as start:
        magic = start.read(6)
    for known, opener in OPENERS.items():
        if magic.startswith(known):
            yield opener(file, "rb")


def journal(root):
    """The journal in words: in its own files long fields are compressed."""
    folder = root + "/var/log/journal"
    if not os.path.isdir(folder):
        return None
    command = ["journalctl", "--directory", folder, "--all", "--quiet", "--no-pager", "--output=export"]
    try:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        return None


def chunks(reader, overlap):
    """The bytes of a reader in parts, each with the end of the one before. What is damaged ends there."""
    kept = b""
    while True:
        try:
            read = reader.read(CHUNK)
        except (EOFError, zlib.error, lzma.LZMAError):
            return
        except OSError as error:
            # What gzip and bzip2 say of damage has no number, as an error of the disk has.
            if error.errno is not None:
                raise
            return
        if not read:
            return
        part = kept + read
        yield part
        kept = part[-overlap:] if overlap else b""


def _pseudo_devices():
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        lines = [line.split(" - ") for line in file]
    devices = set()
    for mount, rest in lines:
        major, minor = mount.split()[2].split(":")
        if rest.split()[0] in NO_DISK:
            devices.add(os.makedev(int(major), int(minor)))
    return devices
