// Tools read a tag of JSDoc only at the beginning of a line.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const STATIC = new URL("../../static/", import.meta.url).pathname;
const INSIDE = /^\s*\* .*\s@(param|returns|throws|template|type|typedef|property|example)\b/;

test("each tag of a comment with several lines has a line of its own", () => {
  const files = readdirSync(STATIC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  assert.ok(files.length > 0);
  for (const name of files) {
    const lines = readFileSync(join(STATIC, name), "utf8").split("\n");
    assert.deepEqual(
      lines.filter((line) => INSIDE.test(line)),
      [],
      name,
    );
  }
});
