"""The real editor cleans pastes from word processors, emails and websites, and hostile pastes."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from articles.models import Update
from tests import factories
from tests.browser.conftest import MakeReader
from tests.browser.test_coverage import Desk
from tests.nasty_pastes import PASTES, abridged, check
from tests.server import Server
from tests.test_pasting import assert_harmless

pytestmark = pytest.mark.django_db(transaction=True)

PASTE = """(dom, [html, text]) => {
  const { editor } = dom;
  editor.commands.clearContent();
  const clipboardData = new DataTransfer();
  if (html) clipboardData.setData("text/html", html);
  clipboardData.setData("text/plain", text);
  dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  const notice = dom.closest(".richtext").querySelector(".paste-notice").textContent;
  return [editor.getHTML(), notice];
}"""

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word">
<head><meta name=Generator content="Microsoft Word 15"><style><!-- p.MsoNormal {margin:0cm; mso-pagination:none;} --></style>
<!--[if gte mso 9]><xml><o:OfficeDocumentSettings/></xml><![endif]--></head>
<body lang=EN-GB style='tab-interval:36.0pt'><!--StartFragment-->
<h2>Outcome<o:p></o:p></h2>
<p class=MsoNormal><b style='mso-bidi-font-weight:normal'><span style='font-size:14.0pt'>Fourteen</span></b> allies <i>agreed</i>
on a <s>small</s> package; the word <span lang=DE style='mso-ansi-language:DE'>Gemeinschaft</span> was said,
and <span lang=AR-SA dir=RTL>الوزراء</span>.<o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;
</span></span></span><![endif]>Tanks<o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='margin-left:72.0pt;mso-list:l0 level2 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>o<span>&nbsp; </span></span><![endif]>fourteen of them<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>·<span>&nbsp; </span></span><![endif]>Blankets<o:p></o:p></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><![if !supportLists]><span
style='mso-list:Ignore'>1.<span>&nbsp; </span></span><![endif]>First<o:p></o:p></p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><![if !supportLists]><span
style='mso-list:Ignore'>2.<span>&nbsp; </span></span><![endif]>Second, <a href="https://example.com/?utm_source=word">here</a><o:p></o:p></p>
<!--EndFragment--></body></html>"""

GOOGLE_DOCS = """<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-6f3c"><p dir="ltr"
style="line-height:1.38;"><span style="font-size:11pt;font-weight:700;font-style:normal;">Fourteen</span><span
style="font-size:11pt;font-weight:400;"> allies </span><span style="font-style:italic;font-weight:400;">agreed</span><span
style="font-weight:400;text-decoration:line-through;"> slowly</span>.</p><br><ul><li dir="ltr" style="list-style-type:disc;"
aria-level="1"><p dir="ltr" role="presentation"><span style="font-weight:400;">Tanks</span></p></li><li dir="ltr"
aria-level="1"><p dir="ltr" role="presentation"><a href="https://www.google.com/url?q=https://example.com/blankets&amp;sa=D"
style="text-decoration:none;"><span style="color:#1155cc;text-decoration:underline;">Blankets</span></a></p></li></ul></b>"""

GMAIL = """<div dir="ltr"><div>Dear desk,</div><div><br></div><div>they <b>agreed</b>.<br>Fourteen tanks.<br><br>More soon.</div>
<div><br clear="all"></div><div class="gmail_signature"><font color="#888888">Ioana</font></div></div><img
src="https://mail.example/pixel.gif" width="1" height="1">"""

OUTLOOK = """<html><head><style>div.WordSection1 {page:WordSection1;}</style></head><body lang=EN-US link="#0563C1"><div class=WordSection1>
<p class=MsoNormal><span lang=EN-US style='font-size:11.0pt'>They agreed: <a
href="https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.com%2Fpaper&amp;data=05%7C01">the paper</a>.
</span></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal><span style='color:black'>Ioana</span></p></div></body></html>"""

SITE = """<meta charset="utf-8"><article class="story" style="font-family: sans-serif"><h2 style="color:rgb(0,0,0)">Summit</h2>
<p style="box-sizing:border-box" data-track="1">The minister said: <a href="/live?id=1&amp;fbclid=abc" onclick="count()">live</a></p>
<blockquote cite="https://news.example.com/speech?utm_campaign=x#:~:text=agreed" class="pull"><p>We have agreed.</p>
<p lang="fr" class="fr">Nous sommes d’accord.</p></blockquote><script>count()</script><div style="display:none">Subscribe!</div>
<aside><button>Share</button></aside></article>"""


@pytest.fixture
def form(server: Server, reader: MakeReader) -> Page:
    """Open the form of a new update as an editor; the article's source language is English."""
    article = factories.article()
    editor = User.objects.create_superuser("editor")
    page = reader(viewport={"width": 1280, "height": 900}, locale="en").page
    Desk(page, server).log_in(editor)
    page.goto(f"{server.url}/admin/articles/update/add/?article={article.pk}&form=1")
    page.locator(".paste-notice").first.wait_for(state="attached")
    return page


@pytest.fixture
def paste(form: Page) -> Callable[..., list[str]]:
    """Return a function that pastes into the English text and returns the editor's HTML and message."""
    dom = form.locator("[data-too-long] .ProseMirror").first

    def into(html: str, text: str = "") -> Any:
        return dom.evaluate(PASTE, [html, text])

    return into


