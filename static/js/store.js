/**
 * The codings of one transcript, as plain data: what is where, what is shown, what can be undone. No DOM.
 *
 * @typedef {{id: string, start: number, end: number, code: number, coder: number}} Coding
 * @typedef {{changes: string[], added: Coding[], removed: Coding[], unseen?: boolean}} Act  something done, and what it
 *   did; or `unseen`, where no coding of this page shows it
 */

/** Stripes in one lane are at least so many characters apart: fewer can be on one line, where they would touch. */
export const APART = 60;

/** A UUID, also where the page is not served over HTTPS and `crypto.randomUUID` is missing. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Ids are compared without dashes: servers write them either way. */
export const plain = (id) => id.replaceAll("-", "");

/**
 * A turn's stretches that need a colour: cut where the set of codes changes, each with its distinct codes.
 * Takes codings (any order), gives `{start, end, codes: number[]}` in order, without overlap, within `from`–`to`.
 */
export function slices(codings, from, to) {
  const edges = [];
  for (const coding of codings) {
    const start = Math.max(coding.start, from);
    const end = Math.min(coding.end, to);
    if (start < end) edges.push([start, 1, coding.code], [end, -1, coding.code]);
  }
  edges.sort((a, b) => a[0] - b[0]);
  const open = new Map();
  const found = [];
  let at = from;
  for (let i = 0; i < edges.length; ) {
    const edge = edges[i][0];
    if (edge > at && open.size) append(found, at, edge, [...open.keys()]);
    at = edge;
    for (; i < edges.length && edges[i][0] === edge; i += 1) {
      const [, step, code] = edges[i];
      const depth = (open.get(code) ?? 0) + step;
      if (depth) open.set(code, depth);
      else open.delete(code);
    }
  }
  return found;
}

function append(found, start, end, codes) {
  const last = found[found.length - 1];
  const same =
    last && last.end === start && last.codes.length === codes.length && codes.every((code) => last.codes.includes(code));
  if (same) last.end = end;
  else found.push({ start, end, codes });
}

/**
 * Lanes for stripes: each coding the first lane that is free for about a line, longer ones first where they start together.
 * Takes codings sorted by start; gives a Map from id to lane.
 */
export function lanes(codings) {
  const ends = [];
  const found = new Map();
  const sorted = [...codings].sort((a, b) => a.start - b.start || b.end - a.end);
  for (const coding of sorted) {
    let lane = ends.findIndex((end) => end + APART <= coding.start);
    if (lane < 0) lane = ends.length;
    ends[lane] = coding.end;
    found.set(coding.id, lane);
  }
  return found;
}

const inText = (a, b) => a.start - b.start || a.end - b.end || a.code - b.code || a.coder - b.coder;

export class Store extends EventTarget {
  /** @param {{turnsOf: (start: number, end: number) => [number, number], turns: number, me: number}} given */
  constructor({ turnsOf, turns, me }) {
    super();
    this.turnsOf = turnsOf;
    this.me = me;
    /** @type {Map<string, Coding>} */
    this.codings = new Map();
    /** @type {Coding[][]} */
    this.buckets = Array.from({ length: turns + 1 }, () => []); // the last one: what touches no turn
    this.coders = new Map();
    /** @type {Set<number> | null} */
    this.coderFilter = null; // whose codings are shown; null for everyone's
    /** @type {Set<number>} */
    this.hiddenCodes = new Set();
    /** @type {Act[]} */
    this.done = [];
    /** @type {Act[]} */
    this.undone = [];
  }

