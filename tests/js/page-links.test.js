import assert from "node:assert/strict";
import { test } from "node:test";
import { turned } from "../../static/liveblog/page-links.js";

const address = (/** @type {string} */ query) => `https://example.org/ar/live/summit/${query}#updates`;
const shown = [
  { id: "update-12", sort: "3" },
  { id: "update-40", sort: "2" },
  { id: "update-7", sort: "1" },
];

test("the next page starts at the present end of this page", () => {
  assert.deepEqual(turned(address("?before=8"), shown), { address: address("?before=7"), end: shown[2] });
  assert.deepEqual(turned(address("?after=11&key=1"), shown), { address: address("?after=12&key=1"), end: shown[0] });
  assert.equal(turned(address("?before=8"), shown.toReversed()).address, address("?before=7"));
});

test("an emptied page keeps its link to the next page", () => {
  assert.deepEqual(turned(address("?before=8"), []), { address: address("?before=8"), end: undefined });
  assert.deepEqual(turned(address(""), shown), { address: address(""), end: undefined });
});
