"""All settings, one file. Every value that an operator may set is read by a helper that refuses nonsense.

State lives in MULIN_HOME (default: ``var/`` of the checkout). With nothing else configured the database is the
embedded PostgreSQL, which the ``mulin`` command starts before Django reads this file.
"""

from __future__ import annotations

import os
import re
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from mulin.kernel.secrets import load_keys

BASE = Path(__file__).resolve().parent.parent.parent


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool = False) -> bool:
    """1/0, true/false, yes/no, on/off. Anything else is refused."""
    value = text(name).lower()
    if value in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        return default if not value else value in ("1", "true", "yes", "on")
    raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no")


def number(name: str, default: int, low: int, high: int) -> int:
    """A whole number within [low, high]. Anything else is refused."""
    value = text(name)
    if not value:
        return default
    if not re.fullmatch(r"-?[0-9]{1,18}", value) or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number from {low} to {high}")
    return int(value)


def clock_time(name: str, default: str) -> time:
    """A time of day such as 21:00. Anything else is refused."""
    value = text(name, default)
    try:
        return time.fromisoformat(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a time of day such as 21:00") from None


def level(name: str, default: str) -> str:
    """The name of a log level. Anything else is refused."""
    value = text(name, default).upper() or default
    if value not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        raise ImproperlyConfigured(f"{name}={value!r} is none of DEBUG, INFO, WARNING, ERROR, CRITICAL")
    return value


def words(name: str, default: str = "") -> list[str]:
    """Comma-separated words."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(url: str) -> dict[str, Any]:
    """A DATABASES entry from ``postgresql://user:password@host:port/name?option=…``; a socket folder goes in ?host=."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(
            "MULIN_DATABASE_URL must begin with postgresql:// (mulin runs on PostgreSQL only)"
        )
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "mulin.citus",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(options.pop("port", "") or parts.port or ""),
        "OPTIONS": options,
    }


# ── state and secrets ─────
HOME = Path(text("MULIN_HOME") or BASE / "var").resolve()
_keys = load_keys(HOME)
SECRET_KEY = _keys["django"]
MULIN_FIELD_KEY = _keys["field"]
MULIN_HASH_KEY = _keys["hash"]
FILES_ROOT = HOME / "files"
HEADS_ROOT = HOME / "heads"

# ── where we are served ─────
DEBUG = flag("MULIN_DEBUG")
EXAMPLE_DOOR = flag("MULIN_EXAMPLE_DOOR")
_loopback = ["127.0.0.1", "localhost", "[::1]"]
# The example door lets anybody in by a click: with it, no other host name is ever answered.
ALLOWED_HOSTS = _loopback if EXAMPLE_DOOR else words("MULIN_HOSTS") + _loopback
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in words("MULIN_HOSTS")]
BEHIND_PROXY = flag("MULIN_BEHIND_PROXY")
HTTPS = flag("MULIN_HTTPS", default=bool(words("MULIN_HOSTS")) and not EXAMPLE_DOOR)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
WSGI_APPLICATION = "mulin.config.wsgi.application"
ROOT_URLCONF = "mulin.config.urls"

# ── the database ─────
DATABASE_ROLE = text("MULIN_DATABASE_ROLE", "web")
_web_url = text("MULIN_DATABASE_URL") or "postgresql:///mulin"
_owner_url = text("MULIN_OWNER_DATABASE_URL") or _web_url
DATABASES = {"default": database(_owner_url if DATABASE_ROLE == "owner" else _web_url)}
if flag("MULIN_POOL"):
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": number("MULIN_POOL_MAX", 8, 1, 200),
        "timeout": 10,
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0 if DATABASE_ROLE == "owner" else 600
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
WEB_ROLE = text("MULIN_WEB_ROLE") or database(_web_url)["USER"] or "mulin_web"
OWNER_IS_WEB = _owner_url == _web_url
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MULIN_PARTITIONS = number("MULIN_TEST_PARTITIONS", 0, 0, 64)

# ── the rooms ─────
INSTALLED_APPS = [
    "mulin.config",
    "mulin.citus",
    "mulin.ground.trail",
    "mulin.ground.people",
    "mulin.ground.modes",
    "mulin.ground.calendar",
    "mulin.ground.territory",
    "mulin.ground.access",
    "mulin.ground.files",
    "mulin.ground.notices",
    "mulin.ground.worklist",
    "mulin.ground.runs",
    "mulin.ground.systems",
    "mulin.ground.points",
    "mulin.ground.webhooks",
    "mulin.ground.orders",
    "mulin.services.catalogue",
    "mulin.services.cases",
    "mulin.services.patrols",
    "mulin.services.mutual_aid",
    "mulin.services.volunteering",
    "mulin.services.exchange",
    "mulin.readers.indicators",
    "mulin.readers.portal",
    "mulin.readers.open311",
    "mulin.readers.hotline",
    "mulin.readers.api",
    "mulin.readers.demo",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "mulin.config.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "mulin.config.middleware.county_and_actor",
    "mulin.config.middleware.refusals",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["mulin.config.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mulin.config.context.page",
            ],
        },
    }
]

