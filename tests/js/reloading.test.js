// A live page reloads itself twice at once, and then seldom, also in a browser that stores nothing.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { reloadPage } from "../../static/liveblog/reloading.js";

const PAGE = "https://example.org/en/live/summit/";
const STATE = { revision: 7, token: "abc" };

/** @type {string[]} */
let requested;

/** @param {string} href */
function open(href) {
  const location = {
    href,
    pathname: new URL(href).pathname,
    reload: () => requested.push(href),
    replace: (/** @type {URL} */ address) => requested.push(String(address)),
  };
  Object.assign(globalThis, { location });
  Object.defineProperty(performance, "timeOrigin", { value: Date.now(), configurable: true });
}

/** Reload the page as often as its state asks for, for two minutes. */
function passTime() {
  for (let seconds = 0; seconds < 120; seconds += 2.5) {
    const before = requested.length;
    reloadPage(STATE);
    mock.timers.tick(2500);
    const [address] = requested.slice(before);
    if (address) open(address);
  }
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1e12 });
  requested = [];
});

test("the second reload bypasses caches, and the next ones wait", () => {
  /** @type {Map<string, string>} */
  const stored = new Map();
  const sessionStorage = {
    getItem: (/** @type {string} */ name) => stored.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => stored.set(name, value),
  };
  Object.defineProperty(globalThis, "sessionStorage", { value: sessionStorage, configurable: true });
  open(PAGE);
  reloadPage(STATE);
  mock.timers.tick(2500);
  reloadPage(STATE);
  mock.timers.tick(2500);
  assert.deepEqual(
    requested.map((address) => new URL(address).searchParams.has("fresh")),
    [false, true],
  );
  reloadPage(STATE);
  mock.timers.tick(50_000);
  assert.equal(requested.length, 2);
  mock.timers.tick(12_500);
  assert.equal(requested.length, 3);
});

test("a browser that stores nothing does not reload a page without end", () => {
  const get = () => {
    throw new DOMException("", "SecurityError");
  };
  Object.defineProperty(globalThis, "sessionStorage", { get, configurable: true });
  open(PAGE);
  passTime();
  assert.ok(requested.length >= 2 && requested.length <= 5, String(requested.length));
  assert.ok(requested.some((address) => new URL(address).searchParams.has("fresh")));
});
