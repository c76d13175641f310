// The page stores one sort key for all updates that were read in order, and the keys of those read out of order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { liesWithin, precedes } from "../../static/liveblog/frames.js";
import { afterReading, isRead, parseVisit } from "../../static/liveblog/reading.js";
import { addressOf } from "../../static/liveblog/share.js";

const visit = { at: 0, upTo: "3", seen: [] };

test("updates of the last visit count as read, and no others", () => {
  assert.ok(isRead(visit, "3"));
  assert.ok(!isRead(visit, "4"));
});

test("updates read from the newest on stay read, and those below them stay new", () => {
  const shown = ["2", "3", "4", "5", "6"];
  const after = ["6", "5"].reduce((before, key) => afterReading(before, key, shown), visit);
  assert.equal(after.upTo, "3");
  assert.deepEqual(
    shown.filter((key) => !isRead(after, key)),
    ["4"],
  );
  assert.deepEqual(afterReading(after, "4", shown), { at: 0, upTo: "6", seen: [] });
});

test("a page that does not show the updates in between keeps the gap", () => {
  assert.deepEqual(afterReading(visit, "9", []), { at: 0, upTo: "3", seen: ["9"] });
});

test("a store with invalid content counts as empty", () => {
  for (const text of [null, "", "x", "[]", "{}", '{"at": "1", "upTo": "2"}']) assert.equal(parseVisit(text), null);
  assert.deepEqual(parseVisit('{"at": 1, "upTo": "2", "seen": ["3", 4]}'), { at: 1, upTo: "2", seen: ["3"] });
});

test("pinned updates are above all others, whatever the order of the list", () => {
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
