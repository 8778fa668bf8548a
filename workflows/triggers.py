"""The words of every trigger: what others read of it when it has happened, and its captions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class TriggerWords:
    """`past` names the event; zh and en are what a person presses."""

    past: str
    zh: str
    en: str


def _words(past: str, zh: str, en: str) -> TriggerWords:
    return TriggerWords(past, zh, en)


TRIGGERS: Final = {
    "accept": _words("accepted", "准予备案", "Accept the filing"),
    "apply": _words("applied", "申请", "Apply"),
    "approve": _words("approved", "审核通过", "Approve"),
    "claim": _words("claimed", "领取", "Take the lease"),
    "configure": _words("configured", "更改设置", "Change settings"),
    "consent": _words("consented", "同意协议", "Consent to the agreement"),
    "decline": _words("declined", "不予备案", "Decline the filing"),
    "disable": _words("disabled", "停用", "Disable"),
    "enrol": _words("enrolled", "登记", "Enrol"),
    "fail": _words("failed", "核验不通过", "Fail the identity"),
    "file": _words("filed", "完成备案", "Put on file"),
    "go_live": _words("went_live", "转为正式", "Go live"),
    "prepare": _words("prepared", "准备备案", "Prepare a filing"),
    "prepare_again": _words("prepared_again", "重新准备备案", "Prepare the filing again"),
    "publish": _words("published", "公布协议", "Publish the agreement"),
    "pull_back": _words("pulled_back", "撤回备案", "Pull the filing back"),
    "reapply": _words("reapplied", "重新申请", "Apply again"),
    "refuse": _words("refused", "不予认可", "Refuse"),
    "register": _words("registered", "登记服务提供者", "Register a provider"),
    "reinstate": _words("reinstated", "恢复备案", "Reinstate the filing"),
    "reject": _words("rejected", "驳回", "Reject"),
    "release": _words("released", "放回", "Give up the lease"),
    "renew": _words("renewal_asked", "申请续期", "Ask for renewal"),
    "renew_lease": _words("lease_renewed", "续领", "Prolong the lease"),
    "renewed": _words("renewed", "记录续期", "Record the renewal"),
    "request_supplement": _words("supplement_requested", "要求补充", "Ask for a supplement"),
    "resume": _words("resumed", "恢复资质", "Resume"),
    "return": _words("returned", "退回补正", "Return the filing"),
    "revoke": _words("revoked", "撤销", "Revoke"),
    "submit": _words("submitted", "提交", "Submit"),
    "supplement": _words("supplemented", "补充材料", "Supplement"),
    "suspend": _words("suspended", "中止资质", "Suspend"),
    "unfile": _words("unfiled", "取消备案", "Take off file"),
    "verify": _words("verified", "核验通过", "Verify"),
    "withdraw": _words("withdrawn", "撤回申请", "Withdraw"),
}


def event_type(noun: str, trigger: str) -> str:
    """The name of the event beside a step, such as `account.approved`: ids and states only travel with it."""
    return f"{noun}.{TRIGGERS[trigger].past}"
