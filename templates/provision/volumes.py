"""Finds the block devices of an image's volumes. Runs on the builder, as root, once per boot.

usage: volumes.py [--root DIR] [--links DIR] FILE
  FILE has a line for each volume: its name, a tab, its device as EC2 calls it (/dev/sdf). Of each there is a link of that
  name in DIR then. What the kernel calls a device is its own affair: on Nitro instances EBS volumes are NVMe devices in no
  certain order, and only some distributions have rules that make links of EC2's names. So the device itself is asked.
"""

import argparse
import ctypes
import fcntl
import os
import re
import shutil
import struct
import sys
import time

# The kernel may be some seconds behind EC2.
LIMIT = 30

# linux/nvme_ioctl.h: struct nvme_admin_cmd, and the number of its ioctl.
ADMIN_COMMAND = struct.Struct("=BBHIIIQQIIIIIIIIII")
ADMIN_IOCTL = 0xC0484E41
IDENTIFY = 0x06
IDENTIFY_CONTROLLER = 1
IDENTITY_SIZE = 4096
AMAZON = 0x1D0F


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--root", default="")
    arguments.add_argument("--links", default="/run/bake/volumes")
    arguments.add_argument("--limit", type=float, default=LIMIT)
    arguments.add_argument("file")
    given = arguments.parse_args()
    volumes = read_volumes(given.file)
    found = wait_for(given.root, volumes, given.limit)
    lacking = [f"{name} at {device}" for name, device in volumes.items() if name not in found]
    if lacking:
        print(f"this machine has no volume {', '.join(lacking)}; block devices are {', '.join(names(given.root))}", file=sys.stderr)
        sys.exit(1)
    link(given.links, found)


def read_volumes(file):
    with open(file, encoding="utf-8") as lines:
        return dict(line.rstrip("\n").split("\t") for line in lines)


def wait_for(root, volumes, limit):
    deadline = time.monotonic() + limit
    while True:
        there = {place: device for device in names(root) for place in places_of(root, device)}
        found = {name: there[place_of(device)] for name, device in volumes.items() if place_of(device) in there}
        if len(found) == len(volumes) or time.monotonic() >= deadline:
            return found
        time.sleep(0.5)


def names(root):
    """As the kernel calls whole disks."""
    return sorted(os.listdir(root + "/sys/block"))


def place_of(device):
    """`f` of /dev/sdf and xvdf, which are one place on a machine."""
    known = re.fullmatch(r"(?:/dev/)?(?:sd|xvd)([a-z]+)\d*", device)
    return known.group(1) if known else None


def places_of(root, device):
    """What EC2 may call it: by its own word if it has one, else by its name."""
    if device.startswith("nvme"):
        identity = read_identity(f"{root}/dev/{device}")
        said = identity and ec2_name(identity)
    else:
        said = serial(root, device) or device
    place = place_of(said) if said else None
    return [place] if place else []


def serial(root, device):
    """Of a virtio disk, which the sandbox's machines have."""
    try:
        with open(f"{root}/sys/block/{device}/serial", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None


def read_identity(path):
    """What an NVMe controller says of itself; None where it says nothing."""
    buffer = ctypes.create_string_buffer(IDENTITY_SIZE)
    address = ctypes.addressof(buffer)
    command = ADMIN_COMMAND.pack(
        IDENTIFY, 0, 0, 0, 0, 0, 0, address, 0, IDENTITY_SIZE, IDENTIFY_CONTROLLER, 0, 0, 0, 0, 0, 0
    )
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.ioctl(file, ADMIN_IOCTL, bytearray(command))
    except OSError:
        return None
    finally:
        os.close(file)
    return buffer.raw


def ec2_name(identity):
    """In the vendor's own part: `sdf`, `/dev/sdf`, padded. None for what is no volume of EBS, an instance store for one."""
    (vendor,) = struct.unpack_from("<H", identity)
    model = identity[24:64].decode("ascii", "replace").strip()
    if vendor != AMAZON or model != "Amazon Elastic Block Store":
        return None
    return identity[3072:3104].split(b"\0")[0].decode("ascii", "replace").strip() or None


def link(folder, found):
    """All or none, so that the folder means that it was done."""
    unfinished = folder + ".new"
    shutil.rmtree(unfinished, ignore_errors=True)
    os.makedirs(unfinished)
    for name, device in found.items():
        os.symlink(f"/dev/{device}", os.path.join(unfinished, name))
    os.rename(unfinished, folder)


if __name__ == "__main__":
    main()
