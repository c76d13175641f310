"""Settings, read from the environment. docs/reference/environment.md lists every variable."""

import os
import re
import warnings
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django_prose_editor.config import html_tags
from environs import Env
from js_asset import static_lazy

from liveblog import database_url, languages, redis_url, roles, web_origins

BASE_DIR = Path(__file__).resolve().parent.parent
#: Templates, static files and translations. A wheel has them inside the package (hatch_build.py).
_PACKAGED = BASE_DIR / "liveblog" / "_site"
SITE_DIR = _PACKAGED if _PACKAGED.is_dir() else BASE_DIR
#: The database and uploads, if the environment does not say where they are.
_DATA_DIR = Path.cwd() if _PACKAGED.is_dir() else BASE_DIR
env = Env()

_T = TypeVar("_T")


def _renamed(read: Callable[[str, _T], _T], name: str, old_name: str, default: _T) -> _T:
    """Return the variable `name`. If only its old name is set, return that one and warn the operator."""
    if old_name in os.environ and name not in os.environ:
        # A FutureWarning is for users and shown by default; a DeprecationWarning is not.
        warnings.warn(f"The environment variable {old_name} is now called {name}.", FutureWarning, stacklevel=2)
        name = old_name
    return read(name, default)


#: Names of the variables that are set. They override the settings that administrators can also change.
SET_BY_ENVIRONMENT = frozenset(name for name, value in os.environ.items() if value)

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "only-for-debugging" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. It signs sessions and must be long, random and private. Make one with: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))' (or set DEBUG=1 on your own machine)."
    )

#: Former keys: data that was encrypted or signed with them can still be read.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])

#: The name of this release in ETags and cache keys. If it is "", liveblog/release.py derives one from the files.
RELEASE = env.str("RELEASE", "")
if not re.fullmatch(r"[A-Za-z0-9._+-]{0,64}", RELEASE):
    raise ImproperlyConfigured("RELEASE may have at most 64 letters, digits and the characters . _ + -")

SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
_https = _site.scheme == "https"
_LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
#: An IPv6 address is in brackets in the Host header (RFC 3986, section 3.2.2).
_site_host = f"[{_site.hostname}]" if ":" in (_site.hostname or "") else _site.hostname
#: Whether the public address of the site is a name of this machine, as in development.
IS_LOCAL = _site_host in _LOOPBACK
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", _LOOPBACK if IS_LOCAL else [_site_host])


def _origin(name: str, url: str, read: Callable[[str], str] = web_origins.normal) -> str:
    try:
        return read(url)
    except ValueError:
        raise ImproperlyConfigured(f"{name} names {url!r}. An origin is such as https://news.example.org.") from None


_own_urls = [SITE_URL]
if IS_LOCAL:
    # In development, all loopback names stand for this site.
    _port = f":{_site.port}" if _site.port else ""
    _own_urls += [f"{_site.scheme}://{host}{_port}" for host in _LOOPBACK]
#: The origins whose pages may open websockets and post forms: that of SITE_URL, and those of other names of the site.
SITE_ORIGINS = [_origin("SITE_URL", url) for url in _own_urls]
_other_origins: list[str] = env.list("OTHER_ORIGINS", [])
SITE_ORIGINS += [_origin("OTHER_ORIGINS", url) for url in _other_origins]
CSRF_TRUSTED_ORIGINS = SITE_ORIGINS
#: The origins of other sites whose pages may show our coverage, such as https://*.example.org; "*": all sites.
_embed_origins: list[str] = env.list("EMBED_ORIGINS", [])
EMBED_ORIGINS = [_origin("EMBED_ORIGINS", url, web_origins.normal_pattern) for url in _embed_origins]

#: Networks of trusted proxies, and "unix"; None if not set. See liveblog/proxies.py.
TRUSTED_PROXIES: list[str] | None = env.list("TRUSTED_PROXIES") if "TRUSTED_PROXIES" in os.environ else None
for _name in TRUSTED_PROXIES or ():
    try:
        _name == "unix" or ip_network(_name)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES names {_name!r}. It takes addresses, networks such as 10.0.0.0/8, and unix. ({error})"
        ) from error


INSTALLED_APPS = [
    "modeltranslation",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
    "channels",
    "csp",
    "django_prose_editor",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "liveblog.added_languages",
    "liveblog.webpush",
    "liveblog",
    "articles",
    "comments",
]

