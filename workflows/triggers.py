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
    "acknowledge": _words("acknowledged", "确认知悉", "Acknowledge"),
    "answer": _words("answered", "陈述申辩", "Answer"),
    "create": _words("created", "生成报告", "Create the authority report"),
    "dismiss": _words("dismissed", "不予处置", "Dismiss"),
    "extend_interim": _words("interim_extended", "延长临时措施", "Extend the interim measure"),
    "hold_closing": _words("closing_held", "暂缓注销", "Hold the closing"),
    "interim": _words("interim_taken", "采取临时措施", "Take an interim measure"),
    "lapse_interim": _words("interim_lapsed", "临时措施终止", "Let the interim measure end"),
    "lift_recusal": _words("recusal_lifted", "解除回避", "Lift the recusal"),
    "lift": _words("lifted", "解除", "Lift"),
    "notify": _words("notified", "告知", "Notify the holder"),
    "open": _words("opened", "立案", "Open a case"),
    "prolong": _words("prolonged", "延长", "Prolong"),
    "reduce": _words("reduced", "减轻", "Reduce"),
    "reopen": _words("reopened", "重新立案", "Reopen"),
    "rescind": _words("rescinded", "自行撤销", "Rescind"),
    "resume_closing": _words("closing_resumed", "继续注销", "Let the closing go on"),
    "restore": _words("restored", "随账号恢复备案", "Restore the filing with its account"),
    "restrict": _words("restricted", "限制功能", "Restrict"),
    "waive": _words("waived", "放弃陈述申辩", "Waive the answer"),
    "wake": _words("woken", "恢复重新备案期限", "Let the revoked filing's time run again"),
    "warn": _words("warned", "警示", "Warn"),
    "accept": _words("accepted", "准予备案", "Accept the filing"),
    "add": _words("added", "继续填报", "Add items"),
    "add_decisions": _words("decisions_added", "继续填报处置批次", "Add decisions to the batch"),
    "adopt": _words("adopted", "接纳存量账号", "Adopt"),
    "amend": _words("amended", "备案变更", "Amend"),
    "apply": _words("applied", "申请", "Apply"),
    "approve": _words("approved", "审核通过", "Approve"),
    "ask_transfer": _words("transfer_asked", "商请移送", "Ask another authority to take the filing over"),
    "approve_change": _words("change_approved", "变更审核通过", "Approve the change"),
    "ask_close": _words("close_asked", "申请注销", "Ask for closure"),
    "badge": _words("badged", "授予标识", "Badge"),
    "cancel": _words("cancelled", "注销备案", "Cancel the filing"),
    "cancel_close": _words("close_cancelled", "取消注销申请", "Take back the closure"),
    "change": _words("change_asked", "申请变更", "Ask for a change"),
    "claim": _words("claimed", "领取", "Take the lease"),
    "claim_change": _words("change_claimed", "领取变更申请", "Take the lease of the change"),
    "close": _words("closed", "注销", "Close"),
    "configure": _words("configured", "更改设置", "Change settings"),
    "consent": _words("consented", "同意协议", "Consent to the agreement"),
    "decide": _words("decided", "批量处置", "Decide the sanctions of the batch"),
    "decline": _words("declined", "不予备案", "Decline the filing"),
    "designate": _words("designated", "指定管辖", "Designate the authority that answers"),
    "disable": _words("disabled", "停用", "Disable"),
    "discard": _words("discarded", "放弃批次", "Discard the batch"),
    "doubt_overdue": _words("doubt_overdue", "存疑核查超期", "The doubt is overdue"),
    "enrol": _words("enrolled", "登记", "Enrol"),
    "expire": _words("expired", "到期", "Expire"),
    "fail": _words("failed", "核验不通过", "Fail the identity"),
    "file": _words("filed", "完成备案", "Put on file"),
    "fill_decisions": _words("decisions_filled", "填报处置批次", "Fill a batch of decisions"),
    "fill": _words("filled", "填报批次", "Fill a batch"),
    "give_up": _words("given_up", "放弃许可", "Give the permission up"),
    "go_stale": _words("went_stale", "核验过期", "Let the verification run out"),
    "go_live": _words("went_live", "转为正式", "Go live"),
    "grant": _words("granted", "授予许可", "Grant the permission"),
    "lapse": _words("lapsed", "逾期失效", "Lapse"),
    "lapse_change": _words("change_lapsed", "逾期未补充,变更失效", "Let the change lapse unsupplemented"),
    "narrow": _words("narrowed", "缩减许可范围", "Narrow the permission"),
    "overdue": _words("overdue", "备案超期", "The filing is overdue"),
    "prepare": _words("prepared", "准备备案", "Prepare a filing"),
    "prepare_again": _words("prepared_again", "重新准备备案", "Prepare the filing again"),
    "publish": _words("published", "公布协议", "Publish the agreement"),
    "pull_back": _words("pulled_back", "撤回备案", "Pull the filing back"),
    "reapply": _words("reapplied", "重新申请", "Apply again"),
    "rebadge": _words("rebadged", "换发标识", "Issue the badge anew"),
    "recount": _words("recounted", "按公布的日历顺延", "Count by the calendar that was published"),
    "recuse": _words("recused", "回避", "Recuse"),
    "refuse": _words("refused", "不予通过", "Refuse"),
    "refuse_transfer": _words("transfer_refused", "不接受移送", "Refuse to take the filing over"),
    "register": _words("registered", "登记服务提供者", "Register a provider"),
    "reinstate": _words("reinstated", "恢复备案", "Reinstate the filing"),
    "reject": _words("rejected", "驳回", "Reject"),
    "reject_change": _words("change_rejected", "驳回变更", "Reject the change"),
    "release": _words("released", "放回", "Give up the lease"),
    "remind": _words("reminded", "提醒", "Remind"),
    "rename": _words("renamed", "随单位更名变更备案", "Have the filing take the changed name of the organisation"),
    "renew": _words("renewal_asked", "申请续期", "Ask for renewal"),
    "renew_lease": _words("lease_renewed", "续领", "Prolong the lease"),
    "renewed": _words("renewed", "记录续期", "Record the renewal"),
    "replace": _words("replaced", "替换许可", "Replace the permission"),
    "request": _words("requested", "申请许可", "Request the permission"),
    "request_change_supplement": _words(
        "change_supplement_requested", "要求补充变更材料", "Ask for a supplement of the change"
    ),
    "request_supplement": _words("supplement_requested", "要求补充", "Ask for a supplement"),
    "rest": _words("rested", "停止重新备案期限", "Let the revoked filing rest"),
    "resume": _words("resumed", "恢复", "Resume"),
    "resume_rename": _words("rename_resumed", "更名备案变更续行", "Let the taking of the changed name go on"),
    "return": _words("returned", "退回补正", "Return the filing"),
    "review_overdue": _words("review_overdue", "审核超期", "The review is overdue"),
    "revise": _words("revised", "更新待报送备案", "Revise the open filing"),
    "revoke": _words("revoked", "撤销", "Revoke"),
    "settle_doubt": _words("doubt_settled", "核查存疑结论", "Settle the doubt"),
    "submit": _words("submitted", "提交", "Submit"),
    "supersede": _words("superseded", "更新备案版本", "Supersede the filing"),
    "supplement": _words("supplemented", "补充材料", "Supplement"),
    "supplement_change": _words("change_supplemented", "补充变更材料", "Supplement the change"),
    "suspend": _words("suspended", "中止", "Suspend"),
    "unbadge": _words("unbadged", "收回标识", "Take the badge away"),
    "time_change": _words("change_timed", "变更期限停走或续行", "Let the clocks of the change stand or run"),
    "transfer": _words("transferred", "接受移送", "Take the filing over"),
    "unfile": _words("unfiled", "取消备案", "Take off file"),
    "verify": _words("verified", "核验通过", "Verify"),
    "withdraw": _words("withdrawn", "撤回申请", "Withdraw"),
    "withdraw_transfer": _words("transfer_withdrawn", "撤回移送商请", "Take the question of transfer back"),
    "withdraw_change": _words("change_withdrawn", "撤回变更申请", "Withdraw the change"),
}


# What a noun calls a step of its own that shares its name with another's.
_OF_NOUN: Final = {
    ("sanction", "suspend"): _words("suspended", "暂停更新", "Suspend updates"),
    ("sanction", "close"): _words("closed", "关闭账号", "Close the account"),
    ("sanction", "reopen"): _words("reopened", "重新立案", "Take the case up again"),
    ("permission", "overdue"): _words("overdue", "许可决定超期", "The decision of the permission is overdue"),
    ("permission", "withdraw"): _words("withdrawn", "撤回许可申请", "Withdraw the request"),
    ("sanction", "overdue"): _words("overdue", "处置决定超期", "The decision is overdue"),
    ("authority_report", "overdue"): _words("overdue", "报告超期", "The report is overdue"),
}


def words_of_trigger(noun: str, trigger: str) -> TriggerWords:
    """The words of a trigger of one workflow."""
    return _OF_NOUN.get((noun, trigger)) or TRIGGERS[trigger]


def event_type(noun: str, trigger: str) -> str:
    """The name of the event beside a step, such as `account.approved`: ids and states only travel with it."""
    return f"{noun}.{words_of_trigger(noun, trigger).past}"
