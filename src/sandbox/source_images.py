"""The AMIs that are there before anybody made one, as `--images` lists them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


class ImagesFileError(Exception):
    """The file is not what `--images` expects; the message says why, with its name."""


@dataclass(frozen=True)
class SourceImage:
    name: str
    owner: str
    """A twelve-digit account id."""
    owner_alias: str | None
    architecture: str
    description: str
    root_device_name: str
    size_gib: int
    disk: str | None
    """The absolute path of a qcow2 file; None for an AMI that can be described but not booted."""
    creation_date: datetime
    platform_details: str
    boot_mode: str | None
    parameter: str | None
    """The public SSM parameter that holds its id."""

    def image_id(self, region: str) -> str:
        """The same in every sandbox, other in every region, as a public AMI's id is on AWS."""
        return "ami-" + self._digest("image", region)

    def snapshot_id(self, region: str) -> str:
        return "snap-" + self._digest("snapshot", region)

    def _digest(self, kind: str, region: str) -> str:
        prefix = "" if kind == "image" else kind
        return hashlib.sha256((prefix + region + self.name).encode()).hexdigest()[:17]


@dataclass(frozen=True)
class SourceImages:
    images: tuple[SourceImage, ...] = ()
    digest: str | None = None
    """sha256 of the file that lists them, by which its writer knows that it was read."""


def read_source_images(path: Path) -> SourceImages:
    """Raises ImagesFileError for a file that cannot be read or has another version."""
    try:
        written = path.read_bytes()
        content = json.loads(written)
        if content["version"] != 1:
            raise ValueError(f"version {content['version']} is not 1")
        images = tuple(_parse(entry) for entry in content["images"])
        return SourceImages(images, hashlib.sha256(written).hexdigest())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImagesFileError(f"cannot read the source images of {path}: {error!r}") from error


def _parse(entry: dict[str, Any]) -> SourceImage:
    return SourceImage(
        name=entry["name"],
        owner=entry["owner"],
        owner_alias=entry.get("ownerAlias"),
        architecture=entry["architecture"],
        description=entry.get("description", ""),
        root_device_name=entry.get("rootDeviceName", "/dev/xvda"),
        size_gib=int(entry["sizeGiB"]),
        disk=entry.get("disk"),
        # moto's times are naive and in UTC
        creation_date=datetime.fromisoformat(entry["creationDate"].replace("Z", "+00:00")).replace(tzinfo=None),
        platform_details=entry.get("platformDetails", "Linux/UNIX"),
        boot_mode=entry.get("bootMode"),
        parameter=entry.get("parameter"),
    )