MIDDLEWARE = [
    "liveblog.middleware.ObservingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "liveblog.staticfiles.StaticFilesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "articles.interchange.redirects.OldAddresses",
    "liveblog.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "liveblog.audit.middleware.AuditMiddleware",
    "liveblog.accounts.sessions.IdleSessionMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "liveblog.accounts.second_factor.SecondFactorMiddleware",
    "liveblog.middleware.FormEncodingMiddleware",
    "liveblog.middleware.PostLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "liveblog.urls"
ASGI_APPLICATION = "liveblog.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SITE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["liveblog.template_loader.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "libraries": {"sharing": "articles.cards.tags"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "liveblog.accounts.views.admin_context",
                "liveblog.branding.current.context",
                "articles.newsroom.context.sidebar",
            ],
        },
    },
]

# templates/ overrides the template of the rich text widget.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Data -----------------------------------------------------------------------------------------------------------------

try:
    _database = database_url.settings_of(env.str("DATABASE_URL", f"sqlite:///{_DATA_DIR / 'db.sqlite3'}"))
except ValueError as _error:
    # The address may contain a password.
    raise ImproperlyConfigured(f"DATABASE_URL is no address of a database. {_error}") from None
DATABASES: dict[str, dict[str, Any]] = {"default": _database}
#: The number of connections that a process keeps to PostgreSQL.
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", 16)
#: Limits of PostgreSQL, in seconds; 0: none. The time that a statement waits for a lock, that a transaction is idle,
#: and that a statement of a server takes.
DATABASE_LOCK_TIMEOUT = env.float("DATABASE_LOCK_TIMEOUT", 4.0)
DATABASE_IDLE_TIMEOUT = env.float("DATABASE_IDLE_TIMEOUT", 15.0)
DATABASE_STATEMENT_TIMEOUT = env.float("DATABASE_STATEMENT_TIMEOUT", 15.0)
if DATABASE_POOL_SIZE < 4:
    raise ImproperlyConfigured(f"DATABASE_POOL_SIZE is {DATABASE_POOL_SIZE}. A process needs 4 connections or more.")
for _name in ("DATABASE_LOCK_TIMEOUT", "DATABASE_IDLE_TIMEOUT", "DATABASE_STATEMENT_TIMEOUT"):
    if not 0 <= globals()[_name] <= 3600:
        raise ImproperlyConfigured(f"{_name} is {globals()[_name]}. It can be 0 (no limit) to 3600 seconds.")
_database_options = DATABASES["default"].setdefault("OPTIONS", {})
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    _database_options.update(
        # A transaction that takes the write lock at its start cannot fail half-way because another one holds it.
        transaction_mode="IMMEDIATE",
        timeout=20,
        init_command="PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON",
    )
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"]["ENGINE"] = "liveblog.postgresql"
    # Behind a pooler, a server-side cursor needs a transaction. No query here is so large that it needs such a cursor.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
    # In seconds: a query waits `timeout` for a connection, and the pool tries for `reconnect_timeout` to make one. The
    # latter is short because the pool tries again with each query; within one attempt its pauses keep growing.
    _waits = {"max_waiting": 200, "timeout": 2, "reconnect_timeout": 1}
    _database_options["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, **_waits}
    # Check a pooled connection before it is used: a restart of the database may have cut it.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    if "," in DATABASES["default"]["HOST"]:
        # Of several servers, only one takes writes.
        _database_options.setdefault("target_session_attrs", "read-write")
    # For libpq: detect a server that has silently gone within seconds (`tcp_user_timeout` is in milliseconds).
    _noticed = {"connect_timeout": 3, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
    _database_options = DATABASES["default"]["OPTIONS"] = _noticed | {"tcp_user_timeout": 10_000} | _database_options
else:
    raise ImproperlyConfigured("DATABASE_URL begins with sqlite:// or postgres://.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", "")
if REDIS_URL:
    try:
        REDIS_URL = redis_url.normal(REDIS_URL)
        _limits_url = redis_url.normal(env.str("LIMITS_REDIS_URL", REDIS_URL))
    except ValueError as _error:
        raise ImproperlyConfigured(str(_error)) from None
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis_url.channel_layer(REDIS_URL)]},
        }
    }
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": [REDIS_URL],
            # In seconds. A slower cache is worse than none.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1} | redis_url.cache_options(REDIS_URL),
        },
        # Counters of limits (liveblog.limits). They need a server that does not evict them to make room for pages.
        "limits": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": [_limits_url],
            "KEY_PREFIX": "limits",
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5} | redis_url.cache_options(_limits_url),
        },
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 2000},
        },
        # There is only one process, and it counts by itself.
        "limits": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
    }

