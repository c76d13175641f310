import assert from "node:assert/strict";
import { test } from "node:test";
import { agoText, dayText, momentText, timeZoneName } from "../../static/liveblog/moments.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const AFTERNOON = Date.parse("2022-12-01T14:05:00Z");

/** Replaces narrow spaces. @param {string} text */
const plain = (text) => text.replace(/[\u202f\u00a0]/g, " ");

/** @type {[language: string, expected: string][]} */
const MOMENTS = [
  ["en-GB", "1 Dec 2022, 16:05 GMT+2"],
  ["de", "1. Dez. 2022, 16:05 GMT+2"],
  ["fr", "1 déc. 2022, 16:05 UTC+2"],
  ["es", "1 dic 2022, 16:05 GMT+2"],
  ["pl", "1 gru 2022, 16:05 GMT+2"],
  ["ro", "1 dec. 2022, 16:05 GMT+2"],
  ["uk", "1 груд. 2022 р., 16:05 GMT+2"],
  ["ar", "1 ديسمبر 2022، 16:05 غرينتش\u200e+2"],
];

for (const [language, expected] of MOMENTS) {
  test(`a time in the reader's zone has the server's format: ${language}`, () => {
    assert.equal(plain(momentText(AFTERNOON, language, "Europe/Bucharest")), expected);
  });
}

test("a time has the offset of the zone at that time", () => {
  const morning = Date.parse("2026-11-01T05:30:00Z");
  assert.equal(momentText(morning, "en-GB", "America/New_York"), "1 Nov 2026, 01:30 GMT−4");
  assert.equal(momentText(morning + HOUR, "en-GB", "America/New_York"), "1 Nov 2026, 01:30 GMT−5");
  assert.equal(momentText(morning, "fr", "America/New_York"), "1 nov. 2026, 01:30 UTC−4");
  assert.equal(momentText(morning, "en-GB", "Asia/Kolkata"), "1 Nov 2026, 11:00 GMT+5:30");
  assert.equal(momentText(morning, "en-GB", "UTC"), "1 Nov 2026, 05:30 GMT");
});

test("midnight belongs to the new day", () => {
  assert.equal(momentText(Date.parse("2022-12-01T00:00:00Z"), "ar", "UTC"), "1 ديسمبر 2022، 00:00 غرينتش");
  assert.equal(momentText(Date.parse("2022-12-01T00:00:00Z"), "en-GB", "UTC"), "1 Dec 2022, 00:00 GMT");
});

test("the day depends on the zone", () => {
  assert.match(dayText(AFTERNOON, "en-GB", "Pacific/Auckland"), /^Friday,? 2 December 2022$/);
  assert.equal(dayText(AFTERNOON, "de", "Europe/Bucharest"), "Donnerstag, 1. Dezember 2022");
});

test("a zone is named in the language of the page", () => {
  assert.equal(timeZoneName("en-GB", "America/New_York"), "Eastern Time");
  assert.equal(timeZoneName("de", "Europe/Bucharest"), "Osteuropäische Zeit");
});

test("a relative time uses the largest unit that has passed", () => {
  /** @param {number} elapsed */
  const ago = (elapsed) => agoText(elapsed, "en-GB").text;
  assert.equal(ago(59 * SECOND), "now");
  assert.equal(ago(MINUTE), "1 min ago");
  assert.equal(ago(3 * MINUTE + 59 * SECOND), "3 min ago");
  assert.equal(ago(HOUR - 1), "59 min ago");
  assert.equal(ago(25 * HOUR), "1 day ago");
  assert.equal(ago(6 * DAY), "6 days ago");
  assert.equal(ago(4 * 365.25 * DAY), "4 years ago");
});

test("a relative time is in the language of the page, with its plural", () => {
  assert.equal(agoText(3 * MINUTE, "de").text, "vor 3 Min.");
  assert.equal(agoText(3 * DAY, "uk").text, "3 дні тому");
  assert.equal(agoText(2 * DAY, "ar").text, "قبل يومين");
  assert.equal(agoText(5 * MINUTE, "ar").text, "قبل 5 دقائق");
  assert.equal(agoText(5 * DAY, "fr").text, "il y a 5 jours");
});

test("a relative time knows when its text changes next", () => {
  for (const elapsed of [0, 59 * SECOND, MINUTE, 3.5 * MINUTE, HOUR - 1, HOUR, 23.5 * HOUR, 29 * DAY, 400 * DAY]) {
    const { text, wait } = agoText(elapsed, "en-GB");
    assert.ok(wait > 0);
    assert.equal(agoText(elapsed + wait - 1, "en-GB").text, text, `${elapsed}`);
    assert.notEqual(agoText(elapsed + wait, "en-GB").text, text, `${elapsed}`);
  }
});

test("a relative time is now if the clock is a little slow, and empty if it is wrong", () => {
  assert.equal(agoText(-5 * SECOND, "en-GB").text, "now");
  assert.equal(agoText(-2 * HOUR, "en-GB").text, "");
  assert.equal(agoText(-2 * HOUR, "en-GB").wait, 2 * HOUR - MINUTE);
});
