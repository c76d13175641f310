import assert from "node:assert/strict";
import { test } from "node:test";
import { liesWithin, precedes, turned, verdict } from "../../static/liveblog/frames.js";

/** @type {import("../../static/liveblog/frames.js").Change[]} */
const changes = [];

test("a page applies the frame that follows its revision", () => {
  assert.equal(verdict({ revision: 43, after: 42, changes }, 42), "apply");
});

test("a page applies a frame that overlaps its revision, because frames carry states", () => {
  assert.equal(verdict({ revision: 43, after: 40, changes }, 42), "apply");
});

test("a page ignores a frame of a revision that it has reached", () => {
  assert.equal(verdict({ revision: 42, after: 41, changes }, 42), "known");
  assert.equal(verdict({ revision: 41, after: 40, changes }, 42), "known");
});

test("a frame after a gap leaves the page behind", () => {
  assert.equal(verdict({ revision: 50, after: 45, changes }, 42), "behind");
});

test("a heartbeat tells a page only if the page is behind", () => {
  assert.equal(verdict({ revision: 43 }, 42), "behind");
  assert.equal(verdict({ revision: 42 }, 42), "known");
});

test("a page of any revision reloads if the server asks for it", () => {
  assert.equal(verdict({ revision: 1, reload: true }, 42), "reload");
});

test("the greatest sort key comes first, unless the list ascends", () => {
  assert.ok(precedes("b", "a", false));
  assert.ok(!precedes("a", "b", false));
  assert.ok(precedes("a", "b", true));
  assert.ok(!precedes("a", "a", false) && !precedes("a", "a", true));
});

test("an open list accepts every key", () => {
  assert.ok(liesWithin("z", {}));
});

test("a page accepts updates between its neighbours, but none of theirs", () => {
  const bounds = { above: "b", below: "d" };
  assert.ok(liesWithin("c", bounds) && liesWithin("b1", bounds));
  for (const sort of ["a", "b", "d", "d1", "pin00001-c"]) assert.ok(!liesWithin(sort, bounds), sort);
});

test("a page that is open on one side is bounded on the other", () => {
  assert.ok(liesWithin("pin00001-a", { above: "b" }) && !liesWithin("a", { above: "b" }));
  assert.ok(liesWithin("a", { below: "b" }) && !liesWithin("c", { below: "b" }));
});

const address = (/** @type {string} */ query) => `https://example.org/ar/live/summit/${query}#updates`;
const shown = [
  { id: "update-12", sort: "3" },
  { id: "update-40", sort: "2" },
  { id: "update-7", sort: "1" },
];

test("the next page starts at the present end of this one", () => {
  assert.deepEqual(turned(address("?before=8"), shown), { address: address("?before=7"), end: shown[2] });
  assert.deepEqual(turned(address("?after=11&key=1"), shown), { address: address("?after=12&key=1"), end: shown[0] });
  assert.equal(turned(address("?before=8"), shown.toReversed()).address, address("?before=7"));
});

test("an emptied page keeps its link to the next page", () => {
  assert.deepEqual(turned(address("?before=8"), []), { address: address("?before=8"), end: undefined });
  assert.deepEqual(turned(address(""), shown), { address: address(""), end: undefined });
});