# Threads have their own connections, and do not see the transaction that a test rolls back.
JOBS_IN_THREADS = True

# Processes ------------------------------------------------------------------------------------------------------------

#: Seconds that a worker of `runlive` may take until it serves, and that it may leave the supervisor without an answer.
WORKER_START_SECONDS = env.float("WORKER_START_SECONDS", 60.0)
WORKER_ANSWER_SECONDS = env.float("WORKER_ANSWER_SECONDS", 30.0)
for _name in ("WORKER_START_SECONDS", "WORKER_ANSWER_SECONDS"):
    if not 1 <= globals()[_name] <= 3600:
        raise ImproperlyConfigured(f"{_name} is {globals()[_name]}. It can be 1 to 3600 seconds.")
#: The directory in which `runlive` writes its state for `reload`. systemd sets it (systemd.exec(5), RuntimeDirectory=).
RUNTIME_DIRECTORY = env.str("RUNTIME_DIRECTORY", "").partition(":")[0]

# Live delivery --------------------------------------------------------------------------------------------------------

LIVE_HEARTBEAT_SECONDS = env.float("LIVE_HEARTBEAT_SECONDS", 25.0)
LIVE_POLL_SECONDS = env.float("LIVE_POLL_SECONDS", 2.0)
LIVE_MAX_BACKLOG = _renamed(env.int, "LIVE_MAX_BACKLOG", "LIVE_MAX_CATCH_UP", 500)
LIVE_MAX_BUFFER_BYTES = env.int("LIVE_MAX_BUFFER_BYTES", 1_000_000)
LIVE_IO_URING = env.bool("LIVE_IO_URING", True)
LIVE_DRAIN_SECONDS = _renamed(env.float, "LIVE_DRAIN_SECONDS", "LIVE_LEAVING_SECONDS", 5.0)
LIVE_MAX_CONNECTIONS_PER_ADDRESS = env.int("LIVE_MAX_CONNECTIONS_PER_ADDRESS", 500)
#: Requests other than reads, of all kinds together, that one network address may send per minute without an account.
POSTS_PER_MINUTE = env.int("POSTS_PER_MINUTE", 600)
POLL_VOTES_PER_MINUTE = env.int("POLL_VOTES_PER_MINUTE", 120)
#: Requests to the API per minute with one access token.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", 300)

# Coverage -------------------------------------------------------------------------------------------------------------

#: Hours without activity after which editors are warned that a coverage may be over; 0: never.
COVERAGE_WARN_HOURS = env.float("COVERAGE_WARN_HOURS", 24.0)
#: Hours after that warning until the coverage is finished automatically; 0: never.
COVERAGE_FINISH_HOURS = env.float("COVERAGE_FINISH_HOURS", 24.0)
for _name in ("COVERAGE_WARN_HOURS", "COVERAGE_FINISH_HOURS"):
    if not 0 <= globals()[_name] <= 87_600:
        raise ImproperlyConfigured(f"{_name} is {globals()[_name]}. It can be 0 (never) to 87600 hours (ten years).")

# Feeds and search engines --------------------------------------------------------------------------------------------

#: The name of the publication in feeds and in the sitemap of news.
PUBLISHER_NAME = env.str("PUBLISHER_NAME", "") or _site.hostname or "localhost"
#: The authority in the ids of feeds and entries: a domain name of the publication, and a date on which it owned it.
_host = _site.hostname or ""
FEED_AUTHORITY = env.str("FEED_AUTHORITY", f"{_host if re.fullmatch('[a-z0-9.-]+', _host) else 'localhost'},2026")
if not re.fullmatch(r"[A-Za-z0-9._@-]+,[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", FEED_AUTHORITY):
    raise ImproperlyConfigured(
        f"FEED_AUTHORITY is {FEED_AUTHORITY!r}. It is a domain name and a date, such as news.example.org,2026-11-01."
    )
