import assert from "node:assert/strict";
import { test } from "node:test";
import { liesWithin, precedes, verdict } from "../../static/liveblog/frames.js";

/** @type {import("../../static/liveblog/frames.js").Change[]} */
const changes = [];

test("a frame that follows on the page is applied", () => {
  assert.equal(verdict({ revision: 43, after: 42, changes }, 42), "apply");
});

test("a frame that overlaps what the page shows is applied: frames carry states", () => {
  assert.equal(verdict({ revision: 43, after: 40, changes }, 42), "apply");
});

test("a frame of a revision that the page has reached is known", () => {
  assert.equal(verdict({ revision: 42, after: 41, changes }, 42), "known");
  assert.equal(verdict({ revision: 41, after: 40, changes }, 42), "known");
});

test("a frame after a gap leaves the page behind", () => {
  assert.equal(verdict({ revision: 50, after: 45, changes }, 42), "behind");
});

test("a heartbeat tells a page that it is behind, and says nothing to one that is not", () => {
  assert.equal(verdict({ revision: 43 }, 42), "behind");
  assert.equal(verdict({ revision: 42 }, 42), "known");
});

test("a page reloads if the server asks for it, whatever its revision", () => {
  assert.equal(verdict({ revision: 1, reload: true }, 42), "reload");
});

test("the greatest sort key stands first, unless the list ascends", () => {
  assert.ok(precedes("b", "a", false));
  assert.ok(!precedes("a", "b", false));
  assert.ok(precedes("a", "b", true));
  assert.ok(!precedes("a", "a", false) && !precedes("a", "a", true));
});

test("an open list takes every key", () => {
  assert.ok(liesWithin("z", ["c", "b"], {}));
  assert.ok(liesWithin("a", ["c", "b"], {}));
  assert.ok(liesWithin("a", [], {}));
});

test("a list that goes on before this page takes nothing before its first element", () => {
  assert.ok(!liesWithin("d", ["c", "a"], { closedStart: true }));
  assert.ok(liesWithin("b", ["c", "a"], { closedStart: true }));
});

test("a list that goes on after this page takes nothing after its last element", () => {
  assert.ok(!liesWithin("0", ["c", "a"], { closedEnd: true }));
  assert.ok(liesWithin("b", ["c", "a"], { closedEnd: true }));
});

test("an empty page between others takes nothing", () => {
  assert.ok(!liesWithin("b", [], { closedStart: true }));
  assert.ok(!liesWithin("b", [], { closedEnd: true }));
});

test("an ascending list is bounded the other way round", () => {
  assert.ok(!liesWithin("0", ["a", "c"], { ascending: true, closedStart: true }));
  assert.ok(!liesWithin("d", ["a", "c"], { ascending: true, closedEnd: true }));
  assert.ok(liesWithin("b", ["a", "c"], { ascending: true, closedStart: true, closedEnd: true }));
});
