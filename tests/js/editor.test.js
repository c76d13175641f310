import assert from "node:assert/strict";
import { test } from "node:test";
import { linkAddress } from "../../static/articles/editor-dialogs.js";

test("an address may lack its scheme", () => {
  assert.equal(linkAddress(" example.org/map "), "https://example.org/map");
  assert.equal(linkAddress("http://example.org"), "http://example.org/");
  assert.equal(linkAddress("example.org:8000/a"), "https://example.org:8000/a");
  assert.equal(linkAddress("desk@example.org"), "mailto:desk@example.org");
  assert.equal(linkAddress("mailto:desk@example.org"), "mailto:desk@example.org");
});

test("words, scripts and addresses with a password are not links", () => {
  for (const text of ["", "map", "two words", "javascript:alert(1)", "data:text/html,x", "https://a:b@example.org/"]) {
    assert.equal(linkAddress(text), "", text);
  }
});
