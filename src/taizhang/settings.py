"""Django's settings, all derived from one typed reading of the environment (`taizhang.environment`)."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from typing import Any

from csp.constants import NONE, SELF

from taizhang import environment

ENVIRONMENT = environment.read(os.environ)
DATA = ENVIRONMENT.data
LIBRARY = ENVIRONMENT.library
EVIDENCE = DATA / "evidence"
DIGEST = ENVIRONMENT.digest
SEAL = ENVIRONMENT.seal

# None until `taizhang demo` or `taizhang serve` has made the key file: whoever seals or signs must refuse then.
KEYS = environment.keys(ENVIRONMENT.key_file)
SECRET_KEY = KEYS.site.hex() if KEYS else secrets.token_hex(environment.KEY_BYTES)

DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = list(ENVIRONMENT.hosts)
ROOT_URLCONF = "taizhang.urls"
WSGI_APPLICATION = "taizhang.wsgi.application"
AUTH_USER_MODEL = "core.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "taizhang.core",
    "taizhang.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "taizhang.web.middleware.headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "taizhang.web.middleware.language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "taizhang.web.idle.keep_awake",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "taizhang.web.middleware.first_password",
    "taizhang.web.middleware.Refusals",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "taizhang.web.context.shell",
            ],
        },
    },
]


# --- database -------------------------------------------------------------------------------------------------------

# An entry that was acknowledged survives a power cut (FULL), triggers see INSERT OR REPLACE (recursive_triggers), a
# function named in the file's schema cannot run code (trusted_schema), and deleted bytes are gone (secure_delete).
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; "
    "PRAGMA trusted_schema=OFF; PRAGMA secure_delete=ON;"
)


def sqlite(*, keep: bool) -> dict[str, Any]:
    """The database of one office PC: a file in the data directory; only the serving processes keep it open between pages.

    Opening it reads the whole schema, and closing the last connection writes the log of changes back into the file.
    """
    return {
        "CONN_MAX_AGE": 60 if keep else 0,  # seconds
        "ENGINE": "taizhang.core.sqlite",
        "NAME": DATA / environment.SQLITE_NAME,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_PRAGMAS},
    }


PREPARED_AFTER = 3  # times that a statement was sent over a connection


def postgres(address: environment.PostgresAddress, *, pool: bool) -> dict[str, Any]:
    """The database of a server room; only the serving processes keep connections open in a pool.

    A statement is planned by the server once per connection, and its values are sent beside it (prepared statements).
    """
    options: dict[str, Any] = {"server_side_binding": True, "prepare_threshold": PREPARED_AFTER}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.name,
        "USER": address.user,
        "PASSWORD": address.password,
        "HOST": address.host,
        "PORT": address.port,
        "OPTIONS": options | ({"pool": {"min_size": 1, "max_size": 8, "timeout": 10}} if pool else {}),
    }


_ADDRESS = ENVIRONMENT.entered_as
DATABASES = {"default": postgres(_ADDRESS, pool=ENVIRONMENT.serving) if _ADDRESS else sqlite(keep=ENVIRONMENT.serving)}
# The role that the site runs as: migrations, run by the owner, grant it what it may do and nothing else.
SITE_ROLE = ENVIRONMENT.database.user if ENVIRONMENT.database else None

# In each process's own memory: parts of pages for a minute, of a few hundred people at once.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 20_000}}}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


# --- people ---------------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "taizhang.core.logins.Accounts"]
PASSWORD_HASHERS = ["taizhang.core.passwords.OfficeArgon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=30)
# A name is locked wherever the attempts come from; an address never by itself, because an office has only one.
AXES_LOCKOUT_PARAMETERS = ["username", ["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "taizhang.web.pages.refused.locked"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

SESSION_ENGINE = "taizhang.core.logins"
SESSION_COOKIE_AGE = 30 * 60  # idle seconds
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_AGE = None  # ends with the browser
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True


# --- the wire -------------------------------------------------------------------------------------------------------

if ENVIRONMENT.https:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    CSRF_TRUSTED_ORIGINS = [f"https://{name}" for name in ENVIRONMENT.hosts]

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"  # with no-referrer a browser sends `Origin: null` and every form is refused
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700


# --- words, files, log ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "static/"
STATIC_ROOT = environment.ROOT / "build" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# The technical log: what broke, never what a case says. Who did what is in the ledger itself.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # its worker tells of every start and stop as of a warning; what fails it says as an error
    "loggers": {"taizhang": {"level": "INFO"}, "django_tasks_db": {"level": "ERROR"}},
}
