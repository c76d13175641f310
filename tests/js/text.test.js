import assert from "node:assert/strict";
import { test } from "node:test";
import { isBlank } from "../../static/liveblog/text.js";

test("invisible text is blank", () => {
  for (const text of [
    "",
    " \n\u00a0\u3000",
    "\u3164\u115f\u1160\uffa0",
    "\u2800",
    "\u200b\u00ad\u202e",
    "\ufe0f\u0301",
    "\u{e0041}",
  ]) {
    assert.ok(isBlank(text), JSON.stringify(text));
  }
});

test("letters of all scripts, digits, signs and emoji are not blank", () => {
  for (const text of ["a", "é", "क्", "한", "٣", "…", "\u06dd", "👍", "❤️"]) assert.ok(!isBlank(text), text);
});
