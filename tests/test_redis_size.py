"""Redis stays small, however long the evening is: it only contains requested pages."""

import itertools
import random

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from comments.models import Discussion, Policy
from liveblog.languages import column
from tests import factories, soak

POSTS = soak.count(6, 500)
COMMENTS = soak.count(18, 3_000)
LANGUAGES = list(settings.MODELTRANSLATION_LANGUAGES)[: soak.count(2, 8)]

#: A whole evening in 8 languages; and a small one, whose pages are nearly empty.
MOST_BYTES = soak.count(100_000, 64_000_000)


def size(connected: redis.Redis) -> int:
    """Return the number of bytes that the keys take up."""
    return sum(connected.memory_usage(key, samples=0) or 0 for key in connected.scan_iter(count=1000))


@pytest.mark.django_db
@pytest.mark.skipif("Redis" not in settings.CACHES["default"]["BACKEND"], reason="There is no Redis.")
def test_an_evening_fits_into_redis(client: Client) -> None:
    url = settings.CACHES["default"]["LOCATION"]
    connected = redis.Redis.from_url(url if isinstance(url, str) else url[0])
    article = factories.article(languages=LANGUAGES)
    Discussion.objects.create(article=article, policy=Policy.AT_ONCE)
    random.seed(1)
    words = ["talks", "summit", "minister", "border", "agreement", "troops", "statement", "evening", "press", "hall"]
    biggest = 0
    number = itertools.count()
    for post in range(POSTS):
        text = " ".join(random.choices(words, k=120))
        update = factories.update(article, **{column("body", language): f"<p>{text}</p>" for language in LANGUAGES})
        for language in LANGUAGES:
            for address in (update.url(language), f"{article.url(language)}feed.atom"):
                assert client.get(address).status_code == 200
        for _ in range(COMMENTS // POSTS):
            factories.comment(article, text=f"{' '.join(random.choices(words, k=30))} {next(number)}")
        for language in LANGUAGES:
            for address in (article.url(language), f"{article.url(language)}comments/"):
                assert client.get(address).status_code == 200
        if post % 25 == 0 or post == POSTS - 1:
            biggest = max(biggest, size(connected))
    assert 0 < biggest < MOST_BYTES
    # One page for each language, however many posts there were, and one for each update.
    pages = list(connected.scan_iter("*page:*"))
    assert len(pages) <= len(LANGUAGES) * (POSTS + 5)
    # All entries expire within minutes.
    left = [connected.ttl(key) for key in connected.scan_iter()]
    # The TTL is -1 without expiry, and -2 for a key that has expired meanwhile.
    assert [seconds for seconds in left if seconds == -1 or seconds > 1200] == []
    print(f"{POSTS} posts, {COMMENTS} comments, {len(LANGUAGES)} languages: {biggest / 1000:.0f} kB in Redis.")
    cache.clear()