#: The WebSub hub that distributes the feeds, if there is one.
WEBSUB_HUB = env.str("WEBSUB_HUB", "")
#: Whether search engines may list this site. Turn it off for a test site.
INDEXING = env.bool("INDEXING", not DEBUG)
#: If a key is set, search engines are notified of changes (https://www.indexnow.org).
INDEXNOW_KEY = env.str("INDEXNOW_KEY", "")
if INDEXNOW_KEY and not re.fullmatch(r"[A-Za-z0-9-]{8,128}", INDEXNOW_KEY):
    raise ImproperlyConfigured("INDEXNOW_KEY has 8 to 128 letters, digits and hyphens.")
INDEXNOW_URL = env.str("INDEXNOW_URL", "https://api.indexnow.org/indexnow")
for _name in ("WEBSUB_HUB", "INDEXNOW_URL"):
    if globals()[_name] and not re.match(r"https?://[^/]", globals()[_name]):
        raise ImproperlyConfigured(f"{_name} is {globals()[_name]!r}. It begins with https:// and a host.")

# Translation ---------------------------------------------------------------------------------------------------------

# An engine of machine translation is used if it has a key or an address. All are optional.
#: Their order, for all pairs of languages or for some; see `liveblog.translation.engines.parse`.
TRANSLATION_ENGINES = env.str("TRANSLATION_ENGINES", "")
#: What engines charge for a million characters; see `liveblog.translation.prices.parse`.
TRANSLATION_PRICES = env.str("TRANSLATION_PRICES", "")
#: Whether unpublished texts are sent to engines. A text under embargo must not leave the organisation.
TRANSLATE_UNPUBLISHED = env.bool("TRANSLATE_UNPUBLISHED", True)
LLM_URL = env.str("LLM_URL", "")
LLM_MODEL = env.str("LLM_MODEL", "")
LLM_API_KEY = env.str("LLM_API_KEY", "")
#: Instructions for the model on the house style.
LLM_STYLE = env.str("LLM_STYLE", "")
GOOGLE_TRANSLATE_API_KEY = env.str("GOOGLE_TRANSLATE_API_KEY", "")
GOOGLE_TRANSLATE_URL = env.str("GOOGLE_TRANSLATE_URL", "")
AZURE_TRANSLATOR_KEY = env.str("AZURE_TRANSLATOR_KEY", "")
AZURE_TRANSLATOR_REGION = env.str("AZURE_TRANSLATOR_REGION", "")
AZURE_TRANSLATOR_URL = env.str("AZURE_TRANSLATOR_URL", "")
DEEPL_API_KEY = env.str("DEEPL_API_KEY", "")
DEEPL_URL = env.str("DEEPL_URL", "")
DEEPL_FORMALITY = env.str("DEEPL_FORMALITY", "")
if DEEPL_FORMALITY not in ("", "more", "less"):
    raise ImproperlyConfigured(f"DEEPL_FORMALITY is {DEEPL_FORMALITY!r}. It can be more or less, or left out.")
LIBRETRANSLATE_URL = env.str("LIBRETRANSLATE_URL", "")
LIBRETRANSLATE_API_KEY = env.str("LIBRETRANSLATE_API_KEY", "")
#: A folder with models for the engine `offline`, which the operator fills.
TRANSLATION_MODELS = env.str("TRANSLATION_MODELS", "")
TRANSLATION_TIMEOUT = env.float("TRANSLATION_TIMEOUT", 20.0)
#: Whether a server loads the model of language detection when it starts, and not for the first comment.
DETECTOR_AT_START = env.bool("DETECTOR_AT_START", True)
TRANSLATION_WORKER = _renamed(env.bool, "TRANSLATION_WORKER", "TRANSLATION_IN_SERVER", True)

# Embeds --------------------------------------------------------------------------------------------------------------

#: Time limit for the answer of a provider, in seconds.
EMBED_TIMEOUT = env.float("EMBED_TIMEOUT", 8.0)
#: Anybody can run a Mastodon server. Only posts of these servers are fetched, and only these may show a player.
MASTODON_INSTANCES = env.list(
    "MASTODON_INSTANCES",
    ["mastodon.social", "mastodon.online", "mstdn.social", "mas.to", "chaos.social", "troet.cafe", "social.bund.de"],
)
#: For tests: addresses to use instead of those of the providers, as https://host=http://127.0.0.1:8001.
EMBED_ROUTES: dict[str, str] = env.dict("EMBED_ROUTES", {})

