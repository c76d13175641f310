import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTime } from "../../static/desk/requests.js";
import { remaining } from "../../static/liveblog/countdown.js";
import { countText } from "../../static/liveblog/counting.js";

/** Replaces the narrow spaces in Node's times. @param {string} text */
const plain = (text) => text.replace(/[\u202f\u00a0]/g, " ");

test("a countdown of days omits the seconds and rounds up", () => {
  assert.equal(remaining(2 * 86_400 + 3600 + 61, "en"), "2 days, 1 hour, 2 minutes");
});

test("a countdown of the last day shows seconds", () => {
  assert.equal(remaining(3723, "en"), "1 hour, 2 minutes, 3 seconds");
  assert.equal(remaining(1, "en"), "1 second");
});

test("a countdown shows zero units in the middle, but not at the start", () => {
  assert.equal(remaining(3600, "en"), "1 hour, 0 minutes, 0 seconds");
  assert.equal(remaining(59, "en"), "59 seconds");
});

test("a countdown is in the language of the page", () => {
  assert.equal(remaining(61, "de"), "1 Minute, 1 Sekunde");
});

test("the number of new updates takes the plural form of the language", () => {
  const polish = {
    one: "%(count)s nowy wpis",
    few: "%(count)s nowe wpisy",
    many: "%(count)s nowych wpisów",
    other: "?",
  };
  assert.equal(countText(1, polish, "pl"), "1 nowy wpis");
  assert.equal(countText(3, polish, "pl"), "3 nowe wpisy");
  assert.equal(countText(5, polish, "pl"), "5 nowych wpisów");
});

test("a language without the plural form gets the general one", () => {
  assert.equal(countText(1, { other: "%(count)s new" }, "en"), "1 new");
});

test("a time of today is shown without the day", () => {
  const now = new Date(2026, 2, 1, 18, 0);
  const at = new Date(2026, 2, 1, 8, 45, 9).getTime();
  assert.equal(plain(formatTime(at, { locale: "en-GB", now })), "08:45:09");
  assert.equal(plain(formatTime(at, { locale: "es", now })), "8:45:09");
});

test("a time of another day names the day", () => {
  const now = new Date(2026, 2, 2, 0, 5);
  const at = new Date(2026, 2, 1, 23, 55).getTime();
  assert.match(plain(formatTime(at, { locale: "en-GB", now })), /^1 Mar 2026, 23:55 GMT/);
});
