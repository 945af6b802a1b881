"""SMS through a gateway that speaks plain HTTP and JSON.

Request:  POST MULIN_SMS_URL
          Authorization: Bearer MULIN_SMS_TOKEN
          Idempotency-Key: <id of the notice>          the gateway sends one message per key
          {"to": "13800000000", "text": "…", "reference": "<id of the notice>"}
Answer:   2xx {"id": "<the gateway's reference>"}      accepted
          401, 403, 404, 408, 409, 425, 429, 5xx       not now: asked again with the same key
          any other 4xx {"error": "<code>"}            refused for good, for instance an impossible number
No answer at all: asked again with the same key, which is why nothing is sent twice.
A provider with an interface of its own (Aliyun, Tencent) needs a few lines in front of it that speak this.
"""

from __future__ import annotations

from django.conf import settings

from mulin.ground.notices.actions.doors import Later, Message, Never, plain_code, post_json

_NOT_NOW = frozenset({401, 403, 404, 408, 409, 425, 429})


def send(*, message: Message) -> str:
    """Hand an SMS to the gateway; its reference. Raises Later, Silent, Never."""
    status, told = post_json(
        url=settings.SMS_URL,
        body={"to": message.to, "text": message.text, "reference": str(message.id)},
        headers={"Authorization": f"Bearer {settings.SMS_TOKEN}", "Idempotency-Key": str(message.id)},
        timeout=settings.SMS_TIMEOUT,
    )
    if 200 <= status < 300:
        return str(told.get("id", ""))
    code = plain_code(prefix=f"http {status}", told=told.get("error", ""))
    if 400 <= status < 500 and status not in _NOT_NOW:
        raise Never(code)
    raise Later(code)
