"""What may be done with a permission."""

from __future__ import annotations

import strawberry

from api.mutations.fields import mutation
from api.mutations.payloads import PermissionPayload
from workflows.permission import PERMISSION


@strawberry.type
class PermissionMutations:
    """Steps of a permission."""

    permission_request = mutation(
        PERMISSION, "request", PermissionPayload, "Request the permission to carry current-affairs news."
    )
    permission_withdraw = mutation(
        PERMISSION, "withdraw", PermissionPayload, "Withdraw the request of a permission before it is decided."
    )
    permission_grant = mutation(
        PERMISSION, "grant", PermissionPayload, "Grant a permission; the provider needs two. The account is badged."
    )
    permission_refuse = mutation(PERMISSION, "refuse", PermissionPayload, "Refuse a permission with reasons.")
    permission_narrow = mutation(
        PERMISSION, "narrow", PermissionPayload, "Narrow a permission to reprinting; its badge is issued anew."
    )
    permission_renew = mutation(
        PERMISSION, "renew", PermissionPayload, "Say that the licence's renewal was asked for, with its receipt."
    )
    permission_renewed = mutation(PERMISSION, "renewed", PermissionPayload, "Record the renewal.")
    permission_settle_doubt = mutation(
        PERMISSION, "settle_doubt", PermissionPayload, "Say that a licence in doubt was looked into and stands."
    )
    permission_suspend = mutation(PERMISSION, "suspend", PermissionPayload, "Suspend a permission: the badge is gone.")
    permission_resume = mutation(PERMISSION, "resume", PermissionPayload, "Resume a suspended permission.")
    permission_revoke = mutation(PERMISSION, "revoke", PermissionPayload, "Revoke a permission; needs two.")
    permission_give_up = mutation(PERMISSION, "give_up", PermissionPayload, "Give a permission up.")
