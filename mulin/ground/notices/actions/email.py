"""E-mail by SMTP, step by step, so that a silence is blamed on the right step.

Until the content is handed over a failure means "not sent"; after that a silence means "perhaps sent",
and the message is not sent again. The Message-ID is the notice's, so that a mailbox can recognise a copy.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from django.conf import settings

from mulin.ground.notices.actions.doors import Later, Message, Never, Silent

_ADDRESS = re.compile(r"^[^\s@<>,;]+@[^\s@<>,;]+$")


def send(*, message: Message) -> str:
    """Hand an e-mail to the server; the Message-ID. Raises Later, Silent, Never."""
    if not _ADDRESS.match(message.to) or not message.to.isascii():
        raise Never("address")
    mail = _compose(message)
    try:
        server = _connect()
    except (OSError, smtplib.SMTPException) as failure:
        raise Later(f"connect {type(failure).__name__}")
    try:
        _envelope(server, message.to)
        _content(server, mail)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()
    return str(mail["Message-ID"])


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def _compose(message: Message) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = f"<{message.id}@{_domain()}>"
    mail["Date"] = format_datetime(message.at)
    mail["From"] = settings.DEFAULT_FROM_EMAIL
    mail["To"] = message.to
    mail["Subject"] = message.title
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text, cte="base64")
    return mail


def _connect() -> smtplib.SMTP:
    """A greeted, encrypted and signed-in connection, as far as configured."""
    host, port, timeout = settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT
    server: smtplib.SMTP
    if port == 465:
        context = ssl.create_default_context()
        server = smtplib.SMTP_SSL(host, port, local_hostname=_domain(), timeout=timeout, context=context)
    else:
        server = smtplib.SMTP(host, port, local_hostname=_domain(), timeout=timeout)
    try:
        server.ehlo_or_helo_if_needed()
        if settings.EMAIL_USE_TLS and port != 465:
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if settings.EMAIL_HOST_USER:
            server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    except BaseException:
        server.close()
        raise
    return server


def _envelope(server: smtplib.SMTP, to: str) -> None:
    try:
        code, _said = server.mail(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
        if code != 250:
            raise Later(f"sender {code}")
        code, _said = server.rcpt(to)
    except (OSError, smtplib.SMTPException) as failure:
        raise Later(f"envelope {type(failure).__name__}")
    if code in (250, 251):
        return
    raise Never(f"recipient {code}") if 500 <= code < 600 else Later(f"recipient {code}")


def _content(server: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        code, _said = server.data(mail.as_bytes())
    except smtplib.SMTPDataError as refused:
        raise Later(f"data {refused.smtp_code}")
    except (OSError, smtplib.SMTPException) as failure:
        raise Silent(f"data {type(failure).__name__}")
    if code != 250:
        raise Never(f"content {code}") if 500 <= code < 600 else Later(f"content {code}")
