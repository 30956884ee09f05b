"""EC2's error codes and wordings that moto lacks; each function returns the exception to raise."""

from __future__ import annotations

from datetime import datetime

from moto.ec2.exceptions import EC2ClientError


def image_id_malformed(image_id: str) -> EC2ClientError:
    return EC2ClientError("InvalidAMIID.Malformed", f'Invalid id: "{image_id}" (expecting "ami-...")')


def image_not_found(image_ids: list[str]) -> EC2ClientError:
    subject, verb = ("ids", "do") if len(image_ids) > 1 else ("id", "does")
    return EC2ClientError("InvalidAMIID.NotFound", f"The image {subject} '[{', '.join(image_ids)}]' {verb} not exist")


def image_unavailable(image_id: str) -> EC2ClientError:
    return EC2ClientError("InvalidAMIID.Unavailable", f"The image ID '{image_id}' is no longer available")


def image_not_usable(image_id: str, state: str) -> EC2ClientError:
    return EC2ClientError("InvalidAMIID.Unavailable", f"The image ID '{image_id}' is {state}; it must be available")


def image_name_duplicate(name: str, image_id: str) -> EC2ClientError:
    return EC2ClientError("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {image_id}")


def image_name_malformed() -> EC2ClientError:
    return EC2ClientError(
        "InvalidAMIName.Malformed",
        "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, "
        "'(', ')', '.', '-', '/', '_', ' ', '[', ']', '@' and '''",
    )


def image_not_owned(image_id: str) -> EC2ClientError:
    return EC2ClientError("AuthFailure", f"Not authorized for image:{image_id}")


def image_protected(image_id: str) -> EC2ClientError:
    return EC2ClientError("OperationNotPermitted", f"The image {image_id} is protected from deregistration")


def image_protected_until(image_id: str, until: datetime) -> EC2ClientError:
    return EC2ClientError(
        "OperationNotPermitted",
        f"The image {image_id} is protected from deregistration until {until:%Y-%m-%dT%H:%M:%S}Z, when its cooldown ends",
    )


def storage_not_permitted() -> EC2ClientError:
    return EC2ClientError("InvalidRequest", "You do not have permission to access the storage of this ami")


def marketplace_image() -> EC2ClientError:
    return EC2ClientError("InvalidRequest", "Images from AWS Marketplace cannot be copied to another AWS account")


def too_many_copies(limit: int) -> EC2ClientError:
    return EC2ClientError(
        "ResourceLimitExceeded",
        f"Too many snapshot copies in progress. The limit is {limit} for this destination region.",
    )


def image_key_not_shareable() -> EC2ClientError:
    return EC2ClientError(
        "InvalidParameter",
        "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot.",
    )


def snapshot_key_not_shareable() -> EC2ClientError:
    return EC2ClientError("OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared")


def encrypted_not_public() -> EC2ClientError:
    return EC2ClientError("OperationNotPermitted", "Encrypted snapshots cannot be made public")


def public_access_blocked() -> EC2ClientError:
    return EC2ClientError(
        "OperationNotPermitted",
        "You can't publicly share this image because block public access for AMIs is enabled for this region",
    )


def too_many_shares(limit: int) -> EC2ClientError:
    return EC2ClientError("ResourceLimitExceeded", f"An image can be shared with {limit} entities at most")


def invalid_permission(kind: str, value: object) -> EC2ClientError:
    return EC2ClientError(
        "InvalidAMIAttributeItemValue", f'Invalid attribute item value "{value}" for {kind} item type.'
    )


def idempotent_parameter_mismatch(token: str) -> EC2ClientError:
    return EC2ClientError(
        "IdempotentParameterMismatch",
        f"The client token '{token}' was used before with different parameters",
    )


def invalid_parameter(message: str) -> EC2ClientError:
    return EC2ClientError("InvalidParameterValue", message)


def invalid_combination(message: str) -> EC2ClientError:
    return EC2ClientError("InvalidParameterCombination", message)


def missing_parameter(name: str) -> EC2ClientError:
    return EC2ClientError("MissingParameter", f"The request must contain the parameter {name}")


def invalid_launch_template_name() -> EC2ClientError:
    return EC2ClientError(
        "InvalidLaunchTemplateName.MalformedException",
        "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and '().-/_'",
    )


def invalid_next_token() -> EC2ClientError:
    return EC2ClientError("InvalidNextToken", "The token is not one that this sandbox gave out")


def volume_too_small(size: int, snapshot_id: str, snapshot_size: int) -> EC2ClientError:
    return EC2ClientError(
        "InvalidBlockDeviceMapping",
        f"Volume of size {size}GB is smaller than snapshot '{snapshot_id}', expect size>= {snapshot_size}GB",
    )


def incorrect_instance_state(instance_id: str, state: str, action: str) -> EC2ClientError:
    return EC2ClientError(
        "IncorrectInstanceState",
        f"The instance '{instance_id}' is in state '{state}', from which it cannot be {action}",
    )


def snapshot_not_found(snapshot_id: str) -> EC2ClientError:
    return EC2ClientError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")


def snapshot_in_use(snapshot_id: str, image_id: str) -> EC2ClientError:
    return EC2ClientError(
        "InvalidSnapshot.InUse", f"The snapshot {snapshot_id} is currently in use by {image_id}"
    )


def architecture_mismatch(instance_type: str, type_arch: str, image_arch: str) -> EC2ClientError:
    return EC2ClientError(
        "InvalidParameterValue",
        f"The architecture '{type_arch}' of the specified instance type {instance_type} does not match "
        f"the architecture '{image_arch}' of the specified AMI. Specify an instance type and an AMI that "
        "have matching architectures, and try again.",
    )


def cannot_boot(image_id: str, why: str) -> EC2ClientError:
    return EC2ClientError("Unsupported", f"The sandbox cannot start a machine from {image_id}: {why}")


def insufficient_addresses(block: str) -> EC2ClientError:
    return EC2ClientError("InsufficientAddressCapacity", f"Every address of {block}.1-254 is in use on this computer")


def cannot_snapshot_attached(volume_id: str) -> EC2ClientError:
    return EC2ClientError(
        "Unsupported", f"The sandbox makes snapshots of a running instance by CreateImage only; {volume_id} is attached"
    )
