import assert from "node:assert/strict";
import { test } from "node:test";
import { formOf } from "../../static/desk/drafts.js";
import { groupByName, sameFields, withoutFields } from "../../static/desk/fields.js";
import { distinctPeople } from "../../static/desk/presence.js";
import { Forbidden, LoggedOut, problemsOf } from "../../static/desk/requests.js";

/** @import { Field } from "../../static/desk/fields.js" */

/** @type {Field[]} */
const FIELDS = [
  ["key", "1"],
  ["headline", "Talks"],
  ["authors", "3"],
  ["authors", "5"],
];
const MESSAGES = { failed: "It failed.", loggedOut: "Log in.", forbidden: "You may not." };

test("values are grouped by the name of their field", () => {
  assert.deepEqual(groupByName(FIELDS).get("authors"), ["3", "5"]);
  assert.equal(groupByName(FIELDS).get("body"), undefined);
});

test("fields can be left out by name", () => {
  assert.deepEqual(withoutFields(FIELDS, ["authors", "key"]), [["headline", "Talks"]]);
});

test("two forms are equal if only their keys differ", () => {
  assert.ok(sameFields(FIELDS, [["key", "2"], ...withoutFields(FIELDS, ["key"])]));
  assert.ok(!sameFields(FIELDS, [...FIELDS, ["body", "<p>a</p>"]]));
});

test("the key of a draft names its form", () => {
  assert.equal(formOf("12/3/update-7/0b1c"), "update-7");
  assert.equal(formOf("12/3/new/0b1c"), "new");
});

test("a user with two windows is listed once, and is busy if one window is", () => {
  const people = [
    { person: 1, name: "Ana", at: "update-7", me: false },
    { person: 1, name: "Ana", at: "", me: false },
    { person: 2, name: "Ana", at: "", me: true },
  ];
  assert.deepEqual(distinctPeople(people), [
    { name: "Ana", me: false, busy: true },
    { name: "Ana", me: true, busy: false },
  ]);
});

/** @param {number} status @param {any} [json] */
const answer = (status, json = null) => Promise.resolve({ status, json, html: "" });

test("a successful request has no problems", async () => {
  assert.deepEqual(await problemsOf(answer(200), MESSAGES), []);
});

test("a refused request shows the server's messages", async () => {
  const errors = { body: ["Write something."], headline: ["Too long.", "No question mark."] };
  assert.deepEqual(await problemsOf(answer(422, { errors }), MESSAGES), [
    "Write something.",
    "Too long.",
    "No question mark.",
  ]);
});

test("a server that sends no message or cannot be reached has failed", async () => {
  assert.deepEqual(await problemsOf(answer(500), MESSAGES), ["It failed."]);
  assert.deepEqual(await problemsOf(Promise.reject(new TypeError("no network")), MESSAGES), ["It failed."]);
});

test("users are told that they are logged out, or that they lack the right", async () => {
  assert.deepEqual(await problemsOf(Promise.reject(new LoggedOut()), MESSAGES), ["Log in."]);
  assert.deepEqual(await problemsOf(Promise.reject(new Forbidden()), MESSAGES), ["You may not."]);
});
