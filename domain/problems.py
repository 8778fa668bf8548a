"""Why something was refused: a code, the words for it, the cure. Rendered only at the edge."""

from __future__ import annotations

from typing import Self

from domain.refused import Problem, Refused
from domain.state import Word

__all__ = ["Problem", "ProblemCode", "Refused"]


class ProblemCode(Word):
    """A reason to refuse: its English caption is the message, its cure the next step."""

    fix: str

    def __new__(cls, value: str, zh: str = "", en: str = "", fix: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh, member.en, member.fix = zh, en, fix
        return member

    # fmt: off
    # who and what
    NOT_ALLOWED = ("NOT_ALLOWED", "无权进行此操作", "Your role may not do this.",
        "Ask someone whose role carries the grant.")
    NOT_FOUND = ("NOT_FOUND", "未找到", "There is nothing under this id that you may see.", "Check the id.")
    STALE_VERSION = ("STALE_VERSION", "版本已更新", "The case has moved on since the version you saw.",
        "Read the case again and decide anew.")
    ALREADY_IN_STATE = ("ALREADY_IN_STATE", "已处于该状态", "The case already is where this would take it.",
        "Nothing needs doing.")
    ILLEGAL_TRANSITION = ("ILLEGAL_TRANSITION", "当前状态不可进行此操作",
        "This cannot be done in the case's present state.", "See availableSteps for what can.")
    NOT_COMPETENT = ("NOT_COMPETENT", "非本机关管辖", "Another authority answers for this case.",
        "Leave it to the authority of its jurisdiction.")
    OWN_MATTER = ("OWN_MATTER", "本人事项须回避", "This is your own matter, or you recused.", "Leave it to others.")
    TRY_AGAIN = ("TRY_AGAIN", "请重试", "Another request was at work on the same case.", "Send the same request again.")
    # input
    INPUT_INVALID = ("INPUT_INVALID", "输入无效", "This value is not valid.", "Mend the value named by the path.")
    DAY_AHEAD = ("DAY_AHEAD", "日期尚未到来", "This day has not come yet.",
        "Give the day on which it was, today at the latest.")
    CODE_UNKNOWN = ("CODE_UNKNOWN", "代码不存在", "This code is not in its list.",
        "See codes(list) for the valid ones.")
    LEGAL_BASIS_INVALID = ("LEGAL_BASIS_INVALID", "法律依据无效",
        "This legal basis is not valid on the date of the step.",
        "Cite one that is in force: codes(list: \"legal_bases\").")
    PERSONAL_DATA_IN_TEXT = ("PERSONAL_DATA_IN_TEXT", "公开文字含个人信息",
        "A public text holds a resident id, a mobile number or an e-mail address.", "Take it out at the place named.")
    IDEMPOTENCY_KEY_REQUIRED = ("IDEMPOTENCY_KEY_REQUIRED", "须提供幂等键", "This request needs an idempotency key.",
        "Send a fresh random idempotencyKey and repeat it with each retry.")
    IDEMPOTENCY_CONFLICT = ("IDEMPOTENCY_CONFLICT", "幂等键已用于其他请求",
        "This idempotency key was used with another input.", "Use a fresh key for another request.")
    DOCUMENT_UNUSABLE = ("DOCUMENT_UNUSABLE", "文件不可用",
        "This document is not one you uploaded, or is already in use.", "Upload it anew with POST /documents.")
    # identity and holder
    IDENTITY_NOT_VERIFIED = ("IDENTITY_NOT_VERIFIED", "真实身份未核验", "The holder's identity is not verified.",
        "Submit the identity and have it verified.")
    IDENTITY_NOT_CURRENT = ("IDENTITY_NOT_CURRENT", "身份核验已过期",
        "The verification of the holder's identity has run out.", "Have the identity verified again.")
    SUBJECT_WOULD_CHANGE = ("SUBJECT_WOULD_CHANGE", "账号主体不得更换",
        "Another subject would stand behind accounts that are there, or that may come back.",
        "Fail it; another subject enrols anew. A new number of the same one needs two reviewers and sameSubject.")
    REVIEWER_NEEDED = ("REVIEWER_NEEDED", "须由审核员核验",
        "What has changed in a verified identity is read by a person.",
        "Have a reviewer verify it; a machine verifies again only what is equal.")
    NOTHING_TO_VERIFY = ("NOTHING_TO_VERIFY", "无待核验信息", "No submitted identity waits for verification.",
        "Submit the identity first.")
    MANDATE_MISSING = ("MANDATE_MISSING", "缺少运营授权",
        "An organisation's identity names its operator and the operator's mandate.",
        "Submit organisation name, credit code and mandate.")
    ALREADY_ENROLLED = ("ALREADY_ENROLLED", "已登记", "This subject is already enrolled here.",
        "Use the one that exists.")
    # agreement
    AGREEMENT_NOT_CONSENTED = ("AGREEMENT_NOT_CONSENTED", "未同意全部七条底线",
        "The latest agreement is not consented to, seven of seven.", "Consent to each of the seven baselines.")
    CLAUSES_INCOMPLETE = ("CLAUSES_INCOMPLETE", "须恰好七条底线", "An agreement has exactly the seven baselines.",
        "Give one clause for each baseline.")
    TEXT_HASH_MISMATCH = ("TEXT_HASH_MISMATCH", "文本摘要不符", "The hash is not that of the text.",
        "Send the SHA-256 of the exact text in hexadecimal.")
    IN_FORCE_BEFORE_ITS_TIME = ("IN_FORCE_BEFORE_ITS_TIME", "生效时间早于发布时间",
        "An agreement comes into force no earlier than it is published.", "Leave validFrom out, or give one to come.")
    NOT_LATEST_AGREEMENT = ("NOT_LATEST_AGREEMENT", "非最新协议", "This is not the latest version of the agreement.",
        "Consent to the latest version.")
    CONSENT_UNDATED = ("CONSENT_UNDATED", "未注明同意时间",
        "Whoever passes a consent on says when the holder gave it; that is missing.",
        "Give consentedAt, as it is on record where the holder consented.")
    CONSENT_MISDATED = ("CONSENT_MISDATED", "同意时间有误",
        "A holder consents now; a consent that is passed on was given before now.",
        "Leave consentedAt out as a holder; else give a moment that has passed.")
    # provider
    PROVIDER_NOT_QUALIFIED = ("PROVIDER_NOT_QUALIFIED", "服务提供者资质不全", "The provider lacks a qualification.",
        "Have both qualifications verified.")
    SETTING_UNKNOWN = ("SETTING_UNKNOWN", "设置项不存在或无权更改",
        "This setting does not exist, or is not yours to change.", "See the settings described in the SDL.")
    ALREADY_LIVE = ("ALREADY_LIVE", "已上线", "This provider already has its production row.", "Use that row.")
    CLOCK_AHEAD = ("CLOCK_AHEAD", "时钟已拨快", "The clock is set ahead here, for a demo: nothing that counts begins.",
        "Start the servers without --clock-offset and SIGNET_CLOCK_OFFSET.")
    NOT_A_SANDBOX = ("NOT_A_SANDBOX", "非试用环境", "Only a sandbox provider can go live.",
        "Name the sandbox provider.")
    QUALIFICATION_EXISTS = ("QUALIFICATION_EXISTS", "资质已存在", "A qualification of this kind is already open.",
        "Renew it, or wait for its decision.")
    RENEWAL_NOT_ASKED = ("RENEWAL_NOT_ASKED", "未申请续期", "No renewal was asked for.",
        "Have the provider ask for the renewal first.")
    VALIDITY_INVALID = ("VALIDITY_INVALID", "有效期无效", "The dates of validity do not fit.",
        "valid-to lies after valid-from and in the future.")
    # account
    QUOTA_EXCEEDED = ("QUOTA_EXCEEDED", "超出账号数量限制", "The holder already has as many accounts as allowed.",
        "Give up one, or ask for an exception with a reason.")
    NAME_UNAVAILABLE = ("NAME_UNAVAILABLE", "名称不可用", "This name is not available.", "Choose another name.")
    HANDLE_UNAVAILABLE = ("HANDLE_UNAVAILABLE", "账号标识不可用", "This handle is not available.",
        "Choose another handle.")
    MATERIALS_MISSING = ("MATERIALS_MISSING", "材料不齐", "Materials required for this subject type are missing.",
        "Add the materials named.")
    LEASE_REQUIRED = ("LEASE_REQUIRED", "须先领取", "You do not hold the lease of this application.", "Claim it first.")
    LEASE_TAKEN = ("LEASE_TAKEN", "已被他人领取", "Another reviewer holds the lease of this application.",
        "Wait for its end, or take another.")
    ROUNDS_EXHAUSTED = ("ROUNDS_EXHAUSTED", "补充次数已满", "The rounds of supplement are used up.",
        "Approve or reject.")
    ITEMS_UNANSWERED = ("ITEMS_UNANSWERED", "补正事项未全部答复", "Not every item asked for is answered.",
        "Answer each item.")
    CONTENT_UNCHANGED = ("CONTENT_UNCHANGED", "内容未变更",
        "Nothing has changed since the rejection, and 30 days have not passed.",
        "Change what was objected to, or wait.")
    REAPPLICATIONS_EXHAUSTED = ("REAPPLICATIONS_EXHAUSTED", "重新申请次数已满",
        "Three re-applications were made within 90 days.", "Wait until the oldest is more than 90 days ago.")
    CATEGORY_MOVES_AUTHORITY = ("CATEGORY_MOVES_AUTHORITY", "类别变更涉及其他主管部门",
        "Another authority answers for this category.",
        "Keep to categories of the same authority, or have a new application made.")
    CHANGE_OPEN = ("CHANGE_OPEN", "变更申请未结", "A change of this account is already open.",
        "Wait for its decision, or withdraw it.")
    CHANGE_NOT_OPEN = ("CHANGE_NOT_OPEN", "无可处理的变更申请", "No change of this account waits for this.",
        "See changeState and availableSteps.")
    UPDATE_TAKEN = ("UPDATE_TAKEN", "处置期间不得变更资料",
        "A measure in force keeps the account's particulars as they are.",
        "Wait until it has ended; an open change can be supplemented, rejected or withdrawn meanwhile.")
    NOTHING_CHANGES = ("NOTHING_CHANGES", "变更内容与现状相同", "What is asked for is what the account already has.",
        "Name what is to be different.")
    AMENDMENT_OPEN = ("AMENDMENT_OPEN", "备案变更未结", "An amendment of the account's filing is on its way.",
        "Wait until the authority has accepted it.")
    FILING_WITH_AUTHORITY = ("FILING_WITH_AUTHORITY", "备案审核中", "The account's filing lies with its authority.",
        "Have the filing pulled back first (filingPullBack), or wait for its decision.")
    CLOSURE_ASKED = ("CLOSURE_ASKED", "已申请注销", "The closure of this account is already asked for.",
        "Wait until closingAt, or take it back.")
    SUBJECT_BANNED = ("SUBJECT_BANNED", "主体在禁入期内",
        "The person or organisation behind it may not come back yet: a closure keeps them out.",
        "Reject the application, or wait until the ban has ended.")
    CLOSURE_NOT_ASKED = ("CLOSURE_NOT_ASKED", "未申请注销", "Nobody asked that this account be closed.",
        "Nothing needs taking back.")
    # adoption
    ADOPTION_CLOSED = ("ADOPTION_CLOSED", "接纳期未开放或已结束",
        "The authority has set no date for adoptions, or it has passed.", "Ask the authority to set adoptionUntil.")
    REVIEW_NEEDED = ("REVIEW_NEEDED", "须经审核",
        "An account of this subject is not adopted: a reviewer has to look at it.", "Have the holder apply.")
    EXAMINED_TOO_LATE = ("EXAMINED_TOO_LATE", "审核日期不早于接入日",
        "Only what was examined before the provider's first day here is adopted.", "Have the holder apply.")
    BATCH_FULL = ("BATCH_FULL", "批次已满", "A batch holds at most 10,000 accounts to adopt, or 500 decisions.",
        "Begin another batch.")
    BATCH_OTHER_KIND = ("BATCH_OTHER_KIND", "批次类型不符", "The batch is of another kind.",
        "Name a batch that was filled for this.")
    BATCH_CHANGED = ("BATCH_CHANGED", "批次内容已变动", "The digest is not that of the batch's items.",
        "Read the batch again and decide anew.")
    BATCH_TOO_LARGE = ("BATCH_TOO_LARGE", "批次过大不能整体执行", "All or nothing is for at most 500 items.",
        "Leave atomic out, or use smaller batches.")
    # filing
    FILING_INCOMPLETE = ("FILING_INCOMPLETE", "备案信息不全", "An item of the filing is missing.",
        "Complete what the path names.")
    AUTHORITY_UNKNOWN = ("AUTHORITY_UNKNOWN", "无对应主管部门", "No authority answers for this division and category.",
        "Give a division with an authority.")
    # permission
    ACCOUNT_NOT_ON_FILE = ("ACCOUNT_NOT_ON_FILE", "账号未备案", "The account is not on file.",
        "Wait until its filing is accepted.")
    LICENCE_NOT_NAMED = ("LICENCE_NOT_NAMED", "未说明许可依据",
        "A permission rests on a licence, a special approval on grounds.", "Give what the path names.")
    KIND_BEYOND_LICENCE = ("KIND_BEYOND_LICENCE", "超出许可证范围", "The licence does not allow this.",
        "Ask for what the licence allows.")
    LICENCE_OF_ANOTHER = ("LICENCE_OF_ANOTHER", "许可证持有人不符", "The licence is not listed as the subject's own.",
        "Hand in a letter of the parent that holds it.")
    PERMISSION_EXISTS = ("PERMISSION_EXISTS", "已有同类许可", "A permission of this kind is open or in force.",
        "Wait for its end, or ask for another kind.")
    DECIDED_BY_ANOTHER_BODY = ("DECIDED_BY_ANOTHER_BODY", "由其他机构决定",
        "Special approvals are decided by the authority, other permissions by the provider.", "Leave it to that body.")
    LICENCE_NOT_STANDING = ("LICENCE_NOT_STANDING", "许可证当前无效",
        "The register does not show the licence as valid for this today.",
        "Import the register anew, or wait until the licence is listed.")
    APPROVAL_NOT_NUMBERED = ("APPROVAL_NOT_NUMBERED", "专项批准信息不全",
        "A special approval has a number and a last day.", "Give what the path names.")
    NOTHING_TO_NARROW = ("NOTHING_TO_NARROW", "无可缩减范围", "The permission allows no more than to reprint.",
        "Suspend or revoke it instead.")
    SERVICES_NOT_REDUCED = ("SERVICES_NOT_REDUCED", "许可范围未缩减", "The register lists no less for its licence.",
        "Narrow it once the register lists reprinting alone; suspend or revoke it otherwise.")
    RENEWAL_LATE = ("RENEWAL_LATE", "续期申请已逾期", "A renewal is asked for at least 30 days before the end.",
        "Request a new permission once the licence is renewed.")
    LICENCE_NOT_IN_DOUBT = ("LICENCE_NOT_IN_DOUBT", "许可证无存疑", "Nothing puts this licence in doubt.",
        "Leave it, or report to the authority.")
    LICENCE_STANDS = ("LICENCE_STANDS", "许可证仍有效", "The register shows the licence as valid.",
        "Only the authority may revoke it now.")
    SUSPENDED_BY_AUTHORITY = ("SUSPENDED_BY_AUTHORITY", "由主管部门中止", "The authority suspended it.",
        "Ask the authority to resume it.")
    ACCOUNT_CLOSED = ("ACCOUNT_CLOSED", "账号已关闭", "The account is closed.",
        "A closed account is not filed or badged again.")
    FILING_OUTDATED = ("FILING_OUTDATED", "备案信息已变更", "The account has changed since this was accepted.",
        "Have the filing prepared again and submitted.")
    # transfer
    TRANSFER_ASKED = ("TRANSFER_ASKED", "已商请移送", "Another authority is already asked to take this filing over.",
        "Wait for its answer, or take the question back.")
    TRANSFER_NOT_ASKED = ("TRANSFER_NOT_ASKED", "未商请移送", "No authority is asked to take this filing over.",
        "Ask one first.")
    TRANSFER_OF_AMENDMENT = ("TRANSFER_OF_AMENDMENT", "备案变更随原备案移送",
        "An amendment goes with the filing that it amends.", "Name the account's filing in force.")
    SAME_AUTHORITY = ("SAME_AUTHORITY", "已由该机关管辖", "This authority already answers for the case.",
        "Name another authority.")
    # sanction
    ACCOUNT_NOT_IN_USE = ("ACCOUNT_NOT_IN_USE", "账号未在使用",
        "A case is opened on an account in use, or one that its holder closed.", "Check the account.")
    CONDUCT_OUT_OF_TIME = ("CONDUCT_OUT_OF_TIME", "行为日期不在追究期内",
        "The conduct lies ahead, or too long ago: two years, five where it harms life or property.",
        "Give the last day of the conduct.")
    CONDUCT_OPEN = ("CONDUCT_OPEN", "同一行为已立案", "A case of the same conduct is open on this account.",
        "Go on with that case.")
    DETECTION_INVALID = ("DETECTION_INVALID", "发现方式不符", "What a machine opens was found by automated means.",
        "Say AUTOMATED.")
    EVIDENCE_UNDISCLOSABLE = ("EVIDENCE_UNDISCLOSABLE", "证据不可出示",
        "A decision rests only on evidence that the holder may be shown.", "Name or add a disclosable piece.")
    EVIDENCE_NOT_NEW = ("EVIDENCE_NOT_NEW", "无新证据", "The case knows this evidence already.",
        "A case is reopened on new evidence only.")
    GROUND_NOT_URGENT = ("GROUND_NOT_URGENT", "非紧急事由", "The ground of the case is not an urgent one.",
        "Notify the holder with the ordinary period.")
    LEVEL_INVALID = ("LEVEL_INVALID", "处置等级无效", "This level cannot be asked for here.", "Name a rung that fits.")
    HEARING_OPEN = ("HEARING_OPEN", "陈述申辩期未满", "The holder has been neither heard nor kept from it by time.",
        "Notify the holder and wait for the end of the hearing; decided without one, the case can only be reopened.")
    LATE_ANSWER_KEPT = ("LATE_ANSWER_KEPT", "逾期答复已收存",
        "The time to answer has passed, and one late answer to this notice is kept already.",
        "Appeal the decision once there is one.")
    POINTS_UNADDRESSED = ("POINTS_UNADDRESSED", "未逐条回应申辩",
        "A decision addresses each argument of the answer, and no other.", "Address every point by its number.")
    ARGUMENTS_FULL = ("ARGUMENTS_FULL", "申辩要点已满", "All answers in a case have 200 arguments at most.",
        "Leave out what was said before.")
    CIRCUMSTANCES_MISSING = ("CIRCUMSTANCES_MISSING", "未记录情节",
        "This skips a rung: it needs the circumstances on record.", "Add circumstances.")
    TERM_UNUSUAL = ("TERM_UNUSUAL", "期限非常规", "A suspension lasts 7, 15, 30 or 90 days.",
        "Use one of these, or give lengthReason.")
    TERM_TOO_LONG = ("TERM_TOO_LONG", "期限过长", "The whole term is longer than may be.", "Ask for fewer days.")
    FIRST_AND_MINOR = ("FIRST_AND_MINOR", "初次且轻微", "A first conduct that is minor closes no account.",
        "Take a milder measure.")
    MEASURE_NOT_IN_FORCE = ("MEASURE_NOT_IN_FORCE", "无生效措施", "No measure of this case is in force now.",
        "See its measures.")
    MEASURE_OVERTURNED = ("MEASURE_OVERTURNED", "措施已撤销", "This measure was overturned before.",
        "Nothing needs doing.")
    NOT_A_REDUCTION = ("NOT_A_REDUCTION", "并未减轻", "This is not milder than the measure in force.",
        "Ask for a lower level, or an earlier end.")
    INTERIM_TAKEN = ("INTERIM_TAKEN", "已采取过临时措施", "This case has had its interim measure.",
        "Extend the one that runs, or decide the case.")
    NO_INTERIM_RUNS = ("NO_INTERIM_RUNS", "无生效临时措施", "No interim measure of this case is in force.",
        "Decide the case.")
    NEWS_SANCTIONED = ("NEWS_SANCTIONED", "涉新闻处置生效中",
        "A measure on a news ground is in force on this account.", "Wait for its end.")
    # four eyes
    SAME_PERSON = ("SAME_PERSON", "不得自行复核", "The proposer cannot endorse their own proposal, under any login.",
        "Ask another person.")
    NOT_THE_PROPOSAL = ("NOT_THE_PROPOSAL", "与提议不符", "This is not what was proposed and endorsed.",
        "Send exactly the input that was proposed, with the proposal's id; or propose anew.")
    NOT_ENDORSED = ("NOT_ENDORSED", "尚未复核", "The proposal is not endorsed yet.", "Have another person endorse it.")
    PROPOSER_GONE = ("PROPOSER_GONE", "提出人已停用", "Whoever proposed the batch can carry out nothing more.",
        "Fill what is left into a new batch, and have it endorsed.")
    PROPOSAL_DEAD = ("PROPOSAL_DEAD", "提议已失效",
        "The proposal is used, withdrawn, run out, or the case has moved on.", "Propose anew.")
    NOT_THE_PROPOSER = ("NOT_THE_PROPOSER", "非提议人", "Only the proposer can do this.", "Leave it to the proposer.")
    STAFF_ROLE_INVALID = ("STAFF_ROLE_INVALID", "人员角色无效",
        "This role is not yours to give, or does not fit the body.", "Give a role of your own provider or authority.")
    # register
    FILE_UNREADABLE = ("FILE_UNREADABLE", "文件无法读取", "The file cannot be read as a register.",
        "Send CSV in UTF-8 or GB18030 with a header row the documentation lists.")
    # fmt: on

    @property
    def message(self) -> str:
        return self.en
