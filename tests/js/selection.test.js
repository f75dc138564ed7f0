import assert from "node:assert/strict";
import { test } from "node:test";

import { step, units } from "passages/selection";

const cut = (text, pairs) => pairs.map(([start, end]) => Array.from(text).slice(start, end).join(""));

test("English words and sentences are found, without what is between them", () => {
  const text = "We went back. Together, in 1998!";
  assert.deepEqual(cut(text, units(text, "en", "word")), ["We", "went", "back", "Together", "in", "1998"]);
  assert.deepEqual(cut(text, units(text, "en", "sentence")), ["We went back.", "Together, in 1998!"]);
});

test("Chinese words and sentences are found", () => {
  const text = "研究者回国。我们一起！";
  const words = cut(text, units(text, "zh-Hans", "word"));
  assert.equal(words.join(""), "研究者回国我们一起");
  assert.ok(words.length < 9 && words.includes("我们"));
  assert.deepEqual(cut(text, units(text, "zh-Hans", "sentence")), ["研究者回国。", "我们一起！"]);
});

test("positions are code points, also after emoji and rare signs", () => {
  const text = "🙂 老𬭎 said 👩🏽‍💻 hello";
  const words = cut(text, units(text, "en", "word"));
  assert.ok(words.includes("said") && words.includes("hello"));
  assert.ok(words.join("").includes("老𬭎"));
});

const WORDS = [[0, 2], [3, 7], [8, 12], [14, 22], [24, 26], [27, 31]];
const SENTENCES = [[0, 13], [14, 32]];

test("a step by word goes one on or back, and beyond the ends", () => {
  assert.equal(step(WORDS, null, 2, 1), 3);
  assert.equal(step(WORDS, null, 0, -1), -1);
  assert.equal(step(WORDS, null, 5, 1), 6);
});

test("a step by sentence goes to its last word, then to that of the next", () => {
  assert.equal(step(WORDS, SENTENCES, 0, 1), 2);
  assert.equal(step(WORDS, SENTENCES, 2, 1), 5);
  assert.equal(step(WORDS, SENTENCES, 5, 1), 6);
});

test("a step back by sentence goes to its first word, then to that of the one before", () => {
  assert.equal(step(WORDS, SENTENCES, 5, -1), 3);
  assert.equal(step(WORDS, SENTENCES, 3, -1), 0);
  assert.equal(step(WORDS, SENTENCES, 0, -1), -1);
});

test("going on by sentences always ends, in any text", () => {
  for (const text of ["One. Two! Three?", "一。二！三", "… – …", "a", "", "🙂🙂. a 𬭎。b"]) {
    const [words, sentences] = [units(text, "", "word"), units(text, "", "sentence")];
    for (const direction of [1, -1]) {
      let at = direction > 0 ? 0 : words.length - 1;
      for (let n = 0; at >= 0 && at < words.length; n += 1) {
        assert.ok(n <= words.length, text);
        at = step(words, sentences, at, direction);
      }
    }
  }
});

test("paragraphs are parted by empty lines, or by line ends where there are none", () => {
  const wrapped = "We went\nback.\n\n 🙂 Then 老𬭎\ncame.\n \n\nAll.";
  assert.deepEqual(cut(wrapped, units(wrapped, "en", "paragraph")), ["We went\nback.", "🙂 Then 老𬭎\ncame.", "All."]);
  assert.deepEqual(cut("一。\n二。", units("一。\n二。", "zh", "paragraph")), ["一。", "二。"]);
  assert.deepEqual(units(" \n", "en", "paragraph"), []);
});
