"""The EC2 calls about instances, where moto's own handlers do not do what EC2 does."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.core.utils import utcnow
from moto.ec2.responses._base_response import EC2BaseResponse

from sandbox.booting import console_path
from sandbox.image_parameters import resolve_image_id

_CONSOLE_BYTES = 64 * 1024
"""How much of the end of the serial console GetConsoleOutput returns, as on AWS."""


class InstanceResponses(EC2BaseResponse):
    def run_instances(self) -> ActionResult:
        tokens, backend = self.ec2_backend.client_tokens, self.ec2_backend
        # A copy, because the next line changes what a later equal request is compared with.
        parameters = dict(self.params)
        reservation_id = tokens.result_of("RunInstances", parameters)
        if reservation_id in backend.reservations:
            return ActionResult(backend.reservations[reservation_id])
        self.take_launch_template()
        if self._get_param("DryRun", False) and (image_id := self._get_param("ImageId")):
            backend.launchable_image(resolve_image_id(backend, image_id))
        # moto launches MinCount instances; EC2 launches MaxCount when it can, and the sandbox always can.
        self.params["MinCount"] = self._get_param("MaxCount", self._get_param("MinCount", 1))
        answer: Any = super().run_instances()
        tokens.remember("RunInstances", parameters, answer.result.id)
        return answer

    def _parse_block_device_mapping(self) -> list[dict[str, Any]]:
        # moto wants a size or a snapshot in each entry; EC2 takes what an entry leaves out from the AMI's mapping,
        # and Packer leaves both out where the volume stays as large as it is.
        return [dict(mapping) for mapping in self._get_param("BlockDeviceMappings", [])]

    def get_console_output(self) -> ActionResult:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        result: dict[str, Any] = {"InstanceId": instance.id, "Timestamp": utcnow()}
        console = console_path(instance.id)
        if console.exists():
            with console.open("rb") as file:
                file.seek(max(0, console.stat().st_size - _CONSOLE_BYTES))
                result["Output"] = Base64EncodedString.from_raw_bytes(_as_utf8(file.read()))
        return ActionResult(result)


def _as_utf8(raw: bytes) -> bytes:
    # moto decodes and encodes what it is given; a boot loader's box drawing is no UTF-8.
    return raw.decode(errors="replace").encode()
