import assert from "node:assert/strict";
import { test } from "node:test";
import { matches } from "passages/filter";

test("all words must occur, in any order", () => {
  assert.ok(matches("RET01 Wenbo Suzhou", "suzhou ret"));
  assert.ok(!matches("RET01 Wenbo Suzhou", "suzhou mig"));
});

test("case and accents do not matter, Chinese does", () => {
  assert.ok(matches("Émigré 国伟", "emigre 国"));
  assert.ok(!matches("Émigré 国伟", "老"));
});

test("an empty query lets everything through", () => {
  assert.ok(matches("anything", "  "));
});
