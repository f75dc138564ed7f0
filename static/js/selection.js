/**
 * What is chosen in the text: by mouse or touch as the browser selects, by keys word by word and sentence by sentence.
 *
 * The chosen stretch is kept here in code points and marked on the page, so that it outlives the focus going elsewhere.
 */

import { codePoints } from "passages/textmap";

/** `[start, end]` in code points of each unit of a text; words leave out what is between them. */
export function units(text, lang, granularity) {
  const found = [];
  let at = 0;
  for (const { segment, isWordLike } of new Intl.Segmenter(lang || undefined, { granularity }).segment(text)) {
    const length = codePoints(segment);
    const bare = segment.trim();
    if (granularity === "word" ? isWordLike : bare) {
      const lead = codePoints(segment) - codePoints(segment.trimStart());
      found.push([at + lead, at + lead + codePoints(bare)]);
    }
    at += length;
  }
  return found;
}

/**
 * Where the moving end goes from a word: one unit on or back. `words` and `sentences` are as `units` gives them.
 * Gives the index of the word, or -1 / words.length for beyond the ends.
 */
export function step(words, sentences, index, direction, bySentence) {
  if (!bySentence || index < 0 || index >= words.length) return index + direction;
  const [start, end] = words[index];
  if (direction > 0) {
    const ends = words.map(([, wordEnd]) => wordEnd);
    const sentence = sentences.find(([, to]) => to > end && lastWithin(ends, to) > index);
    return sentence ? lastWithin(ends, sentence[1]) : words.length;
  }
  const starts = words.map(([wordStart]) => wordStart);
  const sentence = sentences.findLast(([from]) => from < start && firstFrom(starts, from) < index);
  return sentence ? firstFrom(starts, sentence[0]) : -1;
}

const firstFrom = (starts, from) => starts.findIndex((start) => start >= from);
const lastWithin = (ends, to) => ends.findLastIndex((end) => end <= to);

export class Chooser extends EventTarget {
  #cache = new Map();
  map; root; painter;

  /** @param {{map, root: Element, painter}} given */
  constructor({ map, root, painter }) {
    super();
    Object.assign(this, { map, root, painter });
    /** @type {{start: number, end: number} | null} */
    this.chosen = null;
    this.anchor = null; // {turn, word}: where choosing by keys began
    this.focus = null;
    document.addEventListener("selectionchange", () => this.#follow());
  }

  /** Take over the browser's own selection, if it is in the text. */
  #follow() {
    const selection = document.getSelection();
    if (!selection.rangeCount || !this.root.contains(selection.anchorNode)) return;
    const range = selection.getRangeAt(0);
    const start = this.map.fromDom(range.startContainer, range.startOffset);
    const end = selection.isCollapsed ? start : this.map.fromDom(range.endContainer, range.endOffset);
    if (this.ours && start === this.ours.start && end === this.ours.end) return;
    this.ours = null;
    this.anchor = this.focus = null;
    this.#become(start < end ? this.map.trim(start, end) : null);
  }