# Notifications -------------------------------------------------------------------------------------------------------

#: The key by which push services recognise this site (RFC 8292): 32 octets in base64url. Without it readers cannot
#: follow.
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", "").rstrip("=")
if VAPID_PRIVATE_KEY and not re.fullmatch(r"[A-Za-z0-9_-]{43}", VAPID_PRIVATE_KEY):
    raise ImproperlyConfigured("VAPID_PRIVATE_KEY has 43 letters, digits, - and _. `manage.py setup` makes one.")
#: Hosts of the push services to which messages are sent; "*." stands for any subdomain. Endpoints come from strangers,
#: so a host that is not listed could be anybody's server.
PUSH_SERVICES: list[str] = env.list(
    "PUSH_SERVICES",
    [
        *("fcm.googleapis.com", "jmt17.google.com", "*.push.services.mozilla.com"),
        *("*.push.apple.com", "*.notify.windows.com"),
    ],
)
#: For tests: addresses to use instead of those of push services, as https://host=http://127.0.0.1:8001.
PUSH_ROUTES: dict[str, str] = env.dict("PUSH_ROUTES", {})
PUSH_WORKER = env.bool("PUSH_WORKER", True)
#: Seconds after publishing in which a notification can still be stopped.
PUSH_DELAY_SECONDS = env.float("PUSH_DELAY_SECONDS", 15.0)
#: Seconds for which a notification waits for a machine translation, and for its review if readers get none before that.
PUSH_DRAFT_SECONDS = env.float("PUSH_DRAFT_SECONDS", 60.0)
PUSH_REVIEW_SECONDS = env.float("PUSH_REVIEW_SECONDS", 900.0)
for _name in ("PUSH_DELAY_SECONDS", "PUSH_DRAFT_SECONDS", "PUSH_REVIEW_SECONDS"):
    if not 0 <= globals()[_name] <= 86_400:
        raise ImproperlyConfigured(f"{_name} is {globals()[_name]}. It can be 0 to 86400 seconds (a day).")

# Webhooks ------------------------------------------------------------------------------------------------------------

#: Days of uninterrupted failures after which a webhook is switched off; 0: never.
WEBHOOK_DISABLE_DAYS = env.float("WEBHOOK_DISABLE_DAYS", 5.0)
if not 0 <= WEBHOOK_DISABLE_DAYS <= 365:
    raise ImproperlyConfigured(f"WEBHOOK_DISABLE_DAYS is {WEBHOOK_DISABLE_DAYS}. It can be 0 (never) to 365 days.")
#: For tests: addresses to use instead of those of other systems, as https://host=http://127.0.0.1:8001.
WEBHOOK_ROUTES: dict[str, str] = env.dict("WEBHOOK_ROUTES", {})

# Comments ------------------------------------------------------------------------------------------------------------

# Without a key, comments are not checked for spam.
AKISMET_API_KEY = env.str("AKISMET_API_KEY", "")
AKISMET_URL = env.str("AKISMET_URL", "").rstrip("/")
AKISMET_TEST = env.bool("AKISMET_TEST", False)
AKISMET_TIMEOUT = env.float("AKISMET_TIMEOUT", 5.0)
#: A comment with more links waits for a moderator.
COMMENTS_MAX_LINKS = env.int("COMMENTS_MAX_LINKS", 2)
#: Number of comments approved by moderators after which their author is trusted.
COMMENTS_TRUSTED_AFTER = _renamed(env.int, "COMMENTS_TRUSTED_AFTER", "COMMENTS_KNOWN_AFTER", 3)
#: Number of comments and edits that one network address, or one e-mail address, may send in ten minutes.
COMMENTS_PER_ADDRESS = env.int("COMMENTS_PER_ADDRESS", 20)
COMMENTS_PER_EMAIL = env.int("COMMENTS_PER_EMAIL", 10)
#: Days for which network addresses and user agents are kept.
COMMENTS_KEEP_ADDRESS_DAYS = env.int("COMMENTS_KEEP_ADDRESS_DAYS", 30)
#: Hours that a comment waits until moderators get an e-mail; 0: never.
COMMENTS_DIGEST_HOURS = env.float("COMMENTS_DIGEST_HOURS", 4.0)
#: The contact for readers who ask which of their data is kept.
PRIVACY_CONTACT = env.str("PRIVACY_CONTACT", "")
COMMENTS_WORKER = _renamed(env.bool, "COMMENTS_WORKER", "COMMENTS_IN_SERVER", True)

