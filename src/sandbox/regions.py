"""Which regions there are, and which of them are enabled."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.responses._base_response import EC2BaseResponse

from sandbox import errors
from sandbox.filters import apply_filters
from sandbox.runtime import runtime

_ALWAYS_ENABLED = {
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1",
    "us-east-2", "us-west-1", "us-west-2",
}  # fmt: skip
_OTHER_PARTITIONS = ("cn-", "us-gov-")


class _Region:
    def __init__(self, name: str):
        self.id = name
        off, always = name in runtime().regions_not_enabled, name in _ALWAYS_ENABLED
        self.status = "not-opted-in" if off else "opt-in-not-required" if always else "opted-in"
        self.endpoint = f"ec2.{name}.amazonaws.com"

    def filter_values(self, name: str, _account_id: str) -> list[str] | None:
        values = {"region-name": self.id, "opt-in-status": self.status, "endpoint": self.endpoint}
        return [values[name]] if name in values else None

    def describe(self) -> dict[str, str]:
        return {"RegionName": self.id, "Endpoint": self.endpoint, "OptInStatus": self.status}


class RegionResponses(EC2BaseResponse):
    def describe_regions(self) -> ActionResult:
        self.error_on_dryrun()
        known = [one.name for one in RegionsAndZonesBackend.regions if not one.name.startswith(_OTHER_PARTITIONS)]
        regions = {name: _Region(name) for name in sorted(known)}
        names = self._get_param("RegionNames", [])
        if unknown := [name for name in names if name not in regions]:
            raise errors.invalid_parameter(f"Invalid region provided: {', '.join(unknown)}")
        found = [regions[name] for name in names or regions]
        if not self._get_param("AllRegions", False):
            found = [region for region in found if region.status != "not-opted-in"]
        found = apply_filters(found, self._filters_from_querystring(), self.current_account)
        return ActionResult({"Regions": [region.describe() for region in found]})
