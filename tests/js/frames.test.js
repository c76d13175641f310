import assert from "node:assert/strict";
import { test } from "node:test";
import { liesWithin, precedes, verdict } from "../../static/liveblog/frames.js";

/** @type {import("../../static/liveblog/frames.js").Change[]} */
const changes = [];

const at42 = { revision: 42, token: "here0000" };
const now = { revision: 43, token: "now00000" };

test("a frame that continues the state of the page is applied", () => {
  assert.equal(verdict({ ...now, after: 42, after_token: "here0000", changes }, at42), "apply");
});

test("a frame that continues another state of the same revision means that history went back", () => {
  assert.equal(verdict({ ...now, after: 42, after_token: "there000", changes }, at42), "reload");
});

test("a frame that begins before the page may be of another history: the page asks", () => {
  assert.equal(verdict({ ...now, after: 40, after_token: "past0000", changes }, at42), "behind");
});

test("a frame of a state that the page has reached is known", () => {
  const after = { after: 40, after_token: "past0000" };
  assert.equal(verdict({ ...at42, ...after, changes }, at42), "known");
  assert.equal(verdict({ revision: 41, token: "past0001", ...after, changes }, at42), "known");
});

test("a frame after a gap leaves the page behind", () => {
  assert.equal(
    verdict({ revision: 50, token: "now00000", after: 45, after_token: "gap00000", changes }, at42),
    "behind",
  );
});

test("a heartbeat tells a page that it is behind, and has no effect on an up-to-date page", () => {
  assert.equal(verdict(now, at42), "behind");
  assert.equal(verdict(at42, at42), "known");
});

test("a heartbeat of another history makes the page reload", () => {
  assert.equal(verdict({ revision: 42, token: "there000" }, at42), "reload");
});

test("a page reloads if the server asks for it, whatever its revision", () => {
  assert.equal(verdict({ revision: 1, token: "past0000", reload: true }, at42), "reload");
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
