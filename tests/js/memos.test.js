import assert from "node:assert/strict";
import { test } from "node:test";

import { insert, labelOf, linkTo } from "passages/memos";

test("a label is one line in which nothing means anything to Markdown", () => {
  assert.equal(labelOf("Team\n return  [a](b) *x* <i>"), "Team return \\[a\\](b) \\*x\\* \\<i\\>");
  assert.equal(labelOf("老𬭎和我"), "老𬭎和我");
});

test("a long label is cut by signs, not in the middle of one", () => {
  assert.equal(labelOf("🙂".repeat(100), 5), "🙂🙂🙂🙂…");
});

test("a link has its label and its address", () => {
  assert.equal(linkTo("A_b", "/studies/x/codebook/?code=3"), "[A\\_b](/studies/x/codebook/?code=3)");
});

test("what is inserted stands apart from words, not from stops", () => {
  assert.deepEqual(insert("see here.", 8, 8, "[x](y)"), { value: "see here [x](y).", caret: 15 });
  assert.deepEqual(insert("", 0, 0, "[x](y)"), { value: "[x](y)", caret: 6 });
  assert.deepEqual(insert("a b", 2, 3, "L"), { value: "a L", caret: 3 });
  assert.deepEqual(insert("ab", 1, 1, "L"), { value: "a L b", caret: 4 });
});
