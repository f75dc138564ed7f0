import assert from "node:assert/strict";
import { test } from "node:test";

import { matching } from "passages/tree";

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