  #bucketsOf(coding) {
    const [first, last] = this.turnsOf(coding.start, coding.end);
    return last < first ? this.buckets.slice(-1) : this.buckets.slice(first, last + 1);
  }

  #announce(codings) {
    const turns = new Set();
    for (const coding of codings) {
      const [first, last] = this.turnsOf(coding.start, coding.end);
      if (last < first) turns.add(this.buckets.length - 1);
      for (let turn = first; turn <= last; turn += 1) turns.add(turn);
    }
    this.dispatchEvent(new CustomEvent("change", { detail: { turns } }));
  }

  /** Take over all codings as the server lists them, in columns. */
  load({ id, start, end, code, coder, coders }) {
    this.codings.clear();
    for (const bucket of this.buckets) bucket.length = 0;
    this.know(coders);
    for (let i = 0; i < id.length; i += 1) {
      const coding = { id: plain(id[i]), start: start[i], end: end[i], code: code[i], coder: coder[i] };
      this.codings.set(coding.id, coding);
      for (const bucket of this.#bucketsOf(coding)) bucket.push(coding);
    }
    this.dispatchEvent(new CustomEvent("change", { detail: { turns: null } }));
  }

  /** Names of coders, by id. */
  know(coders) {
    for (const [pk, name] of Object.entries(coders)) this.coders.set(Number(pk), name);
  }

  #put(coding) {
    if (this.codings.has(coding.id)) return false;
    this.codings.set(coding.id, coding);
    for (const bucket of this.#bucketsOf(coding)) {
      const at = bucket.findIndex((other) => inText(coding, other) < 0);
      bucket.splice(at < 0 ? bucket.length : at, 0, coding);
    }
    return true;
  }

  #take(id) {
    const coding = this.codings.get(id);
    if (!coding) return null;
    this.codings.delete(id);
    for (const bucket of this.#bucketsOf(coding)) bucket.splice(bucket.indexOf(coding), 1);
    return coding;
  }

  /** Add and remove codings; what is there already, or gone already, is left. Gives what was changed. */
  change(added, removed) {
    const gone = removed.map((coding) => this.#take(coding.id)).filter(Boolean);
    const put = added.filter((coding) => this.#put(coding));
    if (gone.length || put.length) this.#announce([...gone, ...put]);
    return { added: put, removed: gone };
  }

  /** Whether a coding is among those shown. */
  shows({ code, coder }) {
    return !this.hiddenCodes.has(code) && (this.coderFilter === null || this.coderFilter.has(coder));
  }

  /** Choose what is shown: coders (null for all, also those who come later), and codes that are not. */
  filter({ coders = this.coderFilter, hidden = this.hiddenCodes }) {
    this.coderFilter = coders;
    this.hiddenCodes = hidden;
    this.dispatchEvent(new CustomEvent("change", { detail: { turns: null } }));
  }

  /** How many codings are shown, of me and of others, and how many are not. */
  tally() {
    const found = { mine: 0, others: 0, hidden: 0 };
    for (const coding of this.codings.values())
      if (!this.shows(coding)) found.hidden += 1;
      else if (coding.coder === this.me) found.mine += 1;
      else found.others += 1;
    return found;
  }

  /** Shown codings that touch a turn, in text order. */
  inTurn(turn) {
    return this.buckets[turn]?.filter((coding) => this.shows(coding)) ?? [];
  }

  /** Shown codings at a position, the shortest first. */
  at(point, turn) {
    return this.inTurn(turn)
      .filter((coding) => coding.start <= point && point < coding.end)
      .sort((a, b) => a.end - a.start - (b.end - b.start) || inText(a, b));
  }

  /** Shown codings, in text order. */
  list() {
    return [...this.codings.values()].filter((coding) => this.shows(coding)).sort(inText);
  }

  /** My coding of exactly this stretch with this code, if there is one. */
  mine(start, end, code) {
    const [bucket] = this.#bucketsOf({ start, end });
    return bucket.find(
      (c) => c.start === start && c.end === end && c.code === code && c.coder === this.me,
    );
  }

  /** How many shown codings each code has. */
  counts() {
    const found = new Map();
    for (const coding of this.codings.values())
      if (this.shows(coding)) found.set(coding.code, (found.get(coding.code) ?? 0) + 1);
    return found;
  }

  /** How many codings each coder has. */
  countsByCoder() {
    const found = new Map();
    for (const coding of this.codings.values()) found.set(coding.coder, (found.get(coding.coder) ?? 0) + 1);
    return found;
  }

  /** Remember an act for undoing; a new one ends what could be redone. */
  remember(act) {
    this.done.push(act);
    this.undone.length = 0;
  }

  /**
   * Undo (or redo) the newest act: changes the codings and gives the changes to send, or null.
   * To redo is to undo the undoing.
   */
  reverse(redo = false) {
    const [from, to] = redo ? [this.undone, this.done] : [this.done, this.undone];
    const act = from.pop();
    if (!act) return null;
    this.change(act.removed, act.added);
    const changes = [...act.changes].reverse().map((target) => ({ id: uuid(), do: "undo", target }));
    const back = { ...act, changes: changes.map((change) => change.id), added: act.removed, removed: act.added };
    to.push(back);
    return { changes, act: back };
  }

  /** Forget an act that the server refused, wherever it stands. */
  forget(change) {
    for (const acts of [this.done, this.undone]) {
      const index = acts.findIndex((act) => act.changes.includes(change));
      if (index >= 0) acts.splice(index, 1);
    }
  }
}
