import assert from "node:assert/strict";
import { test } from "node:test";
import { moved } from "passages/grid";

test("arrows move by one cell and stay within the table", () => {
  assert.deepEqual(moved("ArrowDown", [0, 1], [2, 3]), [1, 1]);
  assert.deepEqual(moved("ArrowLeft", [0, 1], [2, 3]), [0, 0]);
  assert.equal(moved("ArrowUp", [0, 1], [2, 3]), null);
  assert.equal(moved("ArrowRight", [0, 2], [2, 3]), null);
});

test("Home and End go to the ends of a row, with Control to those of the table", () => {
  assert.deepEqual(moved("Home", [1, 1], [2, 3]), [1, 0]);
  assert.deepEqual(moved("End", [0, 1], [2, 3], true), [1, 2]);
});

test("other keys lead nowhere", () => assert.equal(moved("a", [0, 0], [2, 2]), null));
