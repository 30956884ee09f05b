"""The sandbox's EC2: moto's, with AMIs, snapshots and instances done as EC2 does them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from moto.core import responses
from moto.core.responses import ActionResult
from moto.ec2 import urls
from moto.ec2.exceptions import DryRunClientError
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.responses import EC2Response

from sandbox.checked_responses import CheckedResponses
from sandbox.copying import CopyCalls
from sandbox.idempotency import ClientTokens
from sandbox.image_calls import ImageCalls
from sandbox.image_life_responses import ImageLifeResponses
from sandbox.image_responses import ImageResponses
from sandbox.instance_calls import InstanceCalls
from sandbox.instance_responses import InstanceResponses
from sandbox.launch_templates import LaunchTemplateCalls, LaunchTemplateResponses
from sandbox.reference_responses import ReferenceResponses
from sandbox.regions import RegionResponses
from sandbox.sharing_responses import SharingResponses
from sandbox.snapshot_responses import SnapshotResponses
from sandbox.snapshots import SnapshotCalls


class SandboxEC2(InstanceCalls, CopyCalls, ImageCalls, SnapshotCalls, LaunchTemplateCalls, EC2Backend):
    """One account's EC2 in one region."""

    image_block_public_access = "unblocked"

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.client_tokens = ClientTokens()
        self.take_source_images()

    @property
    def _url_module(self) -> Any:
        return urls  # moto derives it from the name of the class's module

    def all_accounts(self) -> Iterator[SandboxEC2]:
        """This region of every account, this account first."""
        yield self
        for account_id, regions in list(ec2_backends.items()):
            if account_id != self.account_id and self.region_name in regions.keys():
                yield regions[self.region_name]

    def in_region(self, region_name: str) -> SandboxEC2:
        return ec2_backends[self.account_id][region_name]

    def is_current(self) -> bool:
        """False once the sandbox was reset, for work that was under way then."""
        return ec2_backends[self.account_id].get(self.region_name) is self


class SandboxEC2Response(
    ImageResponses, ImageLifeResponses, SharingResponses, SnapshotResponses, ReferenceResponses, InstanceResponses,
    LaunchTemplateResponses, RegionResponses, CheckedResponses, EC2Response,
):  # fmt: skip
    """Dispatches an action to the method of its name; ours come first."""

    def serialized(self, action_result: ActionResult) -> Any:
        status, headers, body = super().serialized(action_result)
        return 412 if isinstance(action_result.result, DryRunClientError) else status, headers, body


def install_backend() -> None:
    """Makes moto use the classes above. To be called before the first EC2 request."""
    # moto looks through the whole class for every request, which is a quarter of the time that one takes.
    responses.method_names_from_class = cache(responses.method_names_from_class)
    ec2_backends.backend = SandboxEC2
    urls.url_paths["{0}/"] = SandboxEC2Response.dispatch


def all_backends() -> list[SandboxEC2]:
    return [backend for _, _, backend in ec2_backends.iter_backends()]
