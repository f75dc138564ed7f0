import assert from "node:assert/strict";
import { test } from "node:test";

import { remedies, standing } from "passages/refusals";

const apply = { id: "a", do: "apply", start: 1, end: 5, code: 2 };
const here = { here: true, current: true };

test("each kind of refusal has its ways out, and every one can be let go", () => {
  assert.deepEqual(remedies({ why: "retired" }, apply, here), ["choose", "place", "again", "dismiss"]);
  assert.deepEqual(remedies({ why: "edited", near: [3, 9] }, apply, { here: true }), ["place", "dismiss"]);
  assert.deepEqual(remedies({ why: "edited" }, apply, { here: true }), ["dismiss"]);
  assert.deepEqual(remedies({ why: "role" }, { id: "b", do: "withdraw" }, here), ["again", "dismiss"]);
  assert.deepEqual(remedies({ why: "retired" }, apply, {}), ["again", "dismiss"]); // of another transcript
});

test("what only took back a refused change is not told, all else is", () => {
  const entries = [
    { seq: 1, change: apply },
    { seq: 2, change: { id: "b", do: "undo", target: "a" } },
    { seq: 3, change: { id: "c", do: "resize", target: "a" } },
    { seq: 4, change: { id: "d", do: "undo", target: "other" } },
  ];
  const { shown, moot } = standing(entries);
  assert.deepEqual([shown.map(({ seq }) => seq), moot.map(({ seq }) => seq)], [[1, 3, 4], [2]]);
});
