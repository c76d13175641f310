"""A column stores a list of languages, and can be searched."""

import pytest

from liveblog.delivery import log
from liveblog.models import Change
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def article_id() -> int:
    return factories.article(languages=["en", "de", "uk"]).pk


@pytest.mark.parametrize(("language", "found"), [("de", True), ("en", True), ("ar", False), ("e", False), ("%", False)])
def test_a_list_can_be_searched_for_a_language(article_id: int, language: str, found: bool) -> None:
    log.append(article_id, "page", ["de", "en"])
    assert Change.objects.filter(article_id=article_id, languages__has=language).exists() == found


@pytest.mark.parametrize("languages", [[], ["de"], ["en", "de", "ar"]])
def test_a_list_is_read_as_it_was_written_in_the_order_of_languages(article_id: int, languages: list[str]) -> None:
    log.append(article_id, "page", languages[::-1])
    assert Change.objects.get(article_id=article_id).languages == languages
