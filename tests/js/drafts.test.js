// A draft is released after its last change, and not changed after it is released: it may belong to another page then.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Draft } from "../../static/desk/drafts.js";

const CONTENT = { fields: [], pictures: [], address: "", at: 0 };
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** @type {string[]} */
const begun = [];
/** @type {EventTarget[]} */
let transactions = [];

/** Return a request that succeeds as soon as somebody listens. */
function opening() {
  const request = Object.assign(new EventTarget(), { result: { transaction } });
  setImmediate(() => request.dispatchEvent(new Event("success")));
  return request;
}

function transaction() {
  const made = Object.assign(new EventTarget(), {
    objectStore: () => ({ put: () => begun.push("put"), delete: () => begun.push("delete") }),
  });
  transactions.push(made);
  return made;
}

function complete() {
  for (const each of transactions) each.dispatchEvent(new Event("complete"));
  transactions = [];
}

Object.assign(globalThis, { indexedDB: { open: opening } });

test("a draft is released once its last change is stored", async () => {
  let isFree = false;
  const draft = new Draft("1/2/new/3", () => {
    isFree = true;
  });
  draft.save(CONTENT);
  draft.release();
  await turn();
  await turn();
  assert.deepEqual([begun.splice(0), isFree], [["put"], false]);
  complete();
  await turn();
  assert.ok(isFree);
});

test("a draft that is released is not changed any more", async () => {
  const draft = new Draft("1/2/new/3", () => {});
  await draft.release();
  await draft.save(CONTENT);
  await draft.discard();
  assert.deepEqual(begun, []);
});
