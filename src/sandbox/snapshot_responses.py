"""The EC2 calls about snapshots that moto does not answer as EC2 does."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.responses._base_response import EC2BaseResponse

from sandbox.encryption import is_aws_managed
from sandbox.filters import apply_filters, page


class SnapshotResponses(EC2BaseResponse):
    def describe_snapshots(self) -> ActionResult:
        account = self.current_account
        snapshots = self.ec2_backend.describe_snapshots(self._get_param("SnapshotIds", []))
        self.error_on_dryrun()
        owners = {account if owner == "self" else owner for owner in self._get_param("OwnerIds", [])}
        snapshots = [snapshot for snapshot in snapshots if not owners or snapshot.owner_id in owners]
        snapshots = apply_filters(snapshots, self._filters_from_querystring(), account)
        given, token = page(
            snapshots,
            self._get_int_param("MaxResults"),
            self._get_param("NextToken"),
            lambda snapshot: snapshot.start_time.isoformat(),
        )
        return ActionResult({"Snapshots": [snapshot.describe(account) for snapshot in given], "NextToken": token})

    def get_ebs_default_kms_key_id(self) -> ActionResult:
        self.error_on_dryrun()
        key = self.ec2_backend.default_kms_key_id
        return ActionResult({"KmsKeyId": "alias/aws/ebs" if not key or is_aws_managed(key) else key})
