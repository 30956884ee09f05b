"""`/_bake/behaviour` and `/_bake/product-codes`: what tests set and AWS has no call for."""

from __future__ import annotations

from typing import Any

from sandbox.backend import all_backends
from sandbox.behaviour import BehaviourError, changed, parse_object
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
    return None


def _set_product_codes(codes_by_image: dict[str, Any]) -> None:
    with runtime().ec2_lock:
        images = {image.id: image for backend in all_backends() for image in backend.amis.values()}
        for image_id, codes in codes_by_image.items():
            if image_id not in images:
                raise BehaviourError(f"there is no image {image_id}")
            if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
                raise BehaviourError(f"the product codes of {image_id} are not a list of texts")
        for image_id, codes in codes_by_image.items():
            images[image_id].product_codes = tuple(codes)
            runtime().store.save_backend(images[image_id].ec2_backend)
