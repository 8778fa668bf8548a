"""What the choice of a rung rests on: how grave, how meant, how far, how known (Art. 8)."""

from __future__ import annotations

from domain.state import Word


class Gravity(Word):
    """How grave the conduct is."""

    MINOR = "MINOR", "轻微", "Minor"
    SERIOUS = "SERIOUS", "较重", "Serious"
    GRAVE = "GRAVE", "严重", "Grave"


class Detection(Word):
    """How the conduct came to be known."""

    MANUAL = "MANUAL", "人工发现", "Found by staff"
    COMPLAINT = "COMPLAINT", "公众举报", "By a complaint"
    AUTOMATED = "AUTOMATED", "自动识别", "By automated means"
    AUTHORITY = "AUTHORITY", "主管部门", "By an authority"


class Intent(Word):
    """Whether it was meant."""

    INTENDED = "INTENDED", "故意", "Intended"
    NEGLIGENT = "NEGLIGENT", "过失", "By negligence"
    UNKNOWN = "UNKNOWN", "不明", "Not known"


class Harm(Word):
    """What it led to."""

    NONE = "NONE", "无", "None"
    LIMITED = "LIMITED", "有限", "Limited"
    SUBSTANTIAL = "SUBSTANTIAL", "较大", "Substantial"


class Spread(Word):
    """How far it went."""

    NARROW = "NARROW", "范围小", "Few saw it"
    WIDE = "WIDE", "范围大", "Many saw it"


class Cooperation(Word):
    """What the holder did about it."""

    FULL = "FULL", "积极配合", "Put it right"
    PARTIAL = "PARTIAL", "部分配合", "Put some of it right"
    REFUSED = "REFUSED", "拒不配合", "Refused to"
