import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, placeAfter } from "passages/query";

test("an address leaves out what goes without saying", () => {
  const plain = [["count", "respondents"], ["show", "n"], ["by", "respondent_type"], ["children", "no"], ["children", "yes"], ["where", ""]];
  assert.equal(addressOf(plain).toString(), "");
});

test("of a box and its hidden twin the last counts", () => {
  assert.equal(addressOf([["children", "no"]]).toString(), "children=no");
});

test("several coders and values are kept", () => {
  const entries = [["count", "words"], ["coder", "a"], ["coder", "b"], ["where", "city:上海"], ["where", ""]];
  assert.deepEqual([...addressOf(entries)], [["count", "words"], ["coder", "a"], ["coder", "b"], ["where", "city:上海"]]);
});

test("arrows move to the next cell and stop at the edges", () => {
  const size = { rows: 3, columns: 4 };
  assert.deepEqual(placeAfter({ key: "ArrowDown" }, { row: 0, column: 2 }, size), { row: 1, column: 2 });
  assert.equal(placeAfter({ key: "ArrowUp" }, { row: 0, column: 2 }, size), null);
  assert.equal(placeAfter({ key: "ArrowRight" }, { row: 0, column: 3 }, size), null);
  assert.deepEqual(placeAfter({ key: "End" }, { row: 1, column: 0 }, size), { row: 1, column: 3 });
  assert.deepEqual(placeAfter({ key: "Home", ctrlKey: true }, { row: 2, column: 3 }, size), { row: 0, column: 0 });
  assert.equal(placeAfter({ key: "a" }, { row: 1, column: 1 }, size), null);
});