def test_a_paste_from_word_keeps_lists_marks_and_foreign_words(paste: Callable[..., list[str]]) -> None:
    html, notice = paste(WORD)
    assert html == (
        "<h3>Outcome</h3>"
        "<p><strong>Fourteen</strong> allies <em>agreed</em> on a <s>small</s> package; the word "
        '<span lang="de" dir="ltr">Gemeinschaft</span> was said, and <span lang="ar" dir="rtl">الوزراء</span>.</p>'
        "<ul><li><p>Tanks</p><ul><li><p>fourteen of them</p></li></ul></li><li><p>Blankets</p></li></ul>"
        '<ol data-type="decimal"><li><p>First</p></li><li><p>Second, <a href="https://example.com/">here</a></p>'
        "</li></ol>"
    )
    assert notice == ""


def test_a_paste_from_google_docs_keeps_bold_only_where_it_is_bold(paste: Callable[..., list[str]]) -> None:
    html, _ = paste(GOOGLE_DOCS)
    assert html == (
        "<p><strong>Fourteen</strong> allies <em>agreed</em><s> slowly</s>.</p>"
        '<ul><li><p>Tanks</p></li><li><p><a href="https://example.com/blankets">'
        "Blankets</a></p></li></ul>"
    )


def test_a_paste_from_a_mail_keeps_paragraphs(paste: Callable[..., list[str]]) -> None:
    html, _ = paste(GMAIL)
    assert html == (
        "<p>Dear desk,</p><p>they <strong>agreed</strong>.<br>Fourteen tanks.</p><p>More soon.</p><p>Ioana</p>"
    )
    html, _ = paste(OUTLOOK)
    assert html == ('<p>They agreed: <a href="https://example.com/paper">the paper</a>.</p><p>Ioana</p>')


def test_a_quote_pasted_from_another_site_brings_its_source(paste: Callable[..., list[str]], form: Page) -> None:
    # Add the field that the form has for some kinds.
    form.evaluate("""() => {
      const field = document.createElement("input");
      field.name = "source_url";
      document.querySelector("#update_form").append(field);
    }""")
    html, notice = paste(SITE)
    assert html == (
        "<h3>Summit</h3><p>The minister said: "
        '<a href="https://news.example.com/live?id=1">live</a></p>'
        '<blockquote><p>We have agreed.</p><p lang="fr" dir="ltr">Nous sommes d’accord.</p></blockquote>'
    )
    assert "https://news.example.com/speech" in notice
    if directory := os.environ.get("SCREENSHOTS"):
        form.screenshot(path=f"{directory}/paste-source.png")
    form.get_by_role("button", name="Name it as the source").click()
    expect(form.locator("[name=source_url]")).to_have_value("https://news.example.com/speech")
    expect(form.locator(".paste-notice").first).to_be_empty()


def test_the_clipboards_header_names_the_source(paste: Callable[..., list[str]], form: Page) -> None:
    heard = form.evaluate_handle("""() => {
      const heard = [];
      document.addEventListener("paste-source", ({ detail }) => heard.push(detail.url));
      return heard;
    }""")
    html, _ = paste(
        "Version:0.9\r\nStartHTML:0000000105\r\nSourceURL:https://news.example.com/a?fbclid=1\r\n"
        "<html><body><!--StartFragment--><p>We have agreed.</p><!--EndFragment--></body></html>"
    )
    assert html == "<p>We have agreed.</p>"
    assert heard.json_value() == ["https://news.example.com/a"]


def test_text_copied_in_the_editor_is_pasted_unchanged(paste: Callable[..., list[str]]) -> None:
    own = '<p data-pm-slice="0 0 []"><a href="https://example.com/?utm_source=ours">a</a> <span lang="de">b</span></p>'
    html, _ = paste(own)
    assert "utm_source=ours" in html
    assert '<span lang="de">b</span>' in html


def test_the_editor_refuses_a_paste_that_is_too_long_and_says_how_long_it_is(
    paste: Callable[..., list[str]], form: Page
) -> None:
    html, notice = paste("", "x" * 2_000_000)
    assert html == "<p></p>"
    assert notice == "Not pasted: 2,000,000 characters, the limit is 100,000."
    if directory := os.environ.get("SCREENSHOTS"):
        form.screenshot(path=f"{directory}/paste-too-long.png")
    _, notice = paste("<p>a</p>")
    assert notice == ""


def test_an_edit_keeps_the_marks_of_foreign_words(server: Server, form: Page) -> None:
    body = '<p>He said <span lang="de" dir="ltr">Gemeinschaft</span>.</p><blockquote lang="ar" dir="rtl"><p>أهلا</p></blockquote>'
    update = factories.update(factories.article(), body_en=body)
    form.goto(f"{server.url}/admin/articles/update/{update.pk}/change/?form=1")
    form.locator("[lang=en] .ProseMirror").first.press_sequentially("So: ")
    form.get_by_role("button", name="Save").first.click()
    expect(form.locator(".messagelist .success")).to_be_visible()
    assert Update.objects.get(pk=update.pk).body_en == f"<p>So: {body[3:]}"


def test_a_hundred_hostile_pastes_do_no_harm_in_the_editor(paste: Callable[..., list[str]], form: Page) -> None:
    asked: list[str] = []
    form.on("request", lambda request: asked.append(request.url))
    form.on("dialog", lambda dialog: pytest.fail(f"A script ran: {dialog.message}"))
    found = {}
    for name, html in PASTES.items():
        result, notice = paste(html)
        assert_harmless(result.replace("\u202d", "").replace("\u202e", ""), name)
        found[name] = abridged(f"refused: {notice}" if notice and result == "<p></p>" else result)
    assert [url for url in asked if "127.0.0.1" not in url and not url.startswith(("data:", "blob:"))] == []
    check(found, "editor")