# Without the address of a mail server, the site neither sends nor offers e-mails.
EMAIL_CONFIGURED = bool(env.str("EMAIL_URL", ""))
if EMAIL_CONFIGURED:
    _email = env.dj_email_url("EMAIL_URL")
    globals().update({name: value for name, value in _email.items() if name.startswith("EMAIL_")})
    EMAIL_TIMEOUT = _email.get("EMAIL_TIMEOUT") or 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"comments@{_site.hostname}")

# Monitoring ----------------------------------------------------------------------------------------------------------

#: The token that clients of /metrics must send ("Authorization: Bearer"). If it is not set, nobody gets the metrics.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
#: The address to which errors are reported (https://docs.sentry.io); needs the extra "sentry".
SENTRY_DSN = env.str("SENTRY_DSN", "")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", "production")
#: The address to which traces are sent (https://opentelemetry.io); needs the extra "otel", which reads this variable
#: and others of its own.
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", "")

# Languages ------------------------------------------------------------------------------------------------------------

#: Languages beside the shipped ones whose texts the database stores; `manage.py add_language` adds one.
_added: list[str] = env.list("ADDED_LANGUAGES", [])
try:
    languages.add(_added)
    _offered = [languages.code_of(tag) for tag in env.list("LANGUAGES", list(languages.KNOWN))]
except ValueError as _error:
    raise ImproperlyConfigured(f"ADDED_LANGUAGES or LANGUAGES: {_error}") from None
if unknown := set(_offered) - languages.KNOWN.keys():
    raise ImproperlyConfigured(
        f"LANGUAGES names {', '.join(sorted(map(languages.tag, unknown)))}, which is neither shipped nor added. "
        f"There are: {', '.join(map(languages.tag, languages.KNOWN))}. Add one with: manage.py add_language."
    )
LANGUAGES = [(code, name) for code, name in languages.KNOWN.items() if code in _offered]
LANGUAGE_CODE = "en" if "en" in _offered else _offered[0]
LANGUAGES_BIDI = [code for code in languages.KNOWN if languages.is_right_to_left(code)]
#: Font files for the pictures of shared links, for characters that the product's own font lacks.
CARD_FONTS: list[str] = env.list("CARD_FONTS", [])
for _name in CARD_FONTS:
    if not Path(_name).is_file():
        raise ImproperlyConfigured(f"CARD_FONTS names {_name}, which is no file.")
#: The site's own catalogues: for its own languages, or to override messages of the product.
SITE_LOCALE = env.path("SITE_LOCALE", _DATA_DIR / "site_locale")
# The last directory holds strings of Django that Django has not translated.
LOCALE_PATHS = [*([SITE_LOCALE] if SITE_LOCALE.is_dir() else []), SITE_DIR / "locale", SITE_DIR / "locale_django"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "UTC")
FORMAT_MODULE_PATH = ["liveblog.formats"]

# Every known language has columns, so LANGUAGES can change without a migration.
MODELTRANSLATION_LANGUAGES = tuple(languages.KNOWN)
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("en",)

# Files ----------------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", SITE_DIR / "staticfiles")
STATICFILES_DIRS = [SITE_DIR / "static"]
#: Days for which the static files of a release are kept after `collectstatic` has replaced them. Cached pages of the
#: release may be that old.
STATIC_KEEP_DAYS = env.float("STATIC_KEEP_DAYS", 7.0)
MEDIA_URL = "/media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", _DATA_DIR / "media")
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
#: The address from which browsers fetch pictures, such as a CDN in front of the bucket.
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
            # Without these, boto3 looks for credentials in its usual places.
            "access_key": env.str("S3_ACCESS_KEY_ID", "") or None,
            "secret_key": env.str("S3_SECRET_ACCESS_KEY", "") or None,
            "addressing_style": "path" if S3_ENDPOINT_URL else "auto",
            "custom_domain": f"{_public.netloc}{_public.path}",
            "url_protocol": f"{_public.scheme}:",
            "querystring_auth": False,
            # The name of an uploaded file is never reused.
            "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
        },
    }

