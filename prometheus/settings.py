"""Settings: one file, read from the environment, checked before anything starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from prometheus.env import Environment, local_secrets

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / "data").resolve()

_outside = Environment(dict(os.environ))
DEBUG = _outside.flag("DEBUG", default=False)
# A production start names its hosts; then nothing is made up on the spot.
PRODUCTION = not DEBUG and bool(_outside.items("ALLOWED_HOSTS"))
env = Environment(dict(os.environ) if PRODUCTION else {**local_secrets(DATA_DIR), **os.environ})
env.faults += _outside.faults
if PRODUCTION:
    env.require("SECRET_KEY", "a production start needs its own (50 random characters)")
    env.require("ENCRYPTION_KEY", "a production start needs its own (see README, Production)")

SECRET_KEY = env.text("SECRET_KEY")
ENCRYPTION_KEYS = env.fernet_keys("ENCRYPTION_KEY")
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS") or ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in env.items("ALLOWED_HOSTS") if host != "*"]
# Where vendors reach this installation from outside; without it they are polled instead of reporting.
PUBLIC_URL = env.public_address("PUBLIC_URL")
PORT = env.number("PORT", 8000, most=65535)
# How long a stop waits for requests under way.
DRAIN_SECONDS = env.number("DRAIN_SECONDS", 3, most=600)
DEMO_PASSWORD = env.text("DJANGO_SUPERUSER_PASSWORD")

# Limits for providers that state none of their own.
MAX_REQUESTS_PER_MINUTE = env.number("MAX_REQUESTS_PER_MINUTE", 20)
MAX_REQUESTS_PER_DAY = env.number("MAX_REQUESTS_PER_DAY", 1000)
ENABLE_ERROR_TRACKING = env.flag("ENABLE_ERROR_TRACKING", default=True)
ENABLE_PERFORMANCE_MONITORING = env.flag("ENABLE_PERFORMANCE_MONITORING", default=True)
API_KEY_ROTATION_INTERVAL = env.span("API_KEY_ROTATION_INTERVAL", "90d")
# How long a replaced client key goes on working; never so long that three of one client could work at once.
API_KEY_GRACE_PERIOD = min(env.span("API_KEY_GRACE_PERIOD", "7d"), API_KEY_ROTATION_INTERVAL)
# Only for an installation whose modules live in the same closed network.
WEBHOOKS_TO_PRIVATE_ADDRESSES = env.flag("WEBHOOKS_TO_PRIVATE_ADDRESSES", default=False)
SENTRY_DSN = env.text("SENTRY_DSN")
# Spans go where OpenTelemetry's own variables say; without an endpoint nothing of it is loaded.
TRACING = env.collector() and ENABLE_PERFORMANCE_MONITORING
# `line` for people, `json` for machines that gather logs.
LOG_FORMAT = env.choice("LOG_FORMAT", ("line", "json"))
# Who is told when something does not work, how soon, and how long it is quiet about the same thing.
ALERT_EMAILS = env.items("ALERT_EMAILS")
ALERT_AFTER = env.span("ALERT_AFTER", "2m")
ALERT_COOLDOWN = env.span("ALERT_COOLDOWN", "4h")
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "prometheus-ai@localhost")
globals().update(env.mail("EMAIL_URL"))
EMAIL_TIMEOUT = 20
# What a paid model of the same kind asks for a million tokens, asked and answered: what free answers are worth.
REFERENCE_PRICE = env.prices("REFERENCE_PRICE", "0.15,0.60")
REFERENCE_CURRENCY = env.text("REFERENCE_CURRENCY", "USD")
# Days: single attempts with their answers; sums by hour; sums by day.
# From where /metrics may be read without a key, such as 10.0.0.0/8.
METRICS_ADDRESSES = env.items("METRICS_ADDRESSES")
# What one request may send at most; the Lab API itself takes no body beyond Django's 2.5 MB.
MOST_BODY_BYTES = env.number("MAX_BODY_MB", 200) * 1024 * 1024
KEEP_ATTEMPTS_DAYS = env.number("KEEP_ATTEMPTS_DAYS", 90)
KEEP_HOURS_DAYS = env.number("KEEP_HOURS_DAYS", 35)
KEEP_ROLLUPS_DAYS = env.number("KEEP_ROLLUPS_DAYS", 1100)
# Days: finished work of which nobody kept a text; who signed in from where.
KEEP_DRAFTS_DAYS = env.number("KEEP_DRAFTS_DAYS", 365)
KEEP_SIGN_INS_DAYS = env.number("KEEP_SIGN_INS_DAYS", 90)

DATABASES: dict[str, Any] = {
    "default": env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'prometheus.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets readers go on while one writes; IMMEDIATE queues writers instead of failing them half way.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
    # The tests use several processes and threads, which a database in memory cannot serve.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
REDIS_URL = env.text("REDIS_URL")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    env.faults.append("REDIS_URL: write redis://host:port/number (or leave it out)")

INSTALLED_APPS = [
    "prometheus.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "django_q",
    # Its own files for the API's documentation; without it that page would load scripts from elsewhere.
    "ninja",
    "template_partials",
    "providers",
    "marketing",
    # Last, so that its commands may start what the other rooms offer.
    "prometheus",
]
MIDDLEWARE = [
    "prometheus.request_log.RequestIds",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "providers.access.middleware.PermissionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "prometheus.urls"
ASGI_APPLICATION = "prometheus.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "providers.access.context.rights",
            ],
        },
    },
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    # Rights come from roles alone.
    "providers.access.backends.RoleBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "login"
# Five wrong passwords close the pair of name and address for a quarter of an hour, shared by all processes.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

LANGUAGE_CODE = "pl"
LANGUAGES = [("pl", _("Polish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Europe/Warsaw"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "files"

if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    SESSION_ENGINE = "django.contrib.sessions.backends.db"

# The queue only carries wake-ups; the Job row is the truth (docs/adr/0004). Results are therefore not kept.
JOB_LEASE_SECONDS = env.number("JOB_LEASE_SECONDS", 15)
# How long after it was asked for a job may sleep until a free limit makes room; then it is drafted offline.
CAPACITY_WAIT_SECONDS = env.number("CAPACITY_WAIT_SECONDS", 900)
WORKERS = env.number("WORKERS", 2, most=64)
Q_CLUSTER = {
    "name": "prometheus",
    "orm": "default",
    "broker_class": "prometheus.queue.WakingBroker",
    "workers": WORKERS,
    "bulk": 1,
    # What a dying cluster holds in its hands has to be sent again, so it takes no more than it needs.
    "queue_limit": 1,
    "timeout": 900,
    # Without effect here, but it has to exceed the timeout.
    "retry": 1000,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "scheduler": False,
    "catch_up": False,
}

SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
# Who sends ONIX messages.
HOUSE_NAME = "HardbanRecords Lab"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # An e-mail's preview; it answers with a policy of its own.
        "frame-src": [SELF],
        "object-src": [NONE],
    },
}

DEFAULT_EXCEPTION_REPORTER_FILTER = "prometheus.reporting.NoValues"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "prometheus.logs.WithRequest"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {request_id} {name}: {message}", "style": "{"},
        "json": {"()": "prometheus.logs.AsJSON"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "stream": sys.stderr,
            "formatter": LOG_FORMAT,
            "filters": ["request"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django-q": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "axes": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}

# Last, so that every value has been read and all faults are told at once.
env.refuse_faults()
