/**
 * Where a position of the text is on the page, and the reverse.
 *
 * The server counts code points, the DOM UTF-16 units: an emoji is one there, two here. This module is the only place
 * that knows. Every run of text is the only text node of an element with `data-at`, its position in code points.
 */

/** @typedef {{node: Text, start: number, end: number, astral: boolean}} Piece */

const SURROGATE = /[\ud800-\udbff]/;

/** Code points in a string. */
export function codePoints(text) {
  if (!SURROGATE.test(text)) return text.length;
  let n = 0;
  for (const _sign of text) n += 1;
  return n;
}

/** The UTF-16 offset of the n-th code point of a string. */
export function toUnits(text, n) {
  let unit = 0;
  for (let i = 0; i < n && unit < text.length; i += 1) unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
  return unit;
}

/** Code points before a UTF-16 offset; an offset inside a pair counts as before it. */
export function toPoints(text, unit) {
  const head = text.slice(0, unit);
  const cut = SURROGATE.test(head.slice(-1)) ? 1 : 0;
  return codePoints(head.slice(0, head.length - cut));
}

/** The index of the last item whose key is at most `value`, or -1. */
export function lastAtMost(items, value, key) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(items[middle]) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class TextMap {
  /** @param {Element} root whose `[data-at]` descendants hold the text, in order. */
  constructor(root) {
    this.root = root;
    /** @type {Piece[]} */
    this.pieces = [];
    this.byNode = new Map();
    for (const element of root.querySelectorAll("[data-at]")) {
      const node = /** @type {Text} */ (element.firstChild);
      if (!node) continue;
      const start = Number(element.dataset.at);
      const astral = SURROGATE.test(node.data);
      const piece = { node, start, astral, end: start + (astral ? codePoints(node.data) : node.data.length) };
      this.byNode.set(node, piece);
      this.pieces.push(piece);
    }
    this.pieces.sort((a, b) => a.start - b.start);
    this.turns = [...root.querySelectorAll(".turn")];
    this.turnStart = this.turns.map((turn) => Number(turn.dataset.start));
    this.turnEnd = this.turns.map((turn) => Number(turn.dataset.end));
    this.indexOfTurn = new Map(this.turns.map((turn, index) => [turn, index]));
    this.chunks = [...root.querySelectorAll(".chunk")];
    /** The first turn of each chunk. */
    this.chunkFirst = this.chunks.map((chunk) => this.indexOfTurn.get(chunk.querySelector(".turn")));
  }

  get end() {
    return this.pieces.length ? this.pieces[this.pieces.length - 1].end : 0;
  }

  #indexAt(point) {
    return lastAtMost(this.pieces, point, (piece) => piece.start);
  }

  #unit(piece, point) {
    const within = Math.max(0, Math.min(point, piece.end) - piece.start);
    return piece.astral ? toUnits(piece.node.data, within) : within;
  }

  /**
   * [text node, UTF-16 offset] of a position. In a gap: the next text for a start, the one before for an end.
   * @returns {[Node, number]}
   */
  toDom(point, isEnd = false) {
    let index = Math.max(0, this.#indexAt(isEnd ? point - 1 : point));
    const piece = this.pieces[index];
    if (!isEnd && point >= piece.end && index + 1 < this.pieces.length) index += 1;
    const found = this.pieces[index];
    return [found.node, this.#unit(found, Math.max(point, found.start))];
  }

  /** The position of a place in the DOM, wherever a browser says a selection ends; snaps to the text that follows. */
  fromDom(node, offset) {
    const piece = this.byNode.get(node);
    if (piece) return piece.start + (piece.astral ? toPoints(node.data, offset) : offset);
    const range = document.createRange();
    range.setStart(node, offset);
    let low = 0;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const text = this.pieces[middle].node;
      if (range.comparePoint(text, text.length) < 0) low = middle + 1;
      else high = middle;
    }
    return low < this.pieces.length ? this.pieces[low].start : this.end;
  }

  /** The parts of text nodes that a stretch covers: `{node, from, to}` in UTF-16 units. */
  parts(start, end) {
    const found = [];
    for (let i = Math.max(0, this.#indexAt(start)); i < this.pieces.length; i += 1) {
      const piece = this.pieces[i];
      if (piece.start >= end) break;
      if (piece.end <= start) continue;
      found.push({ node: piece.node, from: this.#unit(piece, start), to: this.#unit(piece, end) });
    }
    return found;
  }

  /** A live Range over a stretch. */
  range(start, end) {
    const range = document.createRange();
    range.setStart(...this.toDom(start));
    range.setEnd(...this.toDom(end, true));
    return range;
  }

  /** The words of a stretch; what the layout left out between its parts becomes a space, or another `gap`. */
  words(start, end, gap = " ") {
    let text = "";
    let at = start;
    for (const { node, from, to } of this.parts(start, end)) {
      const piece = this.byNode.get(node);
      if (text && piece.start > at) text += gap;
      text += node.data.slice(from, to);
      at = piece.end;
    }
    return text;
  }

  /** Index of the turn at or before a position, -1 in the head lines. */
  turnAt(point) {
    return lastAtMost(this.turnStart, point, (start) => start);
  }

  /**
   * [first, last] indexes of the turns a stretch touches; last < first where it touches none.
   * @returns {[number, number]}
   */
  turnsOf(start, end) {
    let first = Math.max(0, this.turnAt(start));
    if (this.turnEnd[first] <= start) first += 1;
    return [first, this.turnAt(end - 1)];
  }

  /** A stretch without white space at its ends, or null if nothing is left. */
  trim(start, end) {
    const parts = this.parts(start, end).map(({ node, from, to }) => ({
      at: this.byNode.get(node).start + toPoints(node.data, from),
      text: node.data.slice(from, to),
    }));
    const first = parts.find((part) => part.text.trim());
    const last = parts.findLast((part) => part.text.trim());
    if (!first) return null;
    const lead = codePoints(first.text) - codePoints(first.text.trimStart());
    return { start: first.at + lead, end: last.at + codePoints(last.text.trimEnd()) };
  }
}
