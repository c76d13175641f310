import assert from "node:assert/strict";
import test from "node:test";
import { clockTime, isoOffset, momentsAt } from "../../static/liveblog/moment-inputs.js";

/**
 * @param {string} local
 * @param {string} zone
 */
const offsets = (local, zone) => momentsAt(local, zone).map((moment) => isoOffset(moment, zone));

test("a repeated time has two moments, the earlier first", () => {
  assert.deepEqual(offsets("2026-11-01T01:30", "America/New_York"), ["-04:00", "-05:00"]);
  assert.deepEqual(offsets("2026-10-25T03:00", "Europe/Bucharest"), ["+03:00", "+02:00"]);
  assert.deepEqual(offsets("2026-04-05T01:45", "Australia/Lord_Howe"), ["+11:00", "+10:30"]);
  const [first, second] = momentsAt("2026-11-01T01:30", "America/New_York");
  assert.equal(new Date(first).toISOString(), "2026-11-01T05:30:00.000Z");
  assert.equal(second - first, 3_600_000);
});

test("a skipped time has none, and any other time has one", () => {
  assert.deepEqual(offsets("2026-03-08T02:30", "America/New_York"), []);
  assert.deepEqual(offsets("2026-03-08T03:00", "America/New_York"), ["-04:00"]);
  assert.deepEqual(offsets("2026-11-01T02:00", "America/New_York"), ["-05:00"]);
  assert.deepEqual(offsets("2026-07-01T12:00", "Asia/Kathmandu"), ["+05:45"]);
  assert.deepEqual(offsets("2026-07-01T12:00", "UTC"), ["+00:00"]);
});

test("an invalid time has no moments", () => {
  for (const written of ["", "soon", "2026-02-31T10:00:00:00"]) assert.deepEqual(momentsAt(written, "UTC"), []);
});

// The pattern in liveblog/moments/local_time.py.
const PATTERN = String.raw`\s*([0-9٠-٩۰-۹]{1,2})(?:\s*[:.,hH٫：]\s*([0-9٠-٩۰-۹]{2})?|([0-9٠-٩۰-۹]{2}))?\s*`;

test("a time is read as the server reads it", () => {
  const read = { "9:05": "09:05", "0905": "09:05", 905: "09:05", 16.52: "16:52", "16h": "16:00", " 9 ": "09:00" };
  const arabic = { "٩:٠٥": "09:05", "۱۶٫۵۲": "16:52" };
  for (const [text, time] of Object.entries({ ...read, ...arabic })) assert.equal(clockTime(text, PATTERN), time);
  for (const text of ["", "24:00", "9:60", "9:5", "4:52 pm", "soon", "12345"])
    assert.equal(clockTime(text, PATTERN), "");
});
