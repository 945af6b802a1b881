"""Each way out against a local peer: success, refusal, time-out, and what each of them means."""

from __future__ import annotations

import email
import socket
import time
from collections.abc import Iterator
from datetime import datetime
from email.header import decode_header, make_header
from typing import Any

import pytest

from mulin.ground.notices.actions import doors, sms, wechat
from mulin.ground.notices.actions import email as mail
from mulin.ground.notices.actions.doors import Later, Message, Never, Silent
from mulin.kernel.ids import uuid7
from tests.notices.peers import Answer, http_peer, smtp_peer


@pytest.fixture
def message(now: datetime) -> Message:
    return Message(
        id=uuid7(), to="13912345678", title="您反映的事项已有结果", text="您反映的事项 211322-AB 已处置。",
        number="211322-AB", link="https://mulin.example/r/x/", at=now,
    )  # fmt: skip


@pytest.fixture
def letter(message: Message) -> Message:
    return Message(**{**vars(message), "to": "wang@example.org"})


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


# ── SMS ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(autouse=True)
def sms_settings(settings: Any) -> None:
    settings.SMS_TOKEN, settings.SMS_TIMEOUT = "secret-token", 0.3


def test_sms_is_handed_over_as_documented(message: Message, settings: Any) -> None:
    with http_peer(lambda asked: (202, {"id": "G-77"})) as peer:
        settings.SMS_URL = f"{peer.url}/v1/messages"
        assert sms.send(message=message) == "G-77"
    (asked,) = peer.asked
    assert asked["path"] == "/v1/messages" and asked["query"] == ""
    assert asked["body"] == {"to": "13912345678", "text": message.text, "reference": str(message.id)}
    assert asked["headers"]["Authorization"] == "Bearer secret-token"
    assert asked["headers"]["Idempotency-Key"] == str(message.id)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Never), (422, Never), (401, Later), (403, Later), (429, Later), (500, Later), (503, Later)],
)
def test_sms_refusals_are_told_apart(
    message: Message, settings: Any, status: int, kind: type[Exception]
) -> None:
    with http_peer(lambda asked: (status, {"error": "bad_number 13912345678"})) as peer:
        settings.SMS_URL = peer.url + "/"
        with pytest.raises(kind) as failure:
            sms.send(message=message)
    assert str(failure.value).startswith(f"http {status}") and "13912345678" not in str(failure.value)


def test_sms_silence_is_no_refusal(message: Message, settings: Any) -> None:
    with http_peer(lambda asked: None) as peer:
        settings.SMS_URL = peer.url + "/"
        started = time.monotonic()
        with pytest.raises(Silent):
            sms.send(message=message)
        assert time.monotonic() - started < 3


def test_no_gateway_there_means_later(message: Message, settings: Any) -> None:
    settings.SMS_URL = f"http://127.0.0.1:{closed_port()}/"
    with pytest.raises(Later, match="no_connection"):
        sms.send(message=message)


def test_an_answer_that_is_no_json_still_counts_by_its_status(message: Message, settings: Any) -> None:
    with http_peer(lambda asked: (200, b"<html>ok")) as peer:
        settings.SMS_URL = peer.url + "/"
        assert sms.send(message=message) == ""


# ── WeChat ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def wechat_settings(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    settings.WECHAT_APPID, settings.WECHAT_SECRET, settings.WECHAT_TEMPLATE = "wx1", "s3cret", "TPL"
    monkeypatch.setattr(wechat, "TIMEOUT", 0.3)
    monkeypatch.setattr(wechat, "_tokens", {})
    yield settings


class Platform:
    """The official account's server: gives out tokens, and errcodes as told."""

    def __init__(self, *errcodes: int | None, lasts: int = 7200) -> None:
        self.errcodes, self.lasts, self.tokens = list(errcodes), lasts, 0

    def __call__(self, asked: dict[str, Any]) -> Answer | None:
        if asked["path"] == "/cgi-bin/stable_token":
            if asked["body"]["force_refresh"] or not self.tokens:
                self.tokens += 1
            return 200, {"access_token": f"T{self.tokens}", "expires_in": self.lasts}
        code = self.errcodes.pop(0) if self.errcodes else 0
        if code is None:
            return None
        return 200, {"errcode": code, "errmsg": "…", "msgid": 4711}


def paths(peer: Any) -> list[str]:
    return [asked["path"].rsplit("/", 1)[1] for asked in peer.asked]


def test_wechat_fetches_a_token_once_and_sends_the_template(message: Message, wechat_settings: Any) -> None:
    with http_peer(Platform()) as peer:
        wechat_settings.WECHAT_URL = peer.url
        assert wechat.send(message=message) == "4711"
        assert wechat.send(message=message) == "4711"
    assert paths(peer) == ["stable_token", "send", "send"]
    token, sent, _again = peer.asked
    assert token["body"] == {
        "grant_type": "client_credential", "appid": "wx1", "secret": "s3cret", "force_refresh": False,
    }  # fmt: skip
    assert sent["query"] == "access_token=T1"
    body = sent["body"]
    assert (body["touser"], body["template_id"], body["url"]) == (message.to, "TPL", message.link)
    assert body["client_msg_id"] == message.id.hex and len(body["client_msg_id"]) == 32
    assert body["data"]["character_string1"] == {"value": "211322-AB"}
    assert body["data"]["time3"] == {"value": "2026-09-01 09:00"}


