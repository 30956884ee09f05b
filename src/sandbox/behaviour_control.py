"""`/_bake/behaviour`, `/_bake/product-codes` and `/_bake/image-times`: what tests set and AWS has no call for."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sandbox.backend import all_backends
from sandbox.behaviour import BehaviourError, changed, parse_object
from sandbox.images import Image
from sandbox.runtime import runtime


def control_behaviour(method: str, name: str, body: bytes) -> dict[str, Any] | None:
    """None for other calls than its own. Raises BehaviourError."""
    if (method, name) == ("GET", "behaviour"):
        return runtime().behaviour.describe()
    if (method, name) == ("POST", "behaviour"):
        with runtime().ec2_lock:
            runtime().behaviour = changed(runtime().behaviour, parse_object(body))
            for backend in all_backends():
                backend.reschedule_copies()
        return runtime().behaviour.describe()
    if (method, name) == ("POST", "product-codes"):
        _set_product_codes(parse_object(body))
        return {"version": 1}
    if (method, name) == ("POST", "image-times"):
        _set_times(parse_object(body))
        return {"version": 1}
    return None


def _set_product_codes(codes_by_image: dict[str, Any]) -> None:
    with runtime().ec2_lock:
        images = _images_named(codes_by_image)
        for image_id, codes in codes_by_image.items():
            if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
                raise BehaviourError(f"the product codes of {image_id} are not a list of texts")
        for image_id, codes in codes_by_image.items():
            images[image_id].product_codes = tuple(codes)
            runtime().store.save_backend(images[image_id].ec2_backend)


_TIMES = {"createdAt": "creation_date", "launchedAt": "launched_at"}


def _set_times(times_by_image: dict[str, Any]) -> None:
    with runtime().ec2_lock:
        images = _images_named(times_by_image)
        parsed = {image_id: _parse_times(image_id, times) for image_id, times in times_by_image.items()}
        for image_id, times in parsed.items():
            for attribute, at in times.items():
                setattr(images[image_id], attribute, at)
            runtime().store.save_backend(images[image_id].ec2_backend)


def _parse_times(image_id: str, times: Any) -> dict[str, datetime | None]:
    if not isinstance(times, dict) or times.keys() - _TIMES.keys():
        raise BehaviourError(f"the times of {image_id} are not an object of {', '.join(_TIMES)}")
    try:
        return {_TIMES[name]: None if at is None else _utc(at) for name, at in times.items()}
    except (TypeError, ValueError) as error:
        raise BehaviourError(f"a time of {image_id} is not ISO 8601: {error}") from error


def _utc(at: str) -> datetime:
    return datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(timezone.utc).replace(tzinfo=None)


def _images_named(by_image: dict[str, Any]) -> dict[str, Image]:
    """Raises BehaviourError where one of them is not there."""
    images = {image.id: image for backend in all_backends() for image in backend.amis.values()}
    for image_id in by_image:
        if image_id not in images:
            raise BehaviourError(f"there is no image {image_id}")
    return images
