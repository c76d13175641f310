import assert from "node:assert/strict";
import { test } from "node:test";
import { nextIndex } from "../../static/articles/language-tabs.js";
import { heightIn } from "../../static/liveblog/embeds.js";
import { load, store } from "../../static/liveblog/storage.js";
import { letterOf } from "../../static/moderation/keys.js";

test("arrow keys move through the tabs in the direction of the page", () => {
  assert.equal(nextIndex("ArrowRight", 0, 3, false), 1);
  assert.equal(nextIndex("ArrowRight", 2, 3, false), 0);
  assert.equal(nextIndex("ArrowLeft", 0, 3, false), 2);
  assert.equal(nextIndex("ArrowLeft", 0, 3, true), 1);
  assert.equal(nextIndex("Home", 2, 3, false), 0);
  assert.equal(nextIndex("End", 0, 3, true), 2);
  assert.equal(nextIndex("a", 0, 3, false), undefined);
});

test("a shortcut of the queue works by its Latin letter on every keyboard", () => {
  assert.equal(letterOf({ key: "A", code: "KeyA" }), "a");
  assert.equal(letterOf({ key: "ф", code: "KeyA" }), "a");
  assert.equal(letterOf({ key: "ش", code: "KeyA" }), "a");
  // A French keyboard has the letter A where others have Q.
  assert.equal(letterOf({ key: "a", code: "KeyQ" }), "a");
  assert.equal(letterOf({ key: "Escape", code: "Escape" }), "escape");
  assert.equal(letterOf({ key: "/", code: "Slash" }), "/");
});

test("a sign that is a shortcut works where another alphabet has a letter", () => {
  assert.equal(letterOf({ key: "و", code: "Comma" }), ",");
  assert.equal(letterOf({ key: "≤", code: "Comma" }), ",");
  assert.equal(letterOf({ key: "ظ", code: "Slash" }), "/");
  assert.equal(letterOf({ key: "؟", code: "Slash", shiftKey: true }), "?");
  assert.equal(letterOf({ key: "?", code: "Minus", shiftKey: true }), "?");
  // A French keyboard has the comma where others have M.
  assert.equal(letterOf({ key: ",", code: "KeyM" }), ",");
  // A Ukrainian keyboard writes a full stop there.
  assert.equal(letterOf({ key: ".", code: "Slash" }), ".");
});

test("an embed reports its height in one of several formats, or not at all", () => {
  assert.equal(heightIn({ height: 320 }), 320);
  assert.equal(heightIn({ "datawrapper-height": { abc: 415 } }), 415);
  for (const data of [null, "320", undefined, {}]) assert.ok(Number.isNaN(heightIn(data)));
});

test("the page works in a browser that stores nothing", () => {
  const refuse = () => {
    throw new DOMException("", "SecurityError");
  };
  Object.defineProperty(globalThis, "localStorage", { get: refuse, configurable: true });
  store("name", "value");
  assert.equal(load("name"), null);
});
