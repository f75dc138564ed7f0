import assert from "node:assert/strict";
import { test } from "node:test";

import { target } from "passages/carry";

test("a code that is let go on the chosen words goes to them, elsewhere to the sentence", () => {
  const sentenceAt = (point) => (point < 50 ? { start: 0, end: 50 } : null);
  const chosen = { start: 10, end: 20 };
  assert.equal(target(10, chosen, sentenceAt), chosen);
  assert.deepEqual(target(20, chosen, sentenceAt), { start: 0, end: 50 });
  assert.deepEqual(target(5, null, sentenceAt), { start: 0, end: 50 });
  assert.equal(target(60, chosen, sentenceAt), null);
});
