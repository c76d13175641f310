// The page keeps one sort key for everything that was read in order, and the keys that were read out of turn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { liesWithin, precedes } from "../../static/liveblog/frames.js";
import { afterReading, isRead, parseVisit } from "../../static/liveblog/reading.js";
import { addressOf } from "../../static/liveblog/share.js";

const visit = { at: 0, upTo: "3", seen: [] };

test("what was there at the last visit is read, and nothing else", () => {
  assert.ok(isRead(visit, "3"));
  assert.ok(!isRead(visit, "4"));
});

test("updates that are read from the newest on are not new again, and those below them still are", () => {
  const shown = ["2", "3", "4", "5", "6"];
  const after = ["6", "5"].reduce((before, key) => afterReading(before, key, shown), visit);
  assert.equal(after.upTo, "3");
  assert.deepEqual(
    shown.filter((key) => !isRead(after, key)),
    ["4"],
  );
  assert.deepEqual(afterReading(after, "4", shown), { at: 0, upTo: "6", seen: [] });
});

test("a page that does not show what lies between keeps the gap", () => {
  assert.deepEqual(afterReading(visit, "9", []), { at: 0, upTo: "3", seen: ["9"] });
});

test("a store with anything else in it counts as empty", () => {
  for (const text of [null, "", "x", "[]", "{}", '{"at": "1", "upTo": "2"}']) assert.equal(parseVisit(text), null);
  assert.deepEqual(parseVisit('{"at": 1, "upTo": "2", "seen": ["3", 4]}'), { at: 1, upTo: "2", seen: ["3"] });
});

test("pinned updates stand above all others, whichever way the list runs", () => {
  for (const ascending of [true, false]) {
    assert.ok(precedes("pin00001-1", "2", ascending));
    assert.ok(!precedes("2", "pin00001-1", ascending));
  }
  assert.ok(precedes("1", "2", true));
  assert.ok(liesWithin("pin1", { ascending: "", below: "5" }));
  assert.ok(!liesWithin("pin1", { ascending: "", above: "1" }));
});

test("links to networks carry the address and the headline, and nothing about the reader", () => {
  assert.equal(addressOf("https://a.example/?u={url}&t={text}", "B", "C"), "https://a.example/?u=B&t=C");
});
