/**
 * What a coder does to codings: seen at once, remembered for undo, kept in this browser until the server has it.
 *
 * Each act changes the store, and gives the outbox the changes that make the server follow.
 */

import { plain, uuid } from "passages/store";

const KEPT = 200; // acts that can be undone after the page was reloaded

export class Acts extends EventTarget {
  store; outbox; given; catalogue;

  /** @param {{store: any, outbox: any, given: any, catalogue: any}} parts */
  constructor({ store, outbox, given, catalogue }) {
    super();
    Object.assign(this, { store, outbox, given, catalogue });
    this.key = `passages.acts.${given.user}.${given.transcript}`;
    const kept = JSON.parse(sessionStorage.getItem(this.key) ?? '{"done": [], "undone": []}');
    // Positions in an older text are none in this one: what was done then, the server alone can undo.
    const isOlder = (kept.revision ?? given.revision) !== given.revision;
    const shown = (act) => (isOlder ? { ...act, added: [], removed: [], unseen: true } : act);
    store.done = kept.done.map(shown);
    store.undone = kept.undone.map(shown);
    outbox.addEventListener("settled", ({ detail }) => this.#settle(detail));
  }

  nameOf(code) {
    return this.catalogue.get(code).name;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #keep() {
    const { done, undone } = this.store;
    const { revision } = this.given;
    sessionStorage.setItem(this.key, JSON.stringify({ revision, done: done.slice(-KEPT), undone: undone.slice(-KEPT) }));
    this.#tell("change");
  }

  #send(changes, { added, removed, unseen = false }) {
    const entries = changes.map((change, index) => ({
      transcript: this.given.transcript,
      address: this.given.changes,
      revision: this.given.revision,
      change,
      // What the page shows while this waits; the whole act's, with its first change.
      added: index ? [] : added,
      removed: index ? [] : removed,
      unseen,
    }));
    return this.outbox.add(entries);
  }

  /** `before` are changes that the server has made already for the same act: they are undone with it. */
  #do(changes, added, removed, before = []) {
    this.store.change(added, removed);
    this.store.remember({ changes: [...before, ...changes.map((change) => change.id)], added, removed });
    this.#keep();
    return this.#send(changes, { added, removed });
  }

  /**
   * Apply codes to stretches; what is all there already is taken off again, if it `takesOff`. Gives "applied",
   * "withdrawn", "already" or null. `made` are the changes that made the codes, if this person has just done so.
   */
  apply(codes, stretches, { made = [], takesOff = true } = {}) {
    const pairs = stretches.flatMap(({ start, end }) => codes.map((code) => ({ start, end, code })));
    const there = pairs.map(({ start, end, code }) => this.store.mine(start, end, code));
    if (!pairs.length) return null;
    if (there.every(Boolean) && !takesOff) return "already";
    if (there.every(Boolean)) {
      this.withdraw(there);
      return "withdrawn";
    }
    const added = pairs
      .filter((_pair, index) => !there[index])
      .map((pair) => ({ id: uuid(), ...pair, coder: this.given.user }));
    this.store.know({ [this.given.user]: this.given.userName });
    this.#do(
      added.map(({ id, start, end, code }) => ({ id, do: "apply", start, end, code })),
      added,
      [],
      made,
    );
    return "applied";
  }

  /** Whether a coding is mine to change. */
  isMine(coding) {
    return Boolean(coding) && coding.coder === this.given.user && this.given.mayCode;
  }

  withdraw(codings) {
    const mine = codings.filter((coding) => this.isMine(coding));
    if (!mine.length) return;
    this.#do(
      mine.map((coding) => ({ id: uuid(), do: "withdraw", target: coding.id })),
      [],
      mine,
    );
  }

  #reshape(coding, change, now) {
    this.#do([{ id: uuid(), target: coding.id, ...change }], [{ ...coding, ...now }], [coding]);
  }

  /** Put a coding on other words. */
  resize(coding, { start, end }) {
    if (!this.isMine(coding) || (coding.start === start && coding.end === end)) return;
    this.#reshape(coding, { do: "resize", start, end }, { start, end });
  }

  recode(coding, code) {
    if (!this.isMine(coding) || coding.code === code) return;
    this.#reshape(coding, { do: "recode", code }, { code });
  }

  /** Part a coding in two: up to `end`, and from `start`. */
  split(coding, { end, start }) {
    if (!this.isMine(coding)) return;
    const id = uuid();
    const parts = [
      { ...coding, end },
      { ...coding, id, start },
    ];
    this.#do([{ id, do: "split", target: coding.id, end, start }], parts, [coding]);
  }

  /** Make one coding of two with the same code. */
  merge(coding, other) {
    const whole = {
      ...coding,
      start: Math.min(coding.start, other.start),
      end: Math.max(coding.end, other.end),
    };
    const change = { id: uuid(), do: "merge", target: coding.id, other: other.id };
    this.#do([change], [whole], [coding, other]);
  }

  /** Remember a change that the server has made and that no coding shows, such as a memo's: it is undone in its turn. */
  note(change) {
    this.store.remember({ changes: [change], added: [], removed: [], unseen: true });
    this.#keep();
  }

  /** Undo the newest act, or redo the newest undone one; whether there was one. */
  reverse(redo = false) {
    const reversed = this.store.reverse(redo);
    if (!reversed) return false;
    this.#keep();
    this.#send(reversed.changes, reversed.act);
    return true;
  }

  /** What the server said of changes; what it refused is taken back here and said. */
  #settle({ batch, results }) {
    const byId = new Map(results.map((result) => [plain(result.id), result]));
    const reasons = [];
    if (batch.some((entry) => entry.unseen && entry.transcript === this.given.transcript)) this.#tell("unseen");
    for (const entry of batch) {
      const result = byId.get(plain(entry.change.id));
      if (!result || entry.transcript !== this.given.transcript) continue;
      if (result.state === "refused") {
        reasons.push(result.reason ?? "");
        this.store.change(entry.removed, entry.added);
        this.store.forget(entry.change.id);
      } else if (result.coded_segment) this.#adopt(entry, plain(result.coded_segment));
    }
    if (reasons.length) {
      this.#keep();
      this.#tell("refused", reasons);
    }
  }

  /** The server has this coding under another id: another tab was first. */
  #adopt(entry, id) {
    const mine = entry.added.find((coding) => coding.id === plain(entry.change.id));
    if (mine && mine.id !== id) this.store.change([{ ...mine, id }], [mine]);
  }
}
