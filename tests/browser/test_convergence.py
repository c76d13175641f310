"""A page that catches up equals a freshly loaded one, even if frames were lost, repeated or reordered."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.templatetags.static import static
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.models import Article, Update
from liveblog.delivery import frames
from liveblog.delivery.states import State
from tests import factories, soak
from tests.browser.conftest import CONTENT, Reader
from tests.server import PATIENCE, Server

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["post", "correct", "translate", "withdraw or restore", "key", "state"]),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=12,
)
#: For each frame: the number of frames that overtake it, and the number of its arrivals.
FATES = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1, 1, 1, 0, 2])), min_size=12, max_size=12)


def do(article: Article, step: str, number: int) -> None:
    """Perform an action of the newsroom that changes the page."""
    updates = list(article.updates.order_by("pk"))
    update = updates[number % len(updates)] if updates else None
    if step == "state":
        article.refresh_from_db()
        article.state = [Article.State.LIVE, Article.State.FINISHED][number % 2]
        article.save()
    elif step == "post" or update is None:
        factories.update(article, is_key=number == 0)
    else:
        if step == "correct":
            update.body_en = f"<p>Corrected {number}.</p>"
            update.correction_note_en = f"Note {number}."
        elif step == "translate":
            update.body_de = f"<p>Übersetzt {number}.</p>"
        elif step == "withdraw or restore":
            shown = update.state == Update.State.PUBLISHED
            update.state = Update.State.WITHDRAWN if shown else Update.State.PUBLISHED
        elif step == "key":
            update.is_key = not update.is_key
        update.save()


def state_of(article: Article) -> State:
    return frames.states_of([article.pk])[article.pk]


def frame(article: Article, after: State) -> dict[str, Any]:
    return json.loads(frames.since(article.pk, after, state_of(article), "de").text)


APPLY = "frame => window.livePage.apply(frame)"

#: Starts the page's module without its connection; the test simulates the network.
START = """async (address) => {
  const { Page } = await import(address);
  window.livePage = new Page(document.querySelector("main"));
}"""


def test_reordered_lost_and_repeated_frames_end_in_the_same_page(server: Server, browser: Any) -> None:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE * 1000)
    page, fresh = Reader(context.new_page()), Reader(context.new_page())
    # Only the test may update the two pages.
    context.route("**/live*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))

    @settings(max_examples=soak.count(4, 30))
    @given(steps=STEPS, fates=FATES)
    def converges(steps: list[tuple[str, int]], fates: list[tuple[int, int]]) -> None:
        cache.clear()
        article = factories.article()
        for _ in range(3):
            factories.update(article)
        page.open(server, article, "de")
        page.page.evaluate(START, server.url + static("liveblog/page.js"))
        made = []
        for step, number in steps:
            after = state_of(article)
            do(article, step, number)
            made.append(frame(article, after))
        late = sorted(range(len(made)), key=lambda number: number + fates[number][0])
        for number in late:
            for _ in range(fates[number][1]):
                page.page.evaluate(APPLY, made[number])
        lacking = frame(article, factories.state_at(article, page.revision))
        assert page.page.evaluate(APPLY, lacking) in ("applied", "known")
        # An address that the browser has not cached.
        fresh.open(server, article, "de", "?fresh")
        assert page.page.evaluate(CONTENT) == fresh.content()

    converges()
    context.close()
