"""Masked forms: enough to recognise, never enough to know (Art. 5)."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.policy.masking import MASKS, Form, Kind
from domain.vault.forms import MAKERS, forms_of, pack, shown, unpack


@pytest.mark.parametrize(
    ("name", "partial"),
    [
        ("张三", "张**"),
        ("欧阳询", "欧阳**"),
        ("司马相如", "司马**"),
        ("诸葛亮", "诸葛**"),
        ("諸葛亮", "諸葛**"),
        ("欧阳", "欧**"),
        ("上官", "上**"),
        ("阿卜杜拉·买买提", "阿**"),
        ("John Smith", "J**"),
        ("张", "**"),
        ("  李四 ", "李**"),
    ],
)
def test_a_name_shows_its_surname_character_alone(name: str, partial: str) -> None:
    assert forms_of(Kind.LEGAL_NAME, name) == {Form.PARTIAL: partial}


@pytest.mark.parametrize(
    ("address", "partial"),
    [
        ("alice@qq.com", "a***@qq.com"),
        ("alice@QQ.com", "a***@QQ.com"),
        ("alice@small-company.cn", "a***@***"),
        ("a@163.com", "***@163.com"),
        ("alice", "***@***"),
    ],
)
def test_an_email_shows_its_host_only_if_everybody_is_there(address: str, partial: str) -> None:
    assert forms_of(Kind.EMAIL, address) == {Form.PARTIAL: partial}


@pytest.mark.parametrize(
    ("address", "city"),
    [
        ("浙江省杭州市西湖区文三路1号", "杭州市"),
        ("浙江杭州市西湖区文三路1号", "杭州市"),
        ("杭州市西湖区文三路1号", "杭州市"),
        ("北京市朝阳区建国路1号", "北京市"),
        ("江西省景德镇市珠山区", "景德镇市"),
        ("江苏省镇江市京口区", "镇江市"),
        ("广西壮族自治区南宁市青秀区", "南宁市"),
        ("新疆维吾尔自治区伊犁哈萨克自治州伊宁市", "伊犁哈萨克自治州"),
        ("内蒙古自治区兴安盟乌兰浩特市", "兴安盟"),
        ("中国 广东省 广州市 天河区", "广州市"),
        ("中山路12号市场旁", "***"),
        ("建设大道市府大院", "***"),
        ("杭州市", "***"),
        ("12 Example Street", "***"),
    ],
)
def test_an_address_shows_its_city_or_nothing(address: str, city: str) -> None:
    assert forms_of(Kind.ADDRESS, address) == {Form.PARTIAL: city}


def test_numbers_show_their_last_four() -> None:
    assert forms_of(Kind.MOBILE, "+8613800138000") == {Form.PARTIAL: "*******8000"}
    assert forms_of(Kind.RESIDENT_ID, "11010519491231002X") == {Form.LAST_FOUR: "**************002X"}
    assert forms_of(Kind.RESIDENT_ID, "H12345678") == {Form.LAST_FOUR: "*****5678"}
    assert forms_of(Kind.RESIDENT_ID, "1234") == {Form.LAST_FOUR: "***"}


def test_an_organisation_is_kept_in_clear_and_a_document_as_being_there() -> None:
    assert forms_of(Kind.ORGANISATION, "某某有限公司") == {Form.CLEAR: "某某有限公司"}
    assert forms_of(Kind.DOCUMENT, "document_1") == {}


@given(st.sampled_from([kind for kind in Kind if kind is not Kind.ORGANISATION]), st.text(min_size=1, max_size=40))
def test_no_form_contains_the_value(kind: Kind, value: str) -> None:
    assume(value.strip() and not set(value) <= set("*@"))

    assert not [form for form in forms_of(kind, value).values() if value in form]


def test_every_form_a_role_may_see_is_made_of_each_kind() -> None:
    elsewhere = {Form.PRESENCE, Form.HIDDEN, Form.PSEUDONYM}

    wanted = {(kind, cell.form) for (kind, _), cell in MASKS.items() if cell.form not in elsewhere}

    # Words of a case are no field of an identity: they are opened under their own seal.
    assert wanted - {(Kind.FREE_TEXT, Form.CLEAR)} == {(kind, form) for kind, row in MAKERS.items() for form in row}


def test_forms_come_back_from_the_bundle_and_a_field_without_form_is_still_there() -> None:
    fields = {"legal_name": {Form.PARTIAL: "张**"}, "mandate": dict[Form, str]()}

    packed = pack(fields)

    assert packed == '{"legal_name":{"PARTIAL":"张**"},"mandate":{}}'.encode()
    assert unpack(packed) == fields


@pytest.mark.parametrize(
    ("form", "there", "absent"),
    [
        (Form.PARTIAL, "张**", None),
        (Form.PRESENCE, "provided", None),
        (Form.PSEUDONYM, "ABCDEFGH", None),
        (Form.HIDDEN, None, None),
        (Form.LAST_FOUR, None, None),
        (Form.CLEAR, None, None),
    ],
)
def test_a_cell_shows_its_form_and_no_other(form: Form, there: str | None, absent: str | None) -> None:
    forms = forms_of(Kind.LEGAL_NAME, "张三")

    assert shown(form, forms, lambda: "ABCDEFGH") == there
    assert shown(form, None, lambda: "ABCDEFGH") == absent
