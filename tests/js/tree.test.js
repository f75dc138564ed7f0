import assert from "node:assert/strict";
import { test } from "node:test";

import { placeAt } from "passages/dragging";
import { between } from "passages/recoding";
import { matching, unfolded } from "passages/tree";

const ROWS = [
  { id: "1", parent: "", text: "Ties\nBetween people" },
  { id: "2", parent: "1", text: "Trust\nTo rely on" },
  { id: "3", parent: "2", text: "老𬭎\n" },
  { id: "4", parent: "", text: "Work\nWhat one TRUSTS" },
];

test("codes are found by name or definition, with all above them", () => {
  assert.deepEqual([...matching(ROWS, " trust ")].sort(), ["1", "2", "4"]);
  assert.deepEqual([...matching(ROWS, "𬭎")].sort(), ["1", "2", "3"]);
});

test("nothing asked for shows everything, nothing found shows nothing", () => {
  assert.equal(matching(ROWS, "").size, 4);
  assert.equal(matching(ROWS, "xyz").size, 0);
});

test("what stands under a closed row is not shown, however deep", () => {
  assert.deepEqual([...unfolded(ROWS, new Set(["1"]))], ["1", "4"]);
  assert.deepEqual([...unfolded(ROWS, new Set(["2"]))], ["1", "2", "4"]);
  assert.equal(unfolded(ROWS, new Set()).size, 4);
});

test("the upper quarter of a row is before it, the lower one after it, the rest into it", () => {
  const row = { top: 100, height: 32 };
  assert.deepEqual([101, 107, 109, 123, 125].map((y) => placeAt(y, row)), ["before", "before", "into", "into", "after"]);
});

test("what lies between two is the same from either end", () => {
  assert.deepEqual(between(["a", "b", "c", "d"], "c", "a"), ["a", "b", "c"]);
  assert.deepEqual(between(["a", "b"], "b", "b"), ["b"]);
});
