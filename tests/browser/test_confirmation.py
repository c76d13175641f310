"""A reader confirms an email address, and opens their comment by a link whose secret reaches no server log."""

from __future__ import annotations

import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from comments.models import Comment, Discussion, EmailJob, Policy
from tests import factories
from tests.browser.conftest import MakeReader
from tests.browser.test_comments import approve, send, write
from tests.browser.test_translation import shot
from tests.mail_server import MailServer
from tests.server import Server, eventually


def test_a_reader_confirms_an_address_and_is_known_from_then_on(reader: MakeReader, tmp_path: Path) -> None:
    article = factories.article()
    Discussion.objects.create(article=article, policy=Policy.TRUSTED)
    for _ in range(3):
        approve(factories.comment(article, email="layla@example.org", confirmed=True))
    log = tmp_path / "log"
    with MailServer() as mail, Server(log=log, EMAIL_URL=f"smtp://127.0.0.1:{mail.port}") as server:
        page = reader().page
        # Each call of the clock returns a time five seconds later, because people do not type as fast as a test.
        page.add_init_script(
            "const now = performance.now(); let looks = 0; performance.now = () => now + 5000 * looks++"
        )
        page.goto(server.url + article.url("ar"))
        write(page, "هذا تعليقي الأول من هذا المتصفح.")
        send(page)
        expect(page.locator("[data-own]")).to_have_attribute("data-state", "waiting")
        eventually(lambda: EmailJob.objects.exclude(sent_at=None))
        found = re.search(r"http\S+/ar/comments/confirm/#\S+", mail.messages[0][1].get_content())
        assert found
        page.goto(found[0])
        expect(page.locator(".comment-text")).to_contain_text("تعليقي الأول")
        assert Axe().run(page).violations_count == 0
        shot(page, "believed-confirm")
        page.locator("button[name=confirm]").click()
        expect(page.locator("[data-proof]")).to_be_visible()
        eventually(lambda: Comment.objects.latest("pk").state == "approved")
        page.goto(server.url + article.url("ar"))
        write(page, "وهذا الثاني، بلا رسالة أخرى.")
        send(page)
        expect(page.locator("[data-comment]").filter(has_text="وهذا الثاني")).to_be_visible()
        own = page.locator("[data-own] a, [data-comment] [data-change]").first.get_attribute("href") or ""
        assert "/comments/mine/#" in own
        page.goto(server.url + own)
        expect(page.locator("[data-own]")).to_be_visible()
        page.reload()
        expect(page.locator("[data-own]")).to_be_visible()
        shot(page, "believed-own")
        # Only the email of this day was sent.
        assert len(mail.messages) == 1
    assert own.partition("#")[2] not in log.read_text()
