import assert from "node:assert/strict";
import { test } from "node:test";

import { hitsIn, searchable } from "passages/find";

const find = (text, wanted) => hitsIn(searchable(text), wanted).map(([start, end]) => Array.from(text).slice(start, end).join(""));

test("a search overlooks case, width and the amount of white space", () => {
  assert.deepEqual(find("The CAR  park, the ｃａｒ park.", "Car Park"), ["CAR  park", "ｃａｒ park"]);
});

test("positions count code points, before and after signs of two units", () => {
  assert.deepEqual(hitsIn(searchable("👩🏽‍💻 老𬭎 went"), "𬭎"), [[6, 7]]);
  assert.deepEqual(find("老𬭎和老𬭎", "老𬭎"), ["老𬭎", "老𬭎"]);
});

test("one sign that is several when searched is found whole", () => {
  assert.deepEqual(find("a ﬁne ㍿", "fine"), ["ﬁne"]);
  assert.deepEqual(find("㍿ here", "株式会社"), ["㍿"]);
});

test("nothing is found of nothing", () => {
  assert.deepEqual(find("words", "  "), []);
  assert.deepEqual(find("", "word"), []);
});

test("accents are the same, composed or with marks of their own", () => {
  assert.deepEqual(find("Le cafe\u0301 ferme\u0301.", "café"), ["cafe\u0301"]);
  assert.deepEqual(find("Le café fermé.", "cafe\u0301 f"), ["café f"]);
  assert.deepEqual(find("\u1112\u1161\u11ab 한", "한"), ["\u1112\u1161\u11ab", "한"]);
});
