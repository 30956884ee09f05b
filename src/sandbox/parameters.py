"""Parameter Store: moto's, with the public parameters that name source AMIs of the sandbox."""

from __future__ import annotations

from moto.core.utils import utcnow
from moto.ssm.models import Parameter, SimpleSystemManagerBackend

from sandbox.runtime import runtime


def install_parameters() -> None:
    """Changes moto's class itself: state that was saved earlier holds objects of it."""
    get_parameter, get_parameters = (
        SimpleSystemManagerBackend.get_parameter, SimpleSystemManagerBackend.get_parameters,
    )  # fmt: skip

    def one(self: SimpleSystemManagerBackend, name: str) -> Parameter | None:
        return _source_parameter(self, name) or get_parameter(self, name)

    def several(self: SimpleSystemManagerBackend, names: list[str]) -> dict[str, Parameter]:
        ours = {name: found for name in names if (found := _source_parameter(self, name))}
        return {**get_parameters(self, names), **ours}

    SimpleSystemManagerBackend.get_parameter = one  # type: ignore[method-assign]
    SimpleSystemManagerBackend.get_parameters = several  # type: ignore[method-assign]


def _source_parameter(backend: SimpleSystemManagerBackend, name: str) -> Parameter | None:
    for source in runtime().source_images.images:
        if source.parameter == name:
            value = source.image_id(backend.region_name)
            return Parameter(
                backend.account_id, name, value, "String", None, None, None, utcnow(), 1, "aws:ec2:image",
            )  # fmt: skip
    return None
