import assert from "node:assert/strict";
import { test } from "node:test";
import { doubling, fullJitter } from "../../static/liveblog/backoff.js";

test("a pause doubles with each failure and stays below its cap", () => {
  const pauses = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => doubling(failures));
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test("the pause before the first failure is the first pause", () => {
  assert.equal(doubling(0), 1000);
});

test("jitter spreads pages over the whole pause", () => {
  assert.equal(fullJitter(3, { random: () => 0 }), 0);
  assert.equal(fullJitter(3, { random: () => 0.5 }), 2000);
  assert.equal(fullJitter(99, { random: () => 1, cap: 15_000 }), 15_000);
});

test("jitter is random by default", () => {
  const pauses = new Set(Array.from({ length: 20 }, () => fullJitter(5)));
  assert.ok(pauses.size > 1);
  for (const pause of pauses) assert.ok(pause >= 0 && pause <= 16_000);
});
