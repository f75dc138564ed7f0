import assert from "node:assert/strict";
import { test } from "node:test";
import { following } from "passages/turns";

test("turns go on in turn after the one that was changed", () => {
  assert.deepEqual(following("1", 3, "2"), ["2", "1", "2"]);
  assert.deepEqual(following("2", 2, "2"), ["1", "2"]);
});

test("after a turn of nobody, they go on after the one above it", () => {
  assert.deepEqual(following("", 2, "1"), ["2", "1"]);
  assert.deepEqual(following("", 2, ""), ["1", "2"]);
});

test("nothing follows the last", () => assert.deepEqual(following("1", 0, ""), []));
