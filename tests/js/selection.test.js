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
  assert.equal(step(WORDS, SENTENCES, 2, 1, false), 3);
  assert.equal(step(WORDS, SENTENCES, 0, -1, false), -1);
  assert.equal(step(WORDS, SENTENCES, 5, 1, false), 6);
});

test("a step by sentence goes to its last word, then to that of the next", () => {
  assert.equal(step(WORDS, SENTENCES, 0, 1, true), 2);
  assert.equal(step(WORDS, SENTENCES, 2, 1, true), 5);
  assert.equal(step(WORDS, SENTENCES, 5, 1, true), 6);
});

test("a step back by sentence goes to its first word, then to that of the one before", () => {
  assert.equal(step(WORDS, SENTENCES, 5, -1, true), 3);
  assert.equal(step(WORDS, SENTENCES, 3, -1, true), 0);
  assert.equal(step(WORDS, SENTENCES, 0, -1, true), -1);
});

test("going on by sentences always ends, in any text", () => {
  for (const text of ["One. Two! Three?", "一。二！三", "… – …", "a", "", "🙂🙂. a 𬭎。b"]) {
    const [words, sentences] = [units(text, "", "word"), units(text, "", "sentence")];
    for (const direction of [1, -1]) {
      let at = direction > 0 ? 0 : words.length - 1;
      for (let n = 0; at >= 0 && at < words.length; n += 1) {
        assert.ok(n <= words.length, text);
        at = step(words, sentences, at, direction, true);
      }
    }
  }
});
