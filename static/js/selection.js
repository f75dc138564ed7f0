/**
 * What is chosen in the text: by mouse or touch as the browser selects, by keys word by word and sentence by sentence.
 *
 * The chosen stretch is kept here in code points and marked on the page, so that it outlives the focus going elsewhere.
 */

import { codePoints } from "passages/textmap";

/** What parts a text's paragraphs: empty lines, where it has some; else each end of a line. */
const parting = (text) => (/\n\s*\n/u.test(text) ? /\n\s*\n/u : /\n/u);

function paragraphs(text) {
  const found = [];
  let at = 0;
  for (const piece of text.split(new RegExp(`(${parting(text).source})`, "u"))) {
    const bare = piece.trim();
    const lead = codePoints(piece) - codePoints(piece.trimStart());
    if (bare) found.push([at + lead, at + lead + codePoints(bare)]);
    at += codePoints(piece);
  }
  return found;
}

/**
 * `[start, end]` in code points of each unit of a text: "word", "sentence" or "paragraph"; words leave out what is
 * between them.
 */
export function units(text, lang, granularity) {
  if (granularity === "paragraph") return paragraphs(text);
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
 * Where the moving end goes from a word: one on or back, or with `larger` units (sentences, paragraphs) to the end of
 * one. All are as `units` gives them. Gives the index of the word, or -1 / words.length for beyond the ends.
 */
export function step(words, larger, index, direction) {
  if (!larger || index < 0 || index >= words.length) return index + direction;
  const [start, end] = words[index];
  if (direction > 0) {
    const ends = words.map(([, wordEnd]) => wordEnd);
    const unit = larger.find(([, to]) => to > end && lastWithin(ends, to) > index);
    return unit ? lastWithin(ends, unit[1]) : words.length;
  }
  const starts = words.map(([wordStart]) => wordStart);
  const unit = larger.findLast(([from]) => from < start && firstFrom(starts, from) < index);
  return unit ? firstFrom(starts, unit[0]) : -1;
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

  /** What the browser's selection covers of the text, as after "select all"; null where that is nothing. */
  selected() {
    const selection = document.getSelection();
    const range = selection.rangeCount ? selection.getRangeAt(0) : null;
    if (!range || range.collapsed || !range.intersectsNode(this.root)) return null;
    const start = this.map.fromDom(range.startContainer, range.startOffset);
    return this.map.trim(start, this.map.fromDom(range.endContainer, range.endOffset));
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

  /** The words, sentences and paragraphs of a turn, in positions of the whole text. */
  #unitsOf(turn) {
    let found = this.#cache.get(turn);
    if (!found) {
      const element = this.map.turns[turn];
      const runs = [...element.querySelectorAll("p[data-at], p [data-at]")];
      const text = runs.map((run) => run.textContent).join("");
      const at = Number(runs[0]?.dataset.at ?? 0);
      const lang = element.lang || this.root.lang;
      const shift = (pairs) => pairs.map(([start, end]) => [start + at, end + at]);
      found = {
        word: shift(units(text, lang, "word")),
        sentence: shift(units(text, lang, "sentence")),
        paragraph: shift(units(text, lang, "paragraph")),
      };
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
      const edges = this.#unitsOf(turn)[granularity].map((unit) => unit[side]);
      const next = direction > 0 ? edges.find((edge) => edge > point) : edges.findLast((edge) => edge < point);
      if (next !== undefined) return next;
    }
    return point;
  }

  /** Choose a whole turn's words. */
  chooseTurn(turn) {
    const { word: words, sentence } = this.#unitsOf(turn);
    if (!words.length) return;
    this.anchor = { turn, word: 0 };
    this.focus = { turn, word: words.length - 1 };
    this.choose(sentence[0][0], sentence[sentence.length - 1][1]);
  }

  /** Choose the "sentence" or "paragraph" in which the moving end is. */
  chooseUnit(turn, by) {
    const { word: words, [by]: all } = this.#unitsOf(turn);
    if (!words.length) return;
    const word = this.focus?.turn === turn ? this.focus.word : this.#startIn(turn, 1).word;
    const unit = all.find(([, end]) => end >= words[word][1]);
    this.anchor = { turn, word: words.findIndex(([start]) => start >= unit[0]) };
    this.focus = { turn, word: words.findLastIndex(([, end]) => end <= unit[1]) };
    this.choose(...unit);
  }

  /** The "word" or "sentence" at a position, or null. */
  unitAt(point, by) {
    const turn = this.map.turnAt(point);
    const unit = turn >= 0 && this.#unitsOf(turn)[by].find(([start, end]) => start <= point && point < end);
    return unit ? { start: unit[0], end: unit[1] } : null;
  }

  /**
   * Move by a "word", "sentence" or "paragraph" from where choosing stands; with `extend` the chosen stretch grows or
   * shrinks. Gives the turn in which the moving end is now.
   */
  move(turn, direction, { extend = false, by = "word" } = {}) {
    if (extend && this.chosen && !this.focus) this.#takeUp();
    const from = this.focus ?? this.#startIn(turn, direction);
    if (!from) return turn;
    const to = this.focus ? this.#next(from, direction, by) : from;
    if (!to) return from.turn;
    this.focus = to;
    if (!extend || !this.anchor) this.anchor = to;
    this.#chooseBetween(by);
    return to.turn;
  }

  /** Go on by keys from what was chosen by hand. */
  #takeUp() {
    const { start, end } = this.chosen;
    const [first, last] = [this.map.turnAt(start), this.map.turnAt(end - 1)];
    if (first < 0) return;
    const anchor = this.#unitsOf(first).word.findIndex(([, to]) => to > start);
    const focus = this.#unitsOf(last).word.findLastIndex(([from]) => from < end);
    if (anchor < 0 || focus < 0) return;
    this.anchor = { turn: first, word: anchor };
    this.focus = { turn: last, word: focus };
  }

  #startIn(turn, direction) {
    const { word: words } = this.#unitsOf(turn);
    if (!words.length) return null;
    const at = this.chosen && words.findIndex(([, end]) => end > this.chosen.start);
    if (at >= 0 && this.chosen && words[at][0] < this.chosen.end) return { turn, word: at };
    return { turn, word: direction > 0 ? 0 : words.length - 1 };
  }

  #next({ turn, word }, direction, by) {
    const { word: words, [by]: larger } = this.#unitsOf(turn);
    const next = step(words, by === "word" ? null : larger, word, direction);
    if (next >= 0 && next < words.length) return { turn, word: next };
    for (let other = turn + direction; other >= 0 && other < this.map.turns.length; other += direction) {
      const found = this.#unitsOf(other).word;
      if (found.length) return { turn: other, word: direction > 0 ? 0 : found.length - 1 };
    }
    return null;
  }

  #chooseBetween(by) {
    const place = ({ turn, word }) => this.#unitsOf(turn).word[word];
    const [a, b] = [place(this.anchor), place(this.focus)];
    let end = Math.max(a[1], b[1]);
    if (by !== "word") {
      // The closing mark belongs to a sentence.
      const all = this.#unitsOf(this.focus.turn)[by];
      end = Math.max(end, all.find(([from, to]) => from < end && end <= to)?.[1] ?? end);
    }
    this.choose(Math.min(a[0], b[0]), end);
  }
}
