"""What can be decided about people without looking at a row: phone numbers, credit codes, consent in
words.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mulin.kernel.errors import Refused
from mulin.kernel.secrets import normal_phone

Words = str | Promise

WORDINGS: dict[str, Words] = {
    "contact": gettext_lazy("我同意就我反映的事项用我留下的电话与我联系。"),
    "messages": gettext_lazy("我同意通过短信或微信接收办理通知。"),
    "position": gettext_lazy("我同意使用我提供的位置来确定事项所属的网格。"),
    "photo": gettext_lazy("我同意保存我上传的照片，用于办理这件事。"),
}
"""Purpose → the sentence that a person agrees to. It is stored with the consent as it was shown."""

PURPOSE_NAMES: dict[str, Words] = {
    "contact": gettext_lazy("与我联系"),
    "messages": gettext_lazy("短信、微信通知"),
    "position": gettext_lazy("使用位置"),
    "photo": gettext_lazy("保存照片"),
}

ERASE_REASONS: dict[str, Words] = {
    "own_request": gettext_lazy("本人在网页上申请"),
    "counter_request": gettext_lazy("本人在窗口申请，已核对身份"),
    "guardian_request": gettext_lazy("未成年人的监护人申请，已核对身份"),
    "retention": gettext_lazy("保存期限已满"),
    "mistake": gettext_lazy("登记错误"),
}
"""Why a person is erased. A code, never free text: the deed stays and must not carry personal data."""

ERASE_WORDS = ("删除", "delete")
"""One of these has to be typed to confirm an erasure; the page asks for the one of its language."""


# ── names and numbers ─────


def tidy(text: str) -> str:
    """Without control characters, runs of spaces or spaces at the ends."""
    shown = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text)
    return re.sub(r"\s+", " ", shown).strip()


def checked_name(text: str, *, field: str = "name", longest: int = 40) -> str:
    """A name that can be stored. Refuses ("name_too_long")."""
    name = tidy(text)
    if len(name) > longest:
        raise Refused("name_too_long", _("名字最多 %(count)d 个字。") % {"count": longest}, field=field)
    return name


def checked_phone(text: str, *, field: str = "phone") -> str:
    """The digits of a phone number; empty stays empty. Refuses ("phone_invalid") with one clear sentence."""
    if not text.strip():
        return ""
    digits = normal_phone(text)
    if not digits:
        words = _("电话号码不对：请填 11 位手机号，或带区号的固定电话（如 0421-7812345）。")
        raise Refused("phone_invalid", words, field=field)
    return digits


_EMAIL = re.compile(r"^[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+$")


def checked_email(text: str) -> str:
    """An address with one @ and a domain; empty stays empty. Refuses ("email_invalid")."""
    address = text.strip()
    if address and (len(address) > 254 or not _EMAIL.match(address)):
        raise Refused("email_invalid", _("电子邮箱写得不对，应像 name@example.cn。"), field="email")
    return address


def checked_service_phone(text: str, *, field: str) -> str:
    """A published number: digits, possibly with an extension, or a short code such as 12345. Refuses
    ("phone_invalid").
    """
    number = unicodedata.normalize("NFKC", text).strip()
    if number and not re.fullmatch(r"[0-9][0-9\- ]{2,18}[0-9]", number):
        raise Refused("phone_invalid", _("对外电话只能写数字和横线，最多 20 位。"), field=field)
    return number


def checked_credential(text: str) -> str:
    """The number of an enforcement credential without spaces, in upper case; empty stays empty. Refuses
    ("credential_invalid").
    """
    number = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
    if number and not re.fullmatch(r"[0-9A-Z\u4e00-\u9fff()\-]{4,40}", number):
        words = _("执法证号只能写数字、字母、汉字、括号和横线，4 到 40 位。")
        raise Refused("credential_invalid", words, field="credential")
    return number


# ── leave ─────

LONGEST_LEAVE = timedelta(days=366)


def check_leave_days(*, first_day: date, last_day: date, today: date) -> None:
    """Refuses days in the wrong order, a leave that is over already, and one that no stand-in can carry."""
    if last_day < first_day:
        raise Refused("leave_days", _("最后一天早于第一天。"), field="last_day")
    if last_day < today:
        raise Refused("leave_past", _("这几天已经过去了，不用再登记。"), field="last_day")
    if last_day - first_day >= LONGEST_LEAVE:
        raise Refused("leave_long", _("一次最多登记一年；更长的请办理离任或调岗。"), field="last_day")


# ── unified social credit code ─────

_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def uscc_check_character(body: str) -> str:
    """The 18th character for 17 given ones: (31 − Σ mod 31) mod 31, GB 32100-2015. Raises ValueError."""
    total = sum(weight * _USCC.index(char) for weight, char in zip(_WEIGHTS, body, strict=True))
    return _USCC[(31 - total % 31) % 31]


def is_uscc(code: str) -> bool:
    """Whether a unified social credit code is well formed and its check character right."""
    if len(code) != 18 or any(char not in _USCC for char in code):
        return False
    return uscc_check_character(code[:17]) == code[17]


def checked_uscc(text: str) -> str:
    """The code in upper case; empty stays empty. Refuses ("credit_code_invalid")."""
    code = unicodedata.normalize("NFKC", text).strip().upper()
    if code and not is_uscc(code):
        words = _("统一社会信用代码不对：共 18 位，请对照营业执照再看一遍。")
        raise Refused("credit_code_invalid", words, field="credit_code")
    return code
