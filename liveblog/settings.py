"""Settings, read from the environment. docs/reference/environment.md lists every variable."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django_prose_editor.config import html_tags
from environs import Env
from js_asset import static_lazy

from liveblog.languages import SHIPPED

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "only-for-debugging" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. It signs sessions and must be long, random and private. Make one with: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))' (or set DEBUG=1 on your own machine)."
    )

#: Former keys: what was encrypted and signed with them can still be read.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])

#: Names this release in ETags and keys of caches; "" has liveblog/release.py make a name from the files.
RELEASE = env.str("RELEASE", "")
if not re.fullmatch(r"[A-Za-z0-9._+-]{0,64}", RELEASE):
    raise ImproperlyConfigured("RELEASE may have at most 64 letters, digits and the characters . _ + -")

SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
HTTPS = _site.scheme == "https"
_LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", _LOOPBACK if _site.hostname in _LOOPBACK else [_site.hostname])
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "modeltranslation",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "channels",
    "csp",
    "django_prose_editor",
    "liveblog",
    "articles",
    "comments",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "liveblog.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "liveblog.urls"
ASGI_APPLICATION = "liveblog.asgi.application"

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
            ],
        },
    },
]

# The rich text widget's template is the project's own.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Data -----------------------------------------------------------------------------------------------------------------

#: `timeout` is how long a query waits for a connection, `reconnect_timeout` for how long the pool tries to make one, in
#: seconds: short, for it starts anew with each query, but otherwise pauses for longer and longer.
POOL = {"min_size": 1, "max_size": 16, "timeout": 2, "reconnect_timeout": 1}

DATABASES = {"default": env.dj_db_url("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        # A write lock taken when the transaction begins cannot fail half-way for want of it.
        transaction_mode="IMMEDIATE",
        timeout=20,
        init_command="PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON",
    )
else:
    OPTIONS = DATABASES["default"].setdefault("OPTIONS", {})
    OPTIONS.setdefault("pool", POOL)
    # Compiling a query of many columns takes PostgreSQL a third of a second; none of ours runs for a tenth of that.
    OPTIONS.setdefault("options", "-c jit=off")
    # A pooled connection that a restart of the database cut is found out before it is used.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", "")
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
    }
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            # A cache that takes longer than this is worse than none.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 2000},
        }
    }

# Live delivery --------------------------------------------------------------------------------------------------------

LIVE_HEARTBEAT_SECONDS = env.float("LIVE_HEARTBEAT_SECONDS", 25.0)
LIVE_POLL_SECONDS = env.float("LIVE_POLL_SECONDS", 2.0)
LIVE_MAX_CATCH_UP = env.int("LIVE_MAX_CATCH_UP", 500)
LIVE_MAX_BUFFER_BYTES = env.int("LIVE_MAX_BUFFER_BYTES", 1_000_000)
LIVE_LEAVING_SECONDS = env.float("LIVE_LEAVING_SECONDS", 5.0)
LIVE_MAX_CONNECTIONS_PER_ADDRESS = env.int("LIVE_MAX_CONNECTIONS_PER_ADDRESS", 500)
POLL_VOTES_PER_MINUTE = env.int("POLL_VOTES_PER_MINUTE", 120)

# Translation ---------------------------------------------------------------------------------------------------------

# Machine translation: whichever provider has a key or an address; none of it is needed.
DEEPL_API_KEY = env.str("DEEPL_API_KEY", "")
DEEPL_URL = env.str("DEEPL_URL", "")
DEEPL_FORMALITY = env.str("DEEPL_FORMALITY", "")
if DEEPL_FORMALITY not in ("", "more", "less"):
    raise ImproperlyConfigured(f"DEEPL_FORMALITY is {DEEPL_FORMALITY!r}. It can be more or less, or left out.")
LIBRETRANSLATE_URL = env.str("LIBRETRANSLATE_URL", "")
LIBRETRANSLATE_API_KEY = env.str("LIBRETRANSLATE_API_KEY", "")
TRANSLATION_TIMEOUT = env.float("TRANSLATION_TIMEOUT", 20.0)
TRANSLATION_IN_SERVER = env.bool("TRANSLATION_IN_SERVER", True)

# Embeds --------------------------------------------------------------------------------------------------------------

# Seconds that a provider has for an answer.
EMBED_TIMEOUT = env.float("EMBED_TIMEOUT", 8.0)
# Anybody can run an instance of Mastodon; these are asked about their posts, and framed.
MASTODON_INSTANCES = env.list(
    "MASTODON_INSTANCES",
    ["mastodon.social", "mastodon.online", "mstdn.social", "mas.to", "chaos.social", "troet.cafe", "social.bund.de"],
)
# Where providers are to be found instead of where they say, as https://host=http://127.0.0.1:8001: for tests.
EMBED_ROUTES: dict[str, str] = env.dict("EMBED_ROUTES", {})

# Comments ------------------------------------------------------------------------------------------------------------

# The spam check; without a key there is none.
AKISMET_API_KEY = env.str("AKISMET_API_KEY", "")
AKISMET_URL = env.str("AKISMET_URL", "").rstrip("/")
AKISMET_TEST = env.bool("AKISMET_TEST", False)
AKISMET_TIMEOUT = env.float("AKISMET_TIMEOUT", 5.0)
#: How many links a comment may hold before a moderator has to look, and how many that moderators approved make an
#: author known.
COMMENTS_MAX_LINKS = env.int("COMMENTS_MAX_LINKS", 2)
COMMENTS_KNOWN_AFTER = env.int("COMMENTS_KNOWN_AFTER", 3)
#: Comments, and changes of them, that one address may send in ten minutes, and one e-mail.
COMMENTS_PER_ADDRESS = env.int("COMMENTS_PER_ADDRESS", 20)
COMMENTS_PER_EMAIL = env.int("COMMENTS_PER_EMAIL", 10)
#: For how long addresses and user agents are kept.
COMMENTS_KEEP_ADDRESS_DAYS = env.int("COMMENTS_KEEP_ADDRESS_DAYS", 30)
#: Moderators are told by e-mail when a comment has waited for so long; 0: never.
COMMENTS_DIGEST_HOURS = env.float("COMMENTS_DIGEST_HOURS", 4.0)
#: Whom readers ask for what is kept of them.
PRIVACY_CONTACT = env.str("PRIVACY_CONTACT", "")
COMMENTS_IN_SERVER = env.bool("COMMENTS_IN_SERVER", True)

# E-mail: without an address of a server, none is sent, and nobody is offered any.
EMAIL_CONFIGURED = bool(env.str("EMAIL_URL", ""))
if EMAIL_CONFIGURED:
    _email = env.dj_email_url("EMAIL_URL")
    globals().update({name: value for name, value in _email.items() if name.startswith("EMAIL_")})
    EMAIL_TIMEOUT = _email.get("EMAIL_TIMEOUT") or 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"comments@{_site.hostname}")

# Languages ------------------------------------------------------------------------------------------------------------

_offered = env.list("LANGUAGES", list(SHIPPED))
if unknown := set(_offered) - SHIPPED.keys():
    raise ImproperlyConfigured(
        f"LANGUAGES names {', '.join(sorted(unknown))}, which is not shipped. Shipped are: {', '.join(SHIPPED)}."
    )
LANGUAGES = [(code, name) for code, name in SHIPPED.items() if code in _offered]
LANGUAGE_CODE = "en" if "en" in _offered else _offered[0]
# The second holds what Django itself leaves in English.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale_django"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "UTC")

# Columns exist for every shipped language, so that LANGUAGES can change without a migration.
MODELTRANSLATION_LANGUAGES = tuple(SHIPPED)
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("en",)

# Files ----------------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", BASE_DIR / "media")
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "liveblog.staticfiles.ModuleManifestStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000

# Pictures in an S3-compatible storage instead of MEDIA_ROOT.
S3_BUCKET = env.str("S3_BUCKET", "")
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", "").rstrip("/")
S3_REGION = env.str("S3_REGION", "")
#: Where readers' browsers fetch from, such as a CDN before the bucket.
S3_PUBLIC_URL = env.str("S3_PUBLIC_URL", "").rstrip("/")
if S3_BUCKET:
    if not S3_PUBLIC_URL:
        S3_PUBLIC_URL = (
            f"{S3_ENDPOINT_URL}/{S3_BUCKET}"
            if S3_ENDPOINT_URL
            else f"https://{S3_BUCKET}.s3.{f'{S3_REGION}.' if S3_REGION else ''}amazonaws.com"
        )
    _public = urlsplit(S3_PUBLIC_URL)
    if _public.scheme not in ("http", "https") or not _public.netloc:
        raise ImproperlyConfigured(f"S3_PUBLIC_URL is {S3_PUBLIC_URL!r}. It begins with https:// and a host.")
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT_URL or None,
            "region_name": S3_REGION or None,
            # Left out, they are found as Amazon's own tools find them.
            "access_key": env.str("S3_ACCESS_KEY_ID", "") or None,
            "secret_key": env.str("S3_SECRET_ACCESS_KEY", "") or None,
            "addressing_style": "path" if S3_ENDPOINT_URL else "auto",
            "custom_domain": f"{_public.netloc}{_public.path}",
            "url_protocol": f"{_public.scheme}:",
            "querystring_auth": False,
            # File names of uploads are never used twice.
            "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
        },
    }

#: Renditions of pictures: these widths in CSS pixels and their doubles, for the column of a page is 44rem wide.
PICTURES = {
    "CONTAINER_WIDTH": 720,
    "GRID_COLUMNS": 3,
    "PIXEL_DENSITIES": [1, 2],
    "FILE_TYPES": ["WEBP"],
    "USE_PLACEHOLDERS": False,
}

# The editor's extension for words of other languages.
DJANGO_PROSE_EDITOR_EXTENSIONS = [
    {
        "js": [static_lazy("articles/editor-language.js")],
        "extensions": {"Language": html_tags(["span"], {"span": ["lang", "dir"]})},
    }
]

# Security -------------------------------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", *([f"{_public.scheme}://{_public.netloc}"] if S3_BUCKET else [])],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"once_per_outage": {"()": "liveblog.logs.OncePerOutage"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "outages": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["once_per_outage"]},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "liveblog": {"level": "INFO"},
        "articles": {"level": "INFO"},
        "comments": {"level": "INFO"},
        # Those that try again and again, as long as something is down.
        **{
            name: {"handlers": ["outages"], "propagate": False}
            for name in (
                *("liveblog.delivery", "liveblog.limits", "liveblog.cache", "articles.embeds", "articles.polls"),
                *("articles.publishing.schedule", "articles.translations", "comments.jobs"),
                *("channels_redis", "psycopg.pool"),
                *("comments.checking", "comments.emails", "comments.translation", "comments.akismet_service"),
            )
        },
    },
}
