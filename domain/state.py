"""Closed lists of words: each member is stored as its GraphQL name and carries its captions 中文 and English."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

Language = Literal["ZH", "EN"]


class Word(StrEnum):
    """A member of a closed list. Its value is its name, so that a raw text from the database equals it."""

    zh: str
    en: str
    __hash__ = str.__hash__  # an enum's own is the same, and a call into Python at every look into a table

    def __new__(cls, value: str, zh: str = "", en: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh, member.en = zh, en
        return member

    def caption(self, language: Language = "ZH") -> str:
        """What a person reads, in the language asked for."""
        return self.zh if language == "ZH" else self.en


class State(Word):
    """A state of a workflow: two captions, one for those who handle the case and one for its party."""

    party_zh: str
    party_en: str

    def __new__(cls, value: str, zh: str = "", en: str = "", party_zh: str = "", party_en: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh, member.en = zh, en
        member.party_zh, member.party_en = party_zh or zh, party_en or en
        return member

    def told(self, audience: Audience, language: Language) -> str:
        """The caption for one audience."""
        if audience == Audience.PARTY:
            return self.party_zh if language == "ZH" else self.party_en
        return self.caption(language)


class Audience(Word):
    """For whom a caption or a text is meant."""

    HANDLER = "HANDLER", "办理人员", "Those who handle the case"
    PARTY = "PARTY", "当事人", "The party the case concerns"