# ── who comes in ─────
AUTH_USER_MODEL = "access.Account"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_MIN_LENGTH = number("MULIN_PASSWORD_MIN_LENGTH", 10, 8, 64)
PASSWORD_MAX_AGE_DAYS = number("MULIN_PASSWORD_MAX_AGE_DAYS", 0, 0, 3650)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "mulin.ground.access.rules.MixedCharacters"},
]
LOCKOUT_ATTEMPTS = number("MULIN_LOCKOUT_ATTEMPTS", 5, 1, 100)
LOCKOUT_MINUTES = number("MULIN_LOCKOUT_MINUTES", 15, 1, 1440)
IDLE_MINUTES = number("MULIN_IDLE_MINUTES", 30, 1, 1440)
IDLE_MINUTES_RESIDENT = number("MULIN_IDLE_MINUTES_RESIDENT", 60 * 24 * 14, 5, 60 * 24 * 90)
STAFF_NEED_MFA = flag("MULIN_STAFF_NEED_MFA", default=True)
REPORTS_PER_HOUR = number("MULIN_REPORTS_PER_HOUR", 60, 1, 100_000)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "mulin.ground.access.forms.AccountAdapter"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login_failed": f"{LOCKOUT_ATTEMPTS}/{LOCKOUT_MINUTES}m/key,50/{LOCKOUT_MINUTES}m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "睦邻 mulin"
MFA_ADAPTER = "mulin.ground.access.forms.MfaAdapter"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * IDLE_MINUTES_RESIDENT
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "mulin_cache"}}

# ── words and time ─────
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [BASE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# ── what the browser fetches ─────
STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": FILES_ROOT},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
TILES_URL = text("MULIN_TILES_URL")
TILES_CREDIT = text("MULIN_TILES_CREDIT")
MAX_PHOTO_BYTES = number("MULIN_MAX_PHOTO_MB", 12, 1, 50) * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# ── quiet hours: no message but an emergency's goes out; equal times mean none ─────
QUIET_FROM = clock_time("MULIN_QUIET_FROM", "21:00")
QUIET_UNTIL = clock_time("MULIN_QUIET_UNTIL", "07:00")

# ── messages to people: nothing configured means said so, never pretended ────────────────────────────────────────
SMS_URL = text("MULIN_SMS_URL")
SMS_TOKEN = text("MULIN_SMS_TOKEN")
SMS_TIMEOUT = number("MULIN_SMS_TIMEOUT", 10, 1, 120)
WECHAT_URL = text("MULIN_WECHAT_URL", "https://api.weixin.qq.com") if text("MULIN_WECHAT_APPID") else ""
WECHAT_APPID = text("MULIN_WECHAT_APPID")
WECHAT_SECRET = text("MULIN_WECHAT_SECRET")
WECHAT_TEMPLATE = text("MULIN_WECHAT_TEMPLATE")
EMAIL_HOST = text("MULIN_EMAIL_HOST")
EMAIL_PORT = number("MULIN_EMAIL_PORT", 587, 1, 65535)
EMAIL_HOST_USER = text("MULIN_EMAIL_USER")
EMAIL_HOST_PASSWORD = text("MULIN_EMAIL_PASSWORD")
EMAIL_USE_TLS = flag("MULIN_EMAIL_TLS", default=EMAIL_PORT == 587)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = text("MULIN_EMAIL_FROM", "mulin@localhost")

# ── webhooks: to the public internet only; a developer's own machine may be the exception ────────────────────────
WEBHOOKS_PRIVATE = flag("MULIN_WEBHOOKS_PRIVATE")

# ── logs: one line each, never a name or a phone number ─────
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "mulin.config.logs.RequestIdFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}
    },
    "root": {"handlers": ["console"], "level": level("MULIN_LOG_LEVEL", "WARNING")},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # It warns that the queue was set up by the worker's own main module, which is how it is meant to be.
        "procrastinate.blueprints": {"level": "ERROR"},
        "mulin": {
            "handlers": ["console"],
            "level": level("MULIN_LOG_LEVEL", "INFO"),
            "propagate": False,
        },
    },
}
