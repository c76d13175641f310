import assert from "node:assert/strict";
import { test } from "node:test";
import { filled } from "../../static/liveblog/messages.js";

test("a placeholder is replaced by values, which are not patterns", () => {
  assert.equal(filled("Reviewed by %(name)s now", "%(name)s", "$&", "$`").join(""), "Reviewed by $&$` now");
  assert.deepEqual(filled("{name} is writing", "{name}", "Ann"), ["", "Ann", " is writing"]);
});
