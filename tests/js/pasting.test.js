import assert from "node:assert/strict";
import { test } from "node:test";
import { addressIn } from "../../static/articles/embeds.js";
import { fragmentOf, marksOf, withoutStyle } from "../../static/articles/paste-cleaner.js";

test("the header of the clipboard format is removed", () => {
  const html = "<html><body><p>a</p></body></html>";
  assert.equal(fragmentOf(`Version:0.9\r\nStartHTML:0001\r\nSourceURL:https://example.org/\r\n${html}`), html);
  assert.equal(fragmentOf(html), html);
});

test("a text that starts with a version is not a header", () => {
  assert.equal(fragmentOf("<p>Version:1 is out</p>"), "<p>Version:1 is out</p>");
});

test("style sheets and base addresses are removed, even if they have no end", () => {
  assert.equal(withoutStyle("<style>p { color: red }</style><p>a</p>"), "<p>a</p>");
  assert.equal(withoutStyle("<p>a</p><style>p {"), "<p>a</p>");
  assert.equal(withoutStyle('<base href="https://evil.example/"><p>a</p>'), "<p>a</p>");
});

test("styles and event handlers become data, which the policy allows", () => {
  assert.equal(
    withoutStyle('<p style="font-weight:bold" onclick="x()">on time = money</p>'),
    '<p data-style="font-weight:bold" data-onclick="x()">on time = money</p>',
  );
});

test("marks come from the name of an element", () => {
  assert.deepEqual(marksOf("b", ""), ["strong"]);
  assert.deepEqual(marksOf("cite", ""), ["em"]);
  assert.deepEqual(marksOf("del", ""), ["s"]);
  assert.deepEqual(marksOf("span", ""), []);
});

test("a style overrides the name: Google Docs wraps texts in a b that is not bold", () => {
  assert.deepEqual(marksOf("b", "font-weight:normal"), []);
  assert.deepEqual(marksOf("span", "font-weight:700;font-style:italic;text-decoration:line-through"), [
    "strong",
    "em",
    "s",
  ]);
});

test("blocks set no marks", () => {
  assert.equal(marksOf("p", "font-weight:bold"), null);
});

test("an address alone may be an embed; an address in a sentence is not", () => {
  assert.equal(addressIn("https://video.example/watch?v=1"), "video.example/watch?v=1");
  assert.equal(addressIn("see https://video.example/watch?v=1"), null);
  assert.equal(addressIn("ftp://video.example/"), null);
  assert.equal(addressIn("https://video.example:8080/"), null);
});
