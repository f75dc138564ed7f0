/**
 * Highlights on uncut text, for the turns near the viewport only.
 *
 * One code on the words: its tint. Several: a neutral tint by depth; the stripes tell which. Registering every range of
 * a long transcript would make each single change slow (measured), so ranges exist for a window of turns and are
 * renewed when less than half a screen of it is left.
 */

import { slices } from "passages/store";

const OVERSCAN = 1.5; // screens drawn beyond the visible one, each way
const LEAST = 0.5; // screens that must be left before the window is renewed

/** The first of the elements from `low` to `high` whose side is at a height or below it; `high` if none is. */
function firstAt(elements, height, side, low, high) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (elements[middle].getBoundingClientRect()[side] < height) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Painter extends EventTarget {
  #live = new Map(); // turn -> [[highlight, range], …]
  #extra = new Map(); // "chosen", "active", … -> [start, end] stretches
  #frame = 0;
  map; store; page; hueOf;

  /** @param {{map, store, page: Element, hueOf: (code: number) => string}} given */
  constructor({ map, store, page, hueOf }) {
    super();
    Object.assign(this, { map, store, page, hueOf });
    this.first = 0;
    this.last = -1;
    this.highlights = new Map();
    this.forced = matchMedia("(forced-colors: active)"); // where all tints would be one colour: lines tell
    this.forced.addEventListener("change", () => this.#repaint(null));
    page.addEventListener("scroll", () => this.#soon(), { passive: true });
    const sizes = new ResizeObserver(() => this.renew());
    // The text's height, too: a chunk that comes near gets its real one, and what is drawn beside it moves.
    for (const element of [page, ...page.querySelectorAll(".transcript")]) sizes.observe(element);
    document.fonts.ready.then(() => this.renew());
    store.addEventListener("change", ({ detail }) => this.#repaint(detail.turns));
  }

  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#needsRenewal()) this.renew();
      this.dispatchEvent(new Event("scroll"));
    });
  }

  #highlight(name, priority = 0) {
    let found = this.highlights.get(name);
    if (!found) {
      found = new Highlight();
      found.priority = priority;
      this.highlights.set(name, found);
      CSS.highlights.set(name, found);
    }
    return found;
  }

  /** The turns between two heights relative to the page's top, by binary search: [first, last]. */
  #turnsBetween(top, bottom) {
    const { turns, chunks, chunkFirst } = this.map;
    const offset = this.page.getBoundingClientRect().top;
    // Chunks first: asking where a turn is has the whole of its chunk laid out, which may be far away and skipped.
    const find = (edge, side) => {
      const chunk = firstAt(chunks, edge + offset, "bottom", 0, chunks.length);
      return firstAt(turns, edge + offset, side, chunkFirst[chunk] ?? turns.length, chunkFirst[chunk + 1] ?? turns.length);
    };
    return [find(top, "bottom"), Math.min(turns.length, find(bottom, "top")) - 1];
  }

  /** [first, last] turns now to be seen. */
  visible() {
    return this.#turnsBetween(0, this.page.clientHeight);
  }

  #needsRenewal() {
    if (this.last < this.first) return true;
    const height = this.page.clientHeight;
    const offset = this.page.getBoundingClientRect().top;
    const { turns } = this.map;
    const above = this.first > 0 && turns[this.first].getBoundingClientRect().top - offset > -LEAST * height;
    const below =
      this.last < turns.length - 1 &&
      turns[this.last].getBoundingClientRect().bottom - offset < (1 + LEAST) * height;
    return above || below;
  }

  /** Move the window to what is seen now. */
  renew() {
    const height = this.page.clientHeight;
    const [first, last] = this.#turnsBetween(-OVERSCAN * height, (1 + OVERSCAN) * height);
    const outside = this.map.turns.length; // what is in no turn, such as the head lines: painted always
    for (const turn of [...this.#live.keys()])
      if ((turn < first || turn > last) && turn !== outside) this.#unpaint(turn);
    this.first = first;
    this.last = last;
    for (let turn = first; turn <= last; turn += 1) if (!this.#live.has(turn)) this.#paint(turn);
    if (!this.#live.has(outside)) this.#paint(outside);
    this.dispatchEvent(new Event("window"));
  }

  #repaint(turns) {
    const live = turns ? [...turns].filter((turn) => this.#live.has(turn)) : [...this.#live.keys()];
    for (const turn of live) {
      this.#unpaint(turn);
      this.#paint(turn);
    }
    if (!this.#live.size) this.renew();
    this.dispatchEvent(new Event("window"));
  }

  #unpaint(turn) {
    for (const [highlight, range] of this.#live.get(turn) ?? []) highlight.delete(range);
    this.#live.delete(turn);
  }

  #paint(turn) {
    const ranges = [];
    this.#live.set(turn, ranges);
    if (!("highlights" in CSS)) return;
    const codings = this.store.inTurn(turn);
    if (!codings.length) return;
    for (const slice of slices(codings, this.map.turnStart[turn] ?? 0, this.map.turnEnd[turn] ?? this.map.end)) {
      this.#add(this.#highlight(this.#nameOf(slice.codes)), slice.start, slice.end, ranges);
    }
  }

  /** The highlight of words that bear these codes. */
  #nameOf(codes) {
    if (this.forced.matches) return codes.length === 1 ? "coded" : "coded-several";
    return codes.length === 1 ? this.hueOf(codes[0]) : `depth-${Math.min(codes.length, 4)}`;
  }

  #add(highlight, start, end, ranges) {
    for (const { node, from, to } of this.map.parts(start, end)) {
      const range = new StaticRange({ startContainer: node, startOffset: from, endContainer: node, endOffset: to });
      highlight.add(range);
      ranges?.push([highlight, range]);
    }
  }

  /** Mark stretches above all tints: "chosen" (what a code would go to), "active" (one coding). Null clears. */
  mark(name, stretches, priority) {
    if (!("highlights" in CSS)) return;
    this.#extra.set(name, stretches);
    const highlight = this.#highlight(name, priority);
    highlight.clear();
    for (const { start, end } of stretches ?? []) this.#add(highlight, start, end, null);
  }
}