@pytest.mark.parametrize("spent", [40001, 40014, 42001])
def test_wechat_renews_a_token_that_was_refused(message: Message, wechat_settings: Any, spent: int) -> None:
    platform = Platform(spent)
    with http_peer(platform) as peer:
        wechat_settings.WECHAT_URL = peer.url
        assert wechat.send(message=message) == "4711"
    assert paths(peer) == ["stable_token", "send", "stable_token", "stable_token", "send"]
    assert [asked["body"].get("force_refresh") for asked in peer.asked] == [False, None, False, True, None]
    assert peer.asked[-1]["query"] == "access_token=T2"


def test_wechat_renews_a_token_before_its_end(message: Message, wechat_settings: Any) -> None:
    with http_peer(Platform(lasts=300)) as peer:
        wechat_settings.WECHAT_URL = peer.url
        wechat.send(message=message)
        wechat.send(message=message)
    assert paths(peer) == ["stable_token", "send", "stable_token", "send"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [(43004, Never), (40003, Never), (43101, Never), (45009, Later), (-1, Later), (40037, Later)],
)
def test_wechat_error_codes(message: Message, wechat_settings: Any, code: int, kind: type[Exception]) -> None:
    with http_peer(Platform(code)) as peer:
        wechat_settings.WECHAT_URL = peer.url
        with pytest.raises(kind, match=str(code)):
            wechat.send(message=message)


def test_wechat_silence_after_the_message_is_unsure_before_it_is_not(
    message: Message, wechat_settings: Any
) -> None:
    with http_peer(Platform(None)) as peer:
        wechat_settings.WECHAT_URL = peer.url
        with pytest.raises(Silent):
            wechat.send(message=message)
    wechat._tokens.clear()
    with http_peer(lambda asked: None) as peer:
        wechat_settings.WECHAT_URL = peer.url
        with pytest.raises(Later, match="token no_answer"):
            wechat.send(message=message)


def test_wechat_without_a_token_says_why(message: Message, wechat_settings: Any) -> None:
    with http_peer(lambda asked: (200, {"errcode": 40125, "errmsg": "invalid appsecret"})) as peer:
        wechat_settings.WECHAT_URL = peer.url
        with pytest.raises(Later, match="token 40125"):
            wechat.send(message=message)


@pytest.mark.parametrize(("status", "kind"), [(502, Silent), (200, Silent), (413, Later)])
def test_a_stranger_answering_for_wechat(
    message: Message, wechat_settings: Any, status: int, kind: type[Exception]
) -> None:
    def answer(asked: dict[str, Any]) -> Answer:
        if asked["path"].endswith("stable_token"):
            return 200, {"access_token": "T", "expires_in": 7200}
        return status, b"<html>"

    with http_peer(answer) as peer:
        wechat_settings.WECHAT_URL = peer.url
        with pytest.raises(kind):
            wechat.send(message=message)


# ── e-mail ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def mail_settings(settings: Any) -> Any:
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = "127.0.0.1", False, 0.3
    settings.EMAIL_HOST_USER, settings.DEFAULT_FROM_EMAIL = "", "睦邻 <mulin@county.example>"
    return settings


def test_email_arrives_whole_with_its_own_id(letter: Message, mail_settings: Any) -> None:
    with smtp_peer() as peer:
        mail_settings.EMAIL_PORT = peer.port
        reference = mail.send(message=letter)
    ((to, content),) = peer.mails
    told = email.message_from_string(content)
    assert "wang@example.org" in to
    assert reference == told["Message-ID"] == f"<{letter.id}@county.example>"
    assert str(make_header(decode_header(told["Subject"]))) == letter.title
    assert told.get_payload(decode=True).decode().strip() == letter.text  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ({"RCPT": "550 no such user"}, Never),
        ({"RCPT": "450 try later"}, Later),
        ({"MAIL": "451 try later"}, Later),
        ({"MAIL": "550 who are you"}, Later),
        ({"DATA": "451 not now"}, Later),
        ({"content": "554 looks like spam"}, Never),
        ({"content": "451 disk full"}, Later),
        ({"greeting": "554 no service"}, Later),
        ({"greeting": None}, Later),
        ({"EHLO": None}, Later),
        ({"RCPT": None}, Later),
        ({"content": None}, Silent),
    ],
)
def test_email_failures_are_blamed_on_the_right_step(
    letter: Message, mail_settings: Any, replies: dict[str, str | None], kind: type[Exception]
) -> None:
    with smtp_peer(**replies) as peer:
        mail_settings.EMAIL_PORT = peer.port
        with pytest.raises(kind) as failure:
            mail.send(message=letter)
    assert "wang" not in str(failure.value) and peer.mails == []


def test_email_accepted_and_then_silent_is_accepted(letter: Message, mail_settings: Any) -> None:
    with smtp_peer(QUIT=None) as peer:
        mail_settings.EMAIL_PORT = peer.port
        mail.send(message=letter)
    assert len(peer.mails) == 1


def test_no_mail_server_there_means_later(letter: Message, mail_settings: Any) -> None:
    mail_settings.EMAIL_PORT = closed_port()
    with pytest.raises(Later):
        mail.send(message=letter)


@pytest.mark.parametrize("address", ["", "nobody", "a@b\r\nBcc: c@d", "a@b, c@d", "王@example.org", "<a@b>"])
def test_an_impossible_address_is_refused_for_good(letter: Message, mail_settings: Any, address: str) -> None:
    with pytest.raises(Never):
        mail.send(message=Message(**{**vars(letter), "to": address}))


def test_a_providers_words_never_carry_a_number() -> None:
    assert (
        doors.plain_code(prefix="http 400", told="bad number +86 139-1234-5678 张三")
        == "http 400 badnumber86139-1234-5678"
    )
    assert "13912345678" not in doors.plain_code(prefix="x", told="13912345678")
