"""Who belongs to what: moto's Organizations, as images that are shared with one need it."""

from __future__ import annotations

from moto.organizations.models import OrganizationsBackend, organizations_backends

from sandbox.runtime import runtime


def belongs_to(account_id: str, arn: str) -> bool:
    """Whether the account is in the organization or, at any depth, in the organizational unit."""
    with runtime().lock_of("organizations"):
        return any(_holds(backend, account_id, arn) for _, _, backend in organizations_backends.iter_backends())


def _holds(backend: OrganizationsBackend, account_id: str, arn: str) -> bool:
    account = next((account for account in backend.accounts if account.id == account_id), None)
    if account is None or backend.org is None:
        return False
    if backend.org.arn == arn:
        return True
    units = {unit.id: unit for unit in backend.ou}
    parent = units.get(account.parent_id)
    while parent is not None and parent.arn != arn:
        parent = units.get(parent.parent_id)
    return parent is not None
