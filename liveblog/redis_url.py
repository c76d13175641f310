"""The address of Redis or Valkey, as in REDIS_URL, for the channel layer and the cache.

redis://host:6379/0 and rediss:// (TLS) name a server, and valkey:// and valkeys:// the same. A Sentinel knows which
server of a group is the master (Redis, "High availability with Redis Sentinel"); all Sentinels are named, then the
group: redis+sentinel://user:password@host:26379,host:26379/group/0.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from redis import Redis
from redis.sentinel import Sentinel, SentinelConnectionPool, SentinelManagedConnection, SentinelManagedSSLConnection

_SCHEMES = {
    "redis": "redis",
    "rediss": "rediss",
    "valkey": "redis",
    "valkeys": "rediss",
    "redis+sentinel": "redis+sentinel",
    "rediss+sentinel": "rediss+sentinel",
    "valkey+sentinel": "redis+sentinel",
    "valkeys+sentinel": "rediss+sentinel",
}

_SENTINEL_PORT = 26_379

#: Seconds to wait for a Sentinel.
_SENTINEL_TIMEOUT = 1.0


class Group(NamedTuple):
    """A group of servers that Sentinels monitor."""

    sentinels: list[tuple[str, int]]
    name: str
    database: int
    credentials: dict[str, str]
    is_encrypted: bool


def normal(url: str) -> str:
    """Return the address with the schemes of Redis. Raise ValueError if it is invalid."""
    scheme, separator, rest = url.partition("://")
    if scheme not in _SCHEMES or not separator:
        raise ValueError(f"REDIS_URL begins with one of {', '.join(f'{name}://' for name in _SCHEMES)}.")
    found = f"{_SCHEMES[scheme]}://{rest}"
    if scheme.endswith("+sentinel"):
        _group_of(found)
    return found


def channel_layer(url: str) -> str | dict[str, Any]:
    """Return the host for the channel layer."""
    if "+sentinel" not in url:
        return url
    group = _group_of(url)
    connection: dict[str, Any] = {"db": group.database, **group.credentials}
    if group.is_encrypted:
        from redis.asyncio.sentinel import SentinelManagedSSLConnection as AsyncSSLConnection

        connection["connection_class"] = AsyncSSLConnection
    sentinels = {"master_name": group.name, "sentinels": group.sentinels}
    return sentinels | {"sentinel_kwargs": {"socket_timeout": _SENTINEL_TIMEOUT}} | connection


def cache_options(url: str) -> dict[str, Any]:
    """Return further options for the cache."""
    return {"pool_class": SentinelPool} if "+sentinel" in url else {}


def client(url: str, **options: Any) -> Redis:
    """Return a client of the server at an address in its `normal` form."""
    if "+sentinel" in url:
        return Redis(connection_pool=SentinelPool.from_url(url, **options))
    return Redis.from_url(url, **options)


class SentinelPool(SentinelConnectionPool):
    """Connections to the present master."""

    @classmethod
    def from_url(cls, url: str, **options: Any) -> SentinelPool:
        group = _group_of(url)
        return cls(
            group.name,
            Sentinel(group.sentinels, sentinel_kwargs={"socket_timeout": _SENTINEL_TIMEOUT}),
            connection_class=SentinelManagedSSLConnection if group.is_encrypted else SentinelManagedConnection,
            db=group.database,
            **group.credentials,
            **options,
        )


def _group_of(url: str) -> Group:
    parts = urlsplit(url)
    user, _, hosts = parts.netloc.rpartition("@")
    name, _, database = parts.path.strip("/").partition("/")
    if not name or not (database or "0").isdigit():
        raise ValueError("REDIS_URL of Sentinels ends with the name of their group: redis+sentinel://host:26379/group.")
    username, _, password = user.partition(":")
    sentinels = [urlsplit(f"//{one}") for one in hosts.split(",")]
    credentials = {"username": unquote(username), "password": unquote(password)}
    return Group(
        [(host.hostname or "", host.port or _SENTINEL_PORT) for host in sentinels],
        name,
        int(database or 0),
        {key: value for key, value in credentials.items() if value},
        parts.scheme.startswith("rediss"),
    )
