"""The one refusal type. Everything else crashes loudly."""

from __future__ import annotations


class Refused(Exception):
    """The product declines to do something, and says why in words a person understands.

    ``code`` is stable and English (for programs and tests); ``message`` is for people, one clear sentence;
    ``field`` names the form field it belongs to, or is empty; ``status`` is the HTTP status a door answers; ``wait``
    the seconds after which another try makes sense, 0 where waiting does not help.
    """

    def __init__(self, code: str, message: str, *, field: str = "", status: int = 422, wait: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.status = status
        self.wait = wait

    def __str__(self) -> str:
        return str(self.message)


class NotAllowed(Refused):
    """The actor sees the thing but may not do this to it (HTTP 403)."""

    def __init__(self, message: str, *, code: str = "not_allowed") -> None:
        super().__init__(code, message, status=403)


class NotFound(Refused):
    """No such thing within what the actor may see (HTTP 404): a stranger learns nothing."""

    def __init__(self, message: str, *, code: str = "not_found") -> None:
        super().__init__(code, message, status=404)


class Stale(Refused):
    """Somebody else changed the thing since the actor read it (HTTP 409)."""

    def __init__(self, message: str, *, code: str = "stale") -> None:
        super().__init__(code, message, status=409)
