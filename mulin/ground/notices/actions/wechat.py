"""Template messages of a WeChat official account (服务号).

POST {MULIN_WECHAT_URL}/cgi-bin/stable_token           grant_type, appid, secret → access_token, expires_in
POST …/cgi-bin/message/template/send?access_token=…    touser, template_id, url, data → errcode, msgid
The template needs three fields: character_string1 (编号), thing2 (事项, at most 20 characters), time3 (时间).
Source: developers.weixin.qq.com, 服务号, 获取稳定版接口调用凭据 and 发送模板消息.
"""

from __future__ import annotations

import threading
import time
from urllib.parse import quote

from django.conf import settings

from mulin.ground.notices.actions.doors import Failed, Later, Message, Never, Silent, plain_code, post_json
from mulin.ground.notices.rules import WECHAT_NEVER, WECHAT_TOKEN_SPENT
from mulin.kernel.clock import CHINA

TIMEOUT = 10.0
EARLY = 300.0
"""Seconds before its end at which a token counts as spent (WeChat renews it five minutes early)."""

_lock = threading.Lock()
_tokens: dict[tuple[str, str], tuple[str, float]] = {}


def send(*, message: Message) -> str:
    """Hand a template message to WeChat; its msgid. Raises Later, Silent, Never."""
    token = _token()
    code, reference = _deliver(message, token)
    if code in WECHAT_TOKEN_SPENT:
        code, reference = _deliver(message, _token(instead_of=token))
    if code == 0:
        return reference
    raise (
        Never(plain_code(prefix="wechat", told=code))
        if code in WECHAT_NEVER
        else Later(plain_code(prefix="wechat", told=code))
    )


def _token(*, instead_of: str = "") -> str:
    """The access token, fetched when there is none or it is spent. Raises Later: nothing was sent yet."""
    key = (settings.WECHAT_URL, settings.WECHAT_APPID)
    with _lock:
        token, until = _tokens.get(key, ("", 0.0))
        if token and token != instead_of and time.monotonic() < until:
            return token
        token, lasts = _fetch(force=False)
        if token == instead_of:  # WeChat still gives out the token that it just refused
            token, lasts = _fetch(force=True)
        _tokens[key] = (token, time.monotonic() + max(lasts - EARLY, 0.0))
        return token


def _fetch(*, force: bool) -> tuple[str, float]:
    """(token, seconds that it lasts)."""
    asked = {
        "grant_type": "client_credential",
        "appid": settings.WECHAT_APPID,
        "secret": settings.WECHAT_SECRET,
        "force_refresh": force,
    }
    try:
        _status, told = post_json(
            url=f"{settings.WECHAT_URL}/cgi-bin/stable_token", body=asked, headers={}, timeout=TIMEOUT
        )
    except Failed as failure:
        raise Later(f"token {failure.code}")
    token = told.get("access_token")
    if not isinstance(token, str) or not token:
        raise Later(plain_code(prefix="token", told=told.get("errcode", "missing")))
    return token, float(told.get("expires_in", 0))


def _deliver(message: Message, token: str) -> tuple[int, str]:
    """(errcode, msgid) of one try."""
    body = {
        "touser": message.to,
        "template_id": settings.WECHAT_TEMPLATE,
        "client_msg_id": message.id.hex,
        "url": message.link,
        "data": {
            "character_string1": {"value": message.number},
            "thing2": {"value": message.title[:20]},
            "time3": {"value": message.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")},
        },
    }
    url = f"{settings.WECHAT_URL}/cgi-bin/message/template/send?access_token={quote(token)}"
    status, told = post_json(url=url, body=body, headers={}, timeout=TIMEOUT)
    try:
        return int(told["errcode"]), str(told.get("msgid", ""))
    except (KeyError, TypeError, ValueError):  # no word from WeChat itself: something between us answered
        raise Later(f"http {status}") if 400 <= status < 500 else Silent(f"http {status}")