#: Renditions of pictures have these widths in CSS pixels and twice these widths; the column of a page is 44rem wide.
PICTURES = {
    "CONTAINER_WIDTH": 720,
    "GRID_COLUMNS": 3,
    "PIXEL_DENSITIES": [1, 2],
    "FILE_TYPES": ["WEBP"],
    "USE_PLACEHOLDERS": False,
}

# The editor's extensions: marks for words in other languages, and the toolbar.
DJANGO_PROSE_EDITOR_EXTENSIONS = [
    {
        "js": [static_lazy("articles/editor-language.js")],
        "extensions": {"Language": html_tags(["span"], {"span": ["lang", "dir"]})},
    },
    {"js": [static_lazy("articles/editor-toolbar.js")], "extensions": {"Toolbar": html_tags([])}},
]

# Security -------------------------------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _https
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
# These two affect the whole domain, not only this site, so its owner decides.
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https and env.bool("HSTS_INCLUDE_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = _https and env.bool("HSTS_PRELOAD", False)
if SECURE_HSTS_PRELOAD and not SECURE_HSTS_INCLUDE_SUBDOMAINS:
    raise ImproperlyConfigured("HSTS_PRELOAD needs HSTS_INCLUDE_SUBDOMAINS: lists of browsers take whole domains only.")
# Django warns if they are off.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# Some addresses contain secrets: other sites must not get them in the header Referer.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", *([f"{_public.scheme}://{_public.netloc}"] if S3_BUCKET else [])],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# Accounts of the newsroom ---------------------------------------------------------------------------------------------

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    # NIST SP 800-63B: a minimum length and no common password, but no rules on kinds of characters.
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["liveblog.accounts.hashers.PasswordHasher"]
#: Seconds without activity that end a session: see liveblog.accounts.sessions.
SESSION_COOKIE_AGE = 12 * 3600

_ROLES = {name.lower() for name in (*roles.NAMES, roles.ADMIN)}
#: Roles whose members need a second factor.
_required: list[str] = env.list("REQUIRE_MFA", [])
REQUIRE_MFA = [name.strip().lower() for name in _required]
if unknown := set(REQUIRE_MFA) - _ROLES:
    raise ImproperlyConfigured(
        f"REQUIRE_MFA names {', '.join(sorted(unknown))}. Roles are: {', '.join(sorted(_ROLES))}."
    )
#: Days for which entries of the audit log are kept; 0: without limit.
AUDIT_KEEP_DAYS = env.int("AUDIT_KEEP_DAYS", 365)
if AUDIT_KEEP_DAYS < 0:
    raise ImproperlyConfigured("AUDIT_KEEP_DAYS is a number of days; 0 keeps the audit log without limit.")

ACCOUNT_ADAPTER = "liveblog.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# liveblog.accounts.attempts limits attempts.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_FORMS = {
    "login": "liveblog.accounts.forms.LoginForm",
    "reset_password": "liveblog.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "liveblog.accounts.forms.ResetPasswordKeyForm",
    "change_password": "liveblog.accounts.forms.ChangePasswordForm",
    "set_password": "liveblog.accounts.forms.SetPasswordForm",
    "reauthenticate": "liveblog.accounts.forms.ReauthenticateForm",
}

#: The company's own log-in, by OpenID Connect.
OIDC_ISSUER = env.str("OIDC_ISSUER", "").rstrip("/")
_oidc = {"client_id": env.str("OIDC_CLIENT_ID", ""), "secret": env.str("OIDC_CLIENT_SECRET", "")}
OIDC_NAME = env.str("OIDC_NAME", "")
#: The provider's groups to our roles, as newsroom-editors=editor,it=admin; if empty, only people with an account can
#: log in.
_groups: dict[str, str] = env.dict("OIDC_GROUPS", {})
OIDC_GROUPS = {name.strip(): role.strip().lower() for name, role in _groups.items()}
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", "groups")
if OIDC_ISSUER:
    _issuer = urlsplit(OIDC_ISSUER)
    if _issuer.scheme not in ("http", "https") or not _issuer.netloc or not all(_oidc.values()):
        raise ImproperlyConfigured("OIDC_ISSUER is an https address, and needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.")
    # The response to the form that leads to the provider is a redirect to it.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(f"{_issuer.scheme}://{_issuer.netloc}")
