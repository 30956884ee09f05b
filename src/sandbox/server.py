"""The sandbox's server process: an EC2 API on a loopback port until SIGTERM.

    python src/sandbox/server.py --state-dir DIR [--machines qemu --boot-disk FILE] [--images FILE]

Writes DIR/server.json once it answers. Exit codes: 0 told to stop, 2 cannot start as it was asked to.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from pathlib import Path

# The package is the folder this file is in, under the name that saved state refers to its classes by.
sys.path[0] = str(Path(__file__).resolve().parent.parent)
# moto reads these when it is imported: none of its own public AMIs, and no credentials of the user's.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
for _name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
    os.environ.pop(_name, None)
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull

from sandbox.addresses import AddressPool
from sandbox.backend import install_backend
from sandbox.disks import DiskStore
from sandbox.host import Host
from sandbox.image_parameters import install_image_parameters
from sandbox.parameters import install_parameters
from sandbox.runtime import Runtime, Settings, install
from sandbox.service import Service
from sandbox.source_images import ImagesFileError, SourceImages, read_source_images
from sandbox.state import StateError, Store


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="An EC2 on this computer.")
    parser.add_argument("--state-dir", type=Path, required=True, help="everything the sandbox keeps")
    parser.add_argument("--port", type=int, default=0, help="of the API on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--machines", choices=("qemu", "none"), default="none")
    parser.add_argument("--images", type=Path, help="a JSON file that lists the source AMIs")
    parser.add_argument("--boot-disk", type=Path, help="the disk that starts an image's own kernel")
    parser.add_argument("--accel", choices=("tcg", "kvm", "hvf"), default="tcg")
    parser.add_argument("--address-block", default="127.77.0", help="the first three numbers of public addresses")
    parser.add_argument(
        "--pending-seconds", type=float, default=0.25, help="the least time that an image stays pending"
    )
    parser.add_argument("--copy-seconds", type=float, help="how long a copy takes; --pending-seconds when absent")
    arguments = parser.parse_args()
    if arguments.machines == "qemu" and not (arguments.boot_disk and arguments.boot_disk.is_file()):
        parser.error("--machines qemu needs --boot-disk with a file that exists")
    return arguments


def main() -> int:
    arguments = parse_arguments()
    state_dir: Path = arguments.state_dir.resolve()
    state_dir.mkdir(parents=True, exist_ok=True)
    lock = (state_dir / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return _refuse(f"another sandbox is using {state_dir}")
    try:
        source_images = read_source_images(arguments.images) if arguments.images else SourceImages()
    except ImagesFileError as error:
        return _refuse(str(error))
    settings = Settings(
        state_dir=state_dir,
        machines=arguments.machines,
        accel=arguments.accel,
        boot_disk=arguments.boot_disk and arguments.boot_disk.resolve(),
        images_file=arguments.images and arguments.images.resolve(),
        pending_seconds=arguments.pending_seconds,
        copy_seconds=arguments.pending_seconds if arguments.copy_seconds is None else arguments.copy_seconds,
    )
    disks = DiskStore(state_dir / "disks")
    store = Store(state_dir / "state", disks)
    addresses = AddressPool(arguments.address_block, probe=settings.boots_machines)
    install(Runtime(settings, disks, addresses, Host(), store, source_images))
    install_backend()
    install_parameters()
    install_image_parameters()
    try:
        store.load()
    except StateError as error:
        return _refuse(f"{error}. `bake sandbox reset` starts afresh; nothing was deleted")
    Service(arguments.port).run()
    return 0


def _refuse(message: str) -> int:
    print(f"sandbox: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Threads that wait for a guest must not hold up the end.
    os._exit(code)
