"""No address, name or redirect can make the server send a request to a private address."""

import socket
from typing import Any

import pytest

from articles.embeds.fetching import Fetcher
from liveblog.errors import ProviderError
from liveblog.public_http import check
from tests.embed_servers import WHERE_TO, EmbedServer


@pytest.mark.parametrize(
    "url",
    [
        "http://www.youtube.com/oembed",
        "ftp://www.youtube.com/oembed",
        "file:///etc/passwd",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://8.8.8.8/",
        "https://①②⑦.⓪.⓪.①/",
        "https://internal/",
        "https://example.com:8443/",
        "https://example.com:22/",
        "https://example.com:x/",
        "https://user:secret@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com\t/",
        "https://exa\nmple.com/",
        "https://example.com./",
        "https://-example.com/",
        "https://exämple.com/",
        "https://example.com/\x00",
        "https://",
        "",
    ],
)
def test_an_address_that_cannot_be_public_is_refused(url: str) -> None:
    with pytest.raises(ProviderError, match="forbidden"):
        check(url)


PRIVATE = [
    *("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8"),
    *("198.18.0.1", "192.0.2.1", "203.0.113.7", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.88.99.1"),
    *("::1", "::", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001:db8::1", "2001::1", "100::1"),
    *("5f00::1", "3fff::1"),
]


class Names:
    """A fake DNS: each name has a list of answers, of which the last is repeated."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): addresses for name, addresses in answers.items()}
        self.asked: list[str] = []
        self.connected: list[str] = []
        self._real = socket.getaddrinfo
        self.really_connect = socket.socket.connect
        monkeypatch.setattr(socket, "getaddrinfo", self._resolve)
        monkeypatch.setattr(socket.socket, "connect", self._connect)

    def _resolve(self, host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in self.answers:
            return self._real(host, port, *args, **kwargs)
        self.asked.append(host)
        addresses = self.answers[host]
        address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        return self._real(address, port, *args, **kwargs)

    def _connect(self, address: Any) -> None:
        self.connected.append(address[0])
        raise OSError


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_of_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    names = Names(monkeypatch, www_youtube_com=[address])
    with pytest.raises(ProviderError, match="forbidden"):
        Fetcher(2.0, {}).fetch("https://www.youtube.com/oembed", 1000)
    assert names.asked == ["www.youtube.com"]
    assert names.connected == []


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch, www_youtube_com=["93.184.216.34", "127.0.0.1"])
    with pytest.raises(ProviderError, match="unreachable"):
        Fetcher(2.0, {}).fetch("https://www.youtube.com/oembed", 1000)
    assert names.asked == ["www.youtube.com"]
    assert set(names.connected) == {"93.184.216.34"}


def test_the_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    names = Names(monkeypatch, www_youtube_com=["93.184.216.34"])
    with pytest.raises(ProviderError, match="unreachable"):
        Fetcher(2.0, {}).fetch("https://www.youtube.com/oembed", 1000)
    assert set(names.connected) == {"93.184.216.34"}


@pytest.mark.parametrize(
    "url",
    ["https://www.youtube.com:8443/", "https://user@www.youtube.com/", "https://8.8.8.8/", "http://www.youtube.com/"],
)
def test_a_refused_address_is_not_even_looked_up(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    names = Names(monkeypatch, www_youtube_com=["93.184.216.34"])
    with pytest.raises(ProviderError, match="forbidden"):
        Fetcher(2.0, {}).fetch(url, 1000)
    assert names.asked == names.connected == []


@pytest.mark.parametrize(
    ("where", "looked_up"),
    [("https://inside.example.com/", ["inside.example.com"]), ("https://inside.example.com:8443/", [])],
)
def test_the_target_of_a_redirect_is_checked_like_the_address_itself(
    monkeypatch: pytest.MonkeyPatch, where: str, looked_up: list[str]
) -> None:
    monkeypatch.setitem(WHERE_TO, "to loopback", where)
    with EmbedServer(fault="to loopback") as server:
        names = Names(monkeypatch, inside_example_com=["10.0.0.7"])
        monkeypatch.setattr(socket.socket, "connect", names.really_connect)
        with pytest.raises(ProviderError, match="forbidden"):
            Fetcher(2.0, server.routes).fetch("https://www.youtube.com/oembed?url=x", 1000)
    assert names.asked == looked_up