if unknown := set(OIDC_GROUPS.values()) - _ROLES:
    raise ImproperlyConfigured(
        f"OIDC_GROUPS names {', '.join(sorted(unknown))}. Roles are: {', '.join(sorted(_ROLES))}."
    )
SOCIALACCOUNT_ADAPTER = "liveblog.accounts.company.CompanyAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "company",
                "name": OIDC_NAME or "OpenID Connect",
                **_oidc,
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}

MFA_ADAPTER = "liveblog.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Addresses come from administrators and invitations.
MFA_ALLOW_UNVERIFIED_EMAIL = True
#: One step before and after, for clocks that are half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_RATE_LIMITS = False
# Browsers make passkeys on http://localhost, too.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https
MFA_FORMS = {
    "authenticate": "liveblog.accounts.forms.AuthenticateForm",
    "reauthenticate": "liveblog.accounts.forms.ReauthenticateCodeForm",
    "activate_totp": "liveblog.accounts.forms.ActivateTOTPForm",
    "authenticate_webauthn": "liveblog.accounts.forms.AuthenticateWebAuthnForm",
    "reauthenticate_webauthn": "liveblog.accounts.forms.ReauthenticateWebAuthnForm",
    "login_webauthn": "liveblog.accounts.forms.LoginWebAuthnForm",
    "add_webauthn": "liveblog.accounts.forms.AddWebAuthnForm",
    "edit_webauthn": "liveblog.accounts.forms.EditWebAuthnForm",
}

#: Whether the entries of the audit log are written as lines of JSON to the standard error.
SECURITY_LOG = env.bool("SECURITY_LOG", True)

LOG_FORMAT = env.str("LOG_FORMAT", "line")
if LOG_FORMAT not in ("line", "json"):
    raise ImproperlyConfigured(f"LOG_FORMAT is {LOG_FORMAT!r}. It can be line or json.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "message": {"format": "{message}", "style": "{"},
        "line": {
            "()": "liveblog.logs.LineFormatter",
            "format": "{asctime} {levelname} {name} [{where}]: {message}",
            "style": "{",
        },
        "json": {"()": "liveblog.logs.JsonFormatter"},
    },
    "filters": {
        "once_per_outage": {"()": "liveblog.logs.OncePerOutage"},
        "request_outages": {"()": "liveblog.logs.RequestOutages"},
        "without_probes": {"()": "liveblog.logs.WithoutProbes"},
        "mask_secrets": {"()": "liveblog.logs.MaskSecrets"},
    },
    "handlers": {
        # One JSON object a line, for programs that collect and watch them.
        "security": {"class": "logging.StreamHandler", "formatter": "message", "filters": ["mask_secrets"]},
        "stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["mask_secrets"]},
        "outages": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["once_per_outage", "mask_secrets"],
        },
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # Django's own handler for its development server does not mask anything.
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "liveblog": {"level": "INFO"},
        "articles": {"level": "INFO"},
        "comments": {"level": "INFO"},
        "security": {"handlers": ["security"], "level": "INFO" if SECURITY_LOG else "ERROR", "propagate": False},
        "django.request": {"filters": ["request_outages"]},
        "uvicorn.access": {"filters": ["without_probes"]},
        # Loggers of code that keeps retrying during an outage.
        **{
            name: {"handlers": ["outages"], "propagate": False}
            for name in (
                *("liveblog.delivery", "liveblog.notify", "liveblog.limits", "liveblog.cache", "liveblog.metrics"),
                *("liveblog.jobs", "liveblog.proxies", "liveblog.webhooks", "liveblog.webpush", "liveblog.alerts"),
                *(
                    "articles.embeds",
                    "articles.polls",
                    "articles.publishing",
                    "articles.translations",
                    "articles.feeds",
                    "articles.following",
                    "articles.interchange",
                ),
                *("comments.jobs", "comments.checking", "comments.emails", "comments.translation"),
                *("comments.akismet_service", "channels_redis", "psycopg.pool"),
            )
        },
    },
}
