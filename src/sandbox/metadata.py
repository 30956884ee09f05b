"""What an instance can learn about itself: the tree below /latest of the metadata service."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any, Union

from moto.core.utils import utcnow
from moto.ec2.models.instances import Instance

from sandbox.machine import HOST_ADDRESS
from sandbox.runtime import runtime

Tree = dict[str, Union[str, "Tree"]]
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def metadata_of(instance: Instance) -> tuple[Tree, bytes | None]:
    """The tree with `meta-data` and `dynamic` at its root, and the user-data; as of now."""
    with runtime().ec2_lock:
        return {"meta-data": _meta_data(instance), "dynamic": _dynamic(instance)}, _user_data(instance)


def _devices(instance: Instance) -> Tree:
    root = instance.root_device_name
    others = sorted(name for name, _ in instance.get_block_device_mapping if name != root)
    volumes = {f"ebs{number}": name.removeprefix("/dev/") for number, name in enumerate(others, start=1)}
    return {"ami": root, **volumes, "root": root}


def _meta_data(instance: Instance) -> Tree:
    nic, zone = instance.nics[0], instance.placement.availability_zone
    tree: Tree = {
        "ami-id": instance.image_id,
        "ami-launch-index": str(instance.ami_launch_index),
        "ami-manifest-path": "(unknown)",
        "block-device-mapping": _devices(instance),
        "hostname": instance.private_dns_name,
        "instance-action": "none",
        "instance-id": instance.id,
        "instance-life-cycle": instance.lifecycle or "on-demand",
        "instance-type": instance.instance_type,
        "local-hostname": instance.private_dns_name,
        "local-ipv4": instance.private_ip,
        "mac": nic.mac_address,
        "network": {"interfaces": {"macs": {nic.mac_address: _interface(instance)}}},
        "placement": {"availability-zone": zone, "region": instance.region_name},
        "profile": "default-hvm",
        "public-hostname": instance.public_dns_name or "",
        "public-ipv4": instance.public_ip or "",
        "reservation-id": _reservation_id(instance),
        "security-groups": "\n".join(group.name for group in instance.security_groups),
        "services": {"domain": _domain(), "partition": instance.ec2_backend.partition},
    }
    if key := instance.ec2_backend.key_pairs.get(instance.key_name):
        tree["public-keys"] = {"0": {"openssh-key": f"{key.public_key.strip()}\n"}}
    if role := _role(instance):
        tree["iam"] = {
            "info": _json({"Code": "Success", "LastUpdated": utcnow().strftime(_TIME), **_profile(instance)}),
            "security-credentials": {role.name: _json(_credentials(instance, role))},
        }
    if instance.metadata_options.instance_metadata_tags == "enabled":
        tree["tags"] = {"instance": dict(instance.ec2_backend.tags.get(instance.id, {}))}
    return tree


def _domain() -> str:
    """What names of endpoints end in, on AWS. Here the one endpoint there is, as the guest reaches it."""
    return f"{HOST_ADDRESS}:{runtime().api_port}"


def _interface(instance: Instance) -> Tree:
    nic, subnet = instance.nics[0], instance.nics[0].subnet
    vpc = instance.ec2_backend.get_vpc(subnet.vpc_id)
    return {
        "device-number": "0",
        "interface-id": nic.id,
        "local-hostname": instance.private_dns_name,
        "local-ipv4s": instance.private_ip,
        "mac": nic.mac_address,
        "owner-id": instance.owner_id,
        "public-ipv4s": instance.public_ip or "",
        "security-group-ids": "\n".join(group.id for group in instance.security_groups),
        "subnet-id": subnet.id,
        "subnet-ipv4-cidr-block": subnet.cidr_block,
        "vpc-id": vpc.id,
        "vpc-ipv4-cidr-block": vpc.cidr_block,
    }


def _dynamic(instance: Instance) -> Tree:
    document = {
        "accountId": instance.owner_id,
        "architecture": instance.architecture,
        "availabilityZone": instance.placement.availability_zone,
        "imageId": instance.image_id,
        "instanceId": instance.id,
        "instanceType": instance.instance_type,
        "pendingTime": instance.launch_time.strftime(_TIME),
        "privateIp": instance.private_ip,
        "region": instance.region_name,
        "version": "2017-09-30",
    }
    # Nobody can verify a signature of ours; the entries exist because cloud-init fetches them.
    return {"instance-identity": {"document": _json(document), "pkcs7": "", "signature": ""}}


def _user_data(instance: Instance) -> bytes | None:
    # An encoded empty string counts as no user-data, as on AWS.
    return base64.b64decode(str(instance.user_data)) or None if instance.user_data else None


def _reservation_id(instance: Instance) -> str:
    reservations = instance.ec2_backend.reservations.values()
    return next((r.id for r in reservations if instance in r.instances), "")


def _association(instance: Instance) -> Any:
    return instance.ec2_backend.iam_instance_profile_associations.get(instance.id)


def _profile(instance: Instance) -> dict[str, str]:
    profile = _association(instance).iam_instance_profile
    return {"InstanceProfileArn": profile.arn, "InstanceProfileId": profile.id}


def _role(instance: Instance) -> Any:
    association = _association(instance)
    roles = association.iam_instance_profile.roles if association else []
    return roles[0] if roles else None


def _credentials(instance: Instance, role: Any) -> dict[str, str]:
    """Keys that work: moto's STS issues them for the role, as EC2 does."""
    from moto.sts.models import sts_backends

    with runtime().lock_of("sts"):
        session = sts_backends[instance.owner_id][instance.ec2_backend.partition].assume_role(
            region_name=instance.region_name,
            role_session_name=instance.id,
            role_arn=role.arn,
            policy=None,
            duration=6 * 3600,
            external_id=None,
        )
    runtime().callers[session.access_key_id] = instance.id
    return {
        "Code": "Success",
        "LastUpdated": utcnow().strftime(_TIME),
        "Type": "AWS-HMAC",
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "Token": session.session_token,
        "Expiration": (utcnow() + timedelta(hours=6)).strftime(_TIME),
    }


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2)
