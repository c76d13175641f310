// Updates are read in the order of the page; new, corrected and withdrawn updates are read or named before the rest.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ListeningQueue, pieces, voicesFor } from "../../static/liveblog/listening-queue.js";

/**
 * @param {string} sort
 * @param {object} [more]
 */
const entry = (sort, more = {}) => ({ id: `u${sort}`, sort, rank: 0, withdrawn: false, correction: "", ...more });

/** @param {...object} entries the newest first, as on the page */
function listening(...entries) {
  const queue = new ListeningQueue();
  queue.show(entries);
  return queue;
}

/** @param {ListeningQueue} queue */
function rest(queue) {
  const found = [];
  for (let item = queue.next(); item; item = queue.next()) found.push(item.what === "update" ? item.id : item);
  return found;
}

test("updates are read in the order of the page, from any of them on", () => {
  const queue = listening(entry("5"), entry("4"), entry("3"));
  assert.deepEqual(rest(queue), ["u5", "u4", "u3"]);
  assert.equal(queue.next(), null);
  assert.equal(queue.from("u4")?.id, "u4");
  assert.deepEqual(rest(queue), ["u3"]);
});

test("new updates are read next: breaking news, then key events, then the others in order of arrival", () => {
  const old = [entry("5"), entry("4")];
  const queue = listening(...old);
  assert.equal(queue.next()?.id, "u5");
  assert.equal(queue.show([entry("9", { rank: 1 }), entry("8", { rank: 2 }), entry("7"), entry("6"), ...old]), false);
  assert.deepEqual(rest(queue), ["u8", "u9", "u7", "u6", "u4"]);
});

test("a loaded page of older updates is not new, but a pinned update is", () => {
  const queue = listening(entry("5"), entry("4"));
  queue.next();
  queue.show([entry("5"), entry("4"), entry("3"), entry("2")]);
  assert.deepEqual(rest(queue), ["u4", "u3", "u2"]);
  queue.show([entry("pin-1"), entry("5"), entry("4"), entry("3"), entry("2")]);
  assert.deepEqual(rest(queue), ["upin-1"]);
});

test("a correction of a heard update is read, at once if the update is being read; other changes are not", () => {
  const queue = listening(entry("5"), entry("4"), entry("3"));
  queue.next();
  queue.next();
  assert.equal(queue.show([entry("5", { correction: "Nine." }), entry("4"), entry("3")]), false);
  assert.deepEqual(queue.next(), { id: "u5", what: "correction" });
  assert.equal(queue.show([entry("5", { correction: "Ten." }), entry("4"), entry("3", { correction: "No." })]), true);
  assert.deepEqual(rest(queue), [{ id: "u5", what: "correction" }, "u3"]);
});

test("a withdrawn update stops, is named if it was heard, and is skipped if it was not", () => {
  const queue = listening(entry("5"), entry("4"), entry("3"));
  queue.next();
  const withdrawn = { withdrawn: true };
  assert.equal(queue.show([entry("5", withdrawn), entry("4", withdrawn), entry("3")]), true);
  assert.deepEqual(rest(queue), [{ id: "u5", what: "withdrawal" }, "u3"]);
  assert.equal(queue.show([entry("5", withdrawn), entry("4", withdrawn)]), true);
});

test("a listener can go back and forth over read updates, except withdrawn ones", () => {
  const queue = listening(entry("5"), entry("4"), entry("3"));
  rest(queue);
  assert.equal(queue.previous()?.id, "u4");
  assert.equal(queue.previous()?.id, "u5");
  assert.equal(queue.previous()?.id, "u5");
  assert.equal(queue.next()?.id, "u4");
  queue.show([entry("5", { withdrawn: true }), entry("4"), entry("3")]);
  assert.equal(queue.previous()?.id, "u4");
});

test("texts are cut at sentences, words are never lost, and each piece is short", () => {
  const text = `${"The ministers met in Bucharest. ".repeat(20)}${"word ".repeat(200)}${"x".repeat(500)}`;
  const found = pieces([
    { lang: "en", text },
    { lang: "ar", text: "اجتمع الوزراء. وافقوا." },
  ]);
  assert.equal(found.filter(({ lang }) => lang === "ar").length, 1);
  assert.ok(found.every((piece) => piece.text.length <= 220));
  const joined = found.map((piece) => piece.text).join("");
  assert.equal(joined.replaceAll(/\s/g, ""), `${text}اجتمع الوزراء. وافقوا.`.replaceAll(/\s/g, ""));
  assert.equal(found[0]?.text.endsWith("."), true);
  assert.deepEqual(pieces([{ lang: "", text: "  " }]), []);
});

test("only voices of the device are used, those of the same region first", () => {
  const voice = (/** @type {string} */ lang, localService = true, isDefault = false) => ({
    lang,
    localService,
    default: isDefault,
  });
  const voices = [voice("en-US", true, true), voice("en_GB"), voice("de-DE"), voice("ar-SA", false)];
  assert.deepEqual(
    voicesFor(voices, "en-GB").map(({ lang }) => lang),
    ["en_GB", "en-US"],
  );
  assert.deepEqual(voicesFor(voices, "ar"), []);
});