  #become(chosen) {
    if (chosen?.start === this.chosen?.start && chosen?.end === this.chosen?.end) return;
    this.chosen = chosen;
    this.painter.mark("chosen", chosen && [chosen], 30);
    this.dispatchEvent(new Event("change"));
  }

  /** Choose a stretch, as if it had been selected by hand. */
  choose(start, end) {
    this.#become({ start, end });
    this.show();
  }

  /** Give the browser's selection back to the chosen words, after the focus was elsewhere. */
  show() {
    if (!this.chosen) return;
    const range = this.map.range(this.chosen.start, this.chosen.end);
    this.ours = this.chosen;
    document.getSelection().setBaseAndExtent(
      range.startContainer,
      range.startOffset,
      range.endContainer,
      range.endOffset,
    );
  }

  clear() {
    this.anchor = this.focus = null;
    const selection = document.getSelection();
    if (selection.rangeCount && this.root.contains(selection.anchorNode)) selection.removeAllRanges();
    this.#become(null);
  }

  /** The words and sentences of a turn, in positions of the whole text. */
  #unitsOf(turn) {
    let found = this.#cache.get(turn);
    if (!found) {
      const element = this.map.turns[turn];
      const runs = [...element.querySelectorAll("p[data-at], p [data-at]")];
      const text = runs.map((run) => run.textContent).join("");
      const at = Number(runs[0]?.dataset.at ?? 0);
      const lang = element.lang || this.root.lang;
      const shift = (pairs) => pairs.map(([start, end]) => [start + at, end + at]);
      found = { words: shift(units(text, lang, "word")), sentences: shift(units(text, lang, "sentence")) };
      this.#cache.set(turn, found);
    }
    return found;
  }

  /** The next edge of a "character", "word" or "sentence" from a position, in a direction; ends or beginnings. */
  boundary(point, direction, granularity, isEnd) {
    if (granularity === "character") return Math.max(0, Math.min(this.map.end, point + direction));
    const side = isEnd ? 1 : 0;
    let turn = Math.max(0, this.map.turnAt(isEnd ? point - 1 : point));
    for (; turn >= 0 && turn < this.map.turns.length; turn += direction) {
      const { words, sentences } = this.#unitsOf(turn);
      const edges = (granularity === "sentence" ? sentences : words).map((unit) => unit[side]);
      const next = direction > 0 ? edges.find((edge) => edge > point) : edges.findLast((edge) => edge < point);
      if (next !== undefined) return next;
    }
    return point;
  }

  /** Choose a whole turn's words. */
  chooseTurn(turn) {
    const { words, sentences } = this.#unitsOf(turn);
    if (!words.length) return;
    this.anchor = { turn, word: 0 };
    this.focus = { turn, word: words.length - 1 };
    this.choose(sentences[0][0], sentences[sentences.length - 1][1]);
  }

  /** Choose the sentence in which the moving end is. */
  chooseSentence(turn) {
    const { words, sentences } = this.#unitsOf(turn);
    const word = this.focus?.turn === turn ? this.focus.word : 0;
    if (!words.length) return;
    const sentence = sentences.find(([, end]) => end >= words[word][1]);
    this.anchor = { turn, word: words.findIndex(([start]) => start >= sentence[0]) };
    this.focus = { turn, word: words.findLastIndex(([, end]) => end <= sentence[1]) };
    this.choose(...sentence);
  }

  /**
   * Move by a word or a sentence from where choosing stands; with `extend` the chosen stretch grows or shrinks.
   * Gives the turn in which the moving end is now.
   */
  move(turn, direction, { extend = false, bySentence = false } = {}) {
    const from = this.focus ?? this.#startIn(turn, direction);
    if (!from) return turn;
    const to = this.focus ? this.#next(from, direction, bySentence) : from;
    if (!to) return from.turn;
    this.focus = to;
    if (!extend || !this.anchor) this.anchor = to;
    this.#chooseBetween(bySentence);
    return to.turn;
  }

  #startIn(turn, direction) {
    const { words } = this.#unitsOf(turn);
    if (!words.length) return null;
    const at = this.chosen && words.findIndex(([, end]) => end > this.chosen.start);
    if (at >= 0 && this.chosen) return { turn, word: at };
    return { turn, word: direction > 0 ? 0 : words.length - 1 };
  }

  #next({ turn, word }, direction, bySentence) {
    const { words, sentences } = this.#unitsOf(turn);
    const next = step(words, sentences, word, direction, bySentence);
    if (next >= 0 && next < words.length) return { turn, word: next };
    for (let other = turn + direction; other >= 0 && other < this.map.turns.length; other += direction) {
      const found = this.#unitsOf(other).words;
      if (found.length) return { turn: other, word: direction > 0 ? 0 : found.length - 1 };
    }
    return null;
  }

  #chooseBetween(bySentence) {
    const place = ({ turn, word }) => this.#unitsOf(turn).words[word];
    const [a, b] = [place(this.anchor), place(this.focus)];
    let end = Math.max(a[1], b[1]);
    if (bySentence) {
      // The sentence's closing mark belongs to it.
      const { sentences } = this.#unitsOf(this.focus.turn);
      end = Math.max(end, sentences.find(([from, to]) => from < end && end <= to)?.[1] ?? end);
    }
    this.choose(Math.min(a[0], b[0]), end);
  }
}
