import assert from "node:assert/strict";
import { test } from "node:test";
import { destination, webAddress } from "../../static/articles/links.js";

const PAGE = "https://news.example/world/story";

test("tracking parameters are taken out, and others stay", () => {
  assert.equal(destination("https://example.org/a?utm_source=x&id=7&fbclid=y", ""), "https://example.org/a?id=7");
});

test("an address without tracking stays as it is written", () => {
  assert.equal(destination("https://example.org/a?q=a+b%20c", ""), "https://example.org/a?q=a+b%20c");
});

test("a link by way of a counting service leads to its target", () => {
  const target = "https://example.org/a?gclid=1";
  assert.equal(destination(`https://www.google.com/url?q=${encodeURIComponent(target)}`, ""), "https://example.org/a");
  assert.equal(
    destination(`https://l.facebook.com/l.php?u=${encodeURIComponent(target)}&h=x`, ""),
    "https://example.org/a",
  );
  assert.equal(
    destination(`https://eur01.safelinks.protection.outlook.com/?url=${encodeURIComponent(target)}`, ""),
    "https://example.org/a",
  );
});

test("a counting service whose target is no web page keeps its own address", () => {
  const address = "https://www.google.com/url?q=javascript:alert(1)";
  assert.equal(destination(address, ""), address);
});

test("a relative link is resolved against the page that it was copied from", () => {
  assert.equal(destination("../sport", PAGE), "https://news.example/sport");
  assert.equal(destination("/sport", ""), "");
});

test("an anchor within the other page leads nowhere", () => {
  assert.equal(destination("#top", PAGE), "");
});

test("only web pages and mail addresses are links", () => {
  assert.equal(destination("javascript:alert(1)", PAGE), "");
  assert.equal(destination("file:///etc/passwd", PAGE), "");
  assert.equal(destination("https://user:secret@example.org/", ""), "");
  assert.equal(destination("mailto:desk@example.org", ""), "mailto:desk@example.org");
});

test("a highlighted passage is no part of an address", () => {
  assert.equal(destination("https://example.org/a#:~:text=rising", ""), "https://example.org/a");
  assert.equal(destination("https://example.org/a#part:~:text=x", ""), "https://example.org/a#part");
});

test("a text is an address only as a whole", () => {
  assert.equal(webAddress("https://example.org/?utm_medium=a"), "https://example.org/");
  assert.equal(webAddress("example.org"), "");
  assert.equal(webAddress(null), "");
});
