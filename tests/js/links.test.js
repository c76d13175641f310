import assert from "node:assert/strict";
import { test } from "node:test";
import { destination, webAddress } from "../../static/articles/links.js";

const PAGE = "https://news.example/world/story";

test("tracking parameters are removed, and others stay", () => {
  assert.equal(destination("https://example.org/a?utm_source=x&id=7&fbclid=y", ""), "https://example.org/a?id=7");
});

test("an address without tracking stays as it is written", () => {
  assert.equal(destination("https://example.org/a?q=a+b%20c", ""), "https://example.org/a?q=a+b%20c");
});

test("a link through a tracking service becomes a link to its target", () => {
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

test("a link through a tracking service stays if its target is not a web page", () => {
  const address = "https://www.google.com/url?q=javascript:alert(1)";
  assert.equal(destination(address, ""), address);
});

test("a relative link is resolved against the page that it was copied from", () => {
  assert.equal(destination("../sport", PAGE), "https://news.example/sport");
  assert.equal(destination("/sport", ""), "");
});

test("an anchor within the other page is dropped", () => {
  assert.equal(destination("#top", PAGE), "");
});

test("only web pages and mail addresses are links", () => {
  assert.equal(destination("javascript:alert(1)", PAGE), "");
  assert.equal(destination("file:///etc/passwd", PAGE), "");
  assert.equal(destination("https://user:secret@example.org/", ""), "");
  assert.equal(destination("mailto:desk@example.org", ""), "mailto:desk@example.org");
});

test("an address loses its text fragment", () => {
  assert.equal(destination("https://example.org/a#:~:text=rising", ""), "https://example.org/a");
  assert.equal(destination("https://example.org/a#part:~:text=x", ""), "https://example.org/a#part");
});

test("a text is an address only if all of it is", () => {
  assert.equal(webAddress("https://example.org/?utm_medium=a"), "https://example.org/");
  assert.equal(webAddress("example.org"), "");
  assert.equal(webAddress(null), "");
});
