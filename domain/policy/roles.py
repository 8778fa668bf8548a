"""Roles and what each may ask for: one literal table. A role without a row, a grant nobody holds: no start."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from domain.state import Word


class Role(Word):
    """What a viewer is."""

    PUBLIC = "PUBLIC", "公众", "Anyone, without a login"
    HOLDER = "HOLDER", "公众账号使用者", "Holds accounts at one provider"
    REVIEWER = "REVIEWER", "审核员", "Examines applications for a provider"
    COMPLIANCE_OFFICER = "COMPLIANCE_OFFICER", "合规负责人", "Answers for a provider"
    APPEAL_REVIEWER = "APPEAL_REVIEWER", "申诉复核员", "Decides appeals for a provider"
    INTEGRATION = "INTEGRATION", "系统对接", "A provider's own systems"
    PROVINCIAL_REGULATOR = "PROVINCIAL_REGULATOR", "省级主管部门", "Acts for a provincial authority"
    NATIONAL_REGULATOR = "NATIONAL_REGULATOR", "国家主管部门", "Acts for the national authority"
    AUDITOR = "AUDITOR", "审计员", "Checks the records of one provider or authority"
    OPERATOR = "OPERATOR", "运维", "Runs the deployment; sees no application data"
    SYSTEM = "SYSTEM", "系统", "What a step ordered"


REGULATORS: Final = (Role.PROVINCIAL_REGULATOR, Role.NATIONAL_REGULATOR)


class Grant(StrEnum):
    """A right to fire one trigger of one workflow, or to use one door: `noun:verb`."""

    ACCOUNT_ADOPT = "account:adopt"
    ACCOUNT_APPLY = "account:apply"
    ACCOUNT_APPROVE = "account:approve"
    ACCOUNT_APPROVE_CHANGE = "account:approve_change"
    ACCOUNT_ASK_CLOSE = "account:ask_close"
    ACCOUNT_CANCEL_CLOSE = "account:cancel_close"
    ACCOUNT_CHANGE = "account:change"
    ACCOUNT_CLAIM = "account:claim"
    ACCOUNT_CLAIM_CHANGE = "account:claim_change"
    ACCOUNT_CLOSE = "account:close"
    ACCOUNT_REAPPLY = "account:reapply"
    ACCOUNT_REJECT = "account:reject"
    ACCOUNT_REJECT_CHANGE = "account:reject_change"
    ACCOUNT_RELEASE = "account:release"
    ACCOUNT_RENEW_LEASE = "account:renew_lease"
    ACCOUNT_REQUEST_CHANGE_SUPPLEMENT = "account:request_change_supplement"
    ACCOUNT_REQUEST_SUPPLEMENT = "account:request_supplement"
    ACCOUNT_SUPPLEMENT = "account:supplement"
    ACCOUNT_SUPPLEMENT_CHANGE = "account:supplement_change"
    ACCOUNT_WITHDRAW = "account:withdraw"
    ACCOUNT_WITHDRAW_CHANGE = "account:withdraw_change"
    AGREEMENT_CONSENT = "agreement:consent"
    AGREEMENT_PUBLISH = "agreement:publish"
    BATCH_DISCARD = "batch:discard"
    BATCH_FILL = "batch:fill"
    DOCUMENT_UPLOAD = "document:upload"
    FILING_ACCEPT = "filing:accept"
    FILING_ASK_TRANSFER = "filing:ask_transfer"
    FILING_DECLINE = "filing:decline"
    FILING_DESIGNATE = "filing:designate"
    FILING_PREPARE_AGAIN = "filing:prepare_again"
    FILING_PULL_BACK = "filing:pull_back"
    FILING_REFUSE_TRANSFER = "filing:refuse_transfer"
    FILING_REINSTATE = "filing:reinstate"
    FILING_RETURN = "filing:return"
    FILING_REVOKE = "filing:revoke"
    FILING_SUBMIT = "filing:submit"
    FILING_TRANSFER = "filing:transfer"
    FILING_WITHDRAW_TRANSFER = "filing:withdraw_transfer"
    HEALTH_INSPECT = "health:inspect"
    HOLDER_ENROL = "holder:enrol"
    IDENTITY_FAIL = "identity:fail"
    IDENTITY_SUBMIT = "identity:submit"
    IDENTITY_VERIFY = "identity:verify"
    NOTICE_SEE = "notice:see"
    PERMISSION_GIVE_UP = "permission:give_up"
    PERMISSION_GRANT = "permission:grant"
    PERMISSION_NARROW = "permission:narrow"
    PERMISSION_REFUSE = "permission:refuse"
    PERMISSION_RENEW = "permission:renew"
    PERMISSION_RENEWED = "permission:renewed"
    PERMISSION_REQUEST = "permission:request"
    PERMISSION_RESUME = "permission:resume"
    PERMISSION_REVOKE = "permission:revoke"
    PERMISSION_SETTLE_DOUBT = "permission:settle_doubt"
    PERMISSION_SUSPEND = "permission:suspend"
    PERMISSION_WITHDRAW = "permission:withdraw"
    PROPOSAL_ENDORSE = "proposal:endorse"
    PROPOSAL_WITHDRAW = "proposal:withdraw"
    PROVIDER_CONFIGURE = "provider:configure"
    PROVIDER_GO_LIVE = "provider:go_live"
    PROVIDER_REGISTER = "provider:register"
    QUALIFICATION_REFUSE = "qualification:refuse"
    QUALIFICATION_RENEW = "qualification:renew"
    QUALIFICATION_RENEWED = "qualification:renewed"
    QUALIFICATION_RESUME = "qualification:resume"
    QUALIFICATION_REVOKE = "qualification:revoke"
    QUALIFICATION_SUBMIT = "qualification:submit"
    QUALIFICATION_SUSPEND = "qualification:suspend"
    QUALIFICATION_VERIFY = "qualification:verify"
    REGISTER_IMPORT = "register:import"
    SANCTION_ACKNOWLEDGE = "sanction:acknowledge"
    SANCTION_ANSWER = "sanction:answer"
    SANCTION_BATCH_FILL = "sanction:batch_fill"
    SANCTION_CLOSE = "sanction:close"
    SANCTION_DECIDE = "sanction:decide"
    SANCTION_DISMISS = "sanction:dismiss"
    SANCTION_EXTEND_INTERIM = "sanction:extend_interim"
    SANCTION_INTERIM = "sanction:interim"
    SANCTION_LIFT = "sanction:lift"
    SANCTION_NOTIFY = "sanction:notify"
    SANCTION_OPEN = "sanction:open"
    SANCTION_PROLONG = "sanction:prolong"
    SANCTION_REDUCE = "sanction:reduce"
    SANCTION_REOPEN = "sanction:reopen"
    SANCTION_RESCIND = "sanction:rescind"
    SANCTION_RESTRICT = "sanction:restrict"
    SANCTION_SUSPEND = "sanction:suspend"
    SANCTION_WAIVE = "sanction:waive"
    SANCTION_WARN = "sanction:warn"
    STAFF_DISABLE = "staff:disable"
    STAFF_ENROL = "staff:enrol"
    STAFF_LIFT_RECUSAL = "staff:lift_recusal"
    STAFF_RECUSE = "staff:recuse"


_FOUR_EYES: Final = "proposal:endorse proposal:withdraw"
_CASES: Final = "sanction:open sanction:notify sanction:warn sanction:dismiss"
_REGULATOR: Final = f"""
    filing:accept filing:return filing:decline filing:revoke filing:reinstate
    filing:ask_transfer filing:withdraw_transfer filing:transfer filing:refuse_transfer
    permission:grant permission:refuse permission:narrow permission:renewed
    permission:suspend permission:resume permission:revoke
    provider:register provider:configure provider:go_live
    qualification:verify qualification:refuse qualification:renewed
    qualification:suspend qualification:resume qualification:revoke
    staff:enrol staff:disable staff:recuse staff:lift_recusal
    document:upload notice:see {_FOUR_EYES}"""

_ROWS: Final[Mapping[Role, str]] = {
    Role.PUBLIC: "",
    Role.HOLDER: """
        holder:enrol agreement:consent identity:submit document:upload
        account:apply account:supplement account:withdraw account:reapply
        account:change account:supplement_change account:withdraw_change account:ask_close account:cancel_close
        permission:request permission:withdraw permission:renew permission:give_up notice:see
        sanction:answer sanction:waive sanction:acknowledge""",
    Role.REVIEWER: f"""
        identity:verify identity:fail
        account:claim account:renew_lease account:release account:request_supplement account:approve account:reject
        account:claim_change account:request_change_supplement account:approve_change account:reject_change
        {_CASES} staff:recuse {_FOUR_EYES}""",
    Role.COMPLIANCE_OFFICER: f"""
        account:close account:adopt batch:fill batch:discard
        agreement:publish provider:configure qualification:submit qualification:renew
        filing:submit filing:pull_back filing:prepare_again
        permission:grant permission:refuse permission:narrow permission:renewed permission:settle_doubt
        permission:suspend permission:resume permission:revoke
        {_CASES} sanction:interim sanction:extend_interim sanction:restrict sanction:suspend sanction:close
        sanction:prolong sanction:reduce sanction:lift sanction:rescind sanction:reopen
        sanction:batch_fill sanction:decide
        staff:enrol staff:disable staff:recuse staff:lift_recusal
        health:inspect document:upload notice:see {_FOUR_EYES}""",
    Role.APPEAL_REVIEWER: "",
    Role.INTEGRATION: """
        holder:enrol agreement:consent identity:submit identity:verify identity:fail document:upload
        account:apply account:supplement account:reapply account:change account:supplement_change
        account:adopt batch:fill batch:discard proposal:withdraw
        filing:submit filing:prepare_again
        permission:request permission:withdraw permission:renew
        sanction:open health:inspect""",
    Role.PROVINCIAL_REGULATOR: _REGULATOR,
    Role.NATIONAL_REGULATOR: f"{_REGULATOR} filing:designate register:import",
    Role.AUDITOR: "",
    Role.OPERATOR: "staff:enrol health:inspect",
    Role.SYSTEM: "",
}


class GrantMissing(Exception):
    """A role has no row, or a grant no holder: mend the table in domain/policy/roles.py."""


def _table() -> Mapping[Role, frozenset[Grant]]:
    if missing := [role for role in Role if role not in _ROWS]:
        raise GrantMissing(f"domain/policy/roles.py has no row for {', '.join(missing)}")
    table = {role: frozenset(map(Grant, row.split())) for role, row in _ROWS.items()}
    if idle := set(Grant) - frozenset[Grant]().union(*table.values()):
        raise GrantMissing(f"domain/policy/roles.py gives nobody {', '.join(sorted(idle))}")
    return MappingProxyType(table)


GRANTS: Final = _table()


def roles_with(grant: Grant) -> tuple[Role, ...]:
    """Who holds a grant, in the order of the table."""
    return tuple(role for role in Role if grant in GRANTS[role])
