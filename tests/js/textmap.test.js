import assert from "node:assert/strict";
import { test } from "node:test";

import { codePoints, lastAtMost, toPoints, toUnits } from "passages/textmap";

const SIGNS = ["a", "国", "𬭎", "🙂", "👩🏽‍💻", " ", "\n", "é", "\ud83d", "\ude42"];
let seed = 7;
const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
const anyText = () => Array.from({ length: random(40) }, () => SIGNS[random(SIGNS.length)]).join("");

test("an emoji, a rare sign and a Chinese one are as many code points as Python says", () => {
  assert.equal(codePoints("a国𬭎🙂"), 4);
  assert.equal(codePoints("👩🏽‍💻"), 4);
  assert.equal(codePoints(""), 0);
});

test("a lone surrogate counts as one", () => {
  assert.equal(codePoints("\ud83d"), 1);
  assert.equal(codePoints("\ude42x\ud83d"), 3);
});

test("positions go to units and back, whatever the text", () => {
  for (let round = 0; round < 500; round += 1) {
    const text = anyText();
    const points = Array.from(text);
    assert.equal(codePoints(text), points.length);
    for (let n = 0; n <= points.length; n += 1) {
      const unit = points.slice(0, n).join("").length;
      assert.equal(toUnits(text, n), unit, JSON.stringify([text, n]));
      // Where a lone half stands before the place, it cannot be told from a pair that is cut.
      if (!/[\ud800-\udbff]$/.test(text.slice(0, unit))) assert.equal(toPoints(text, unit), n, JSON.stringify([text, n]));
    }
  }
});

test("a place inside a pair counts as before it, one beyond the end as the end", () => {
  assert.equal(toPoints("a🙂b", 2), 1);
  assert.equal(toPoints("a🙂b", 99), 3);
  assert.equal(toUnits("a🙂b", 99), 4);
});

test("the last item at most a value is found as by looking at each", () => {
  for (let round = 0; round < 200; round += 1) {
    const items = Array.from({ length: random(12) }, () => random(20)).sort((a, b) => a - b);
    for (let value = -1; value < 22; value += 1)
      assert.equal(lastAtMost(items, value, (item) => item), items.findLastIndex((item) => item <= value));
  }
});
