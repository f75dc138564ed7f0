/** Lights up the whole of what is pointed at or has the focus: one coding, or all codings with some codes. */

const UNDER = 10; // below what is active or chosen

export class Lights {
  #wanted = { pointer: null, focus: null }; // for each () => the codings to light; the pointer's comes first
  #keys = { pointer: "", focus: "" };
  store; painter; stripes;

  /** @param {{store, painter, stripes}} parts */
  constructor({ store, painter, stripes }) {
    Object.assign(this, { store, painter, stripes });
    painter.addEventListener("window", () => (this.#wanted.pointer || this.#wanted.focus) && this.#draw());
  }

  /** The coding that has the "pointer" or the "focus" on it, or null. */
  coding(coding, by = "pointer") {
    this.#light(coding && (() => [coding]), coding?.id ?? "", by);
  }

  /** The codes that have it: all their shown codings near the ones seen. */
  codes(ids, by = "pointer") {
    this.#light(ids && (() => this.#near(ids)), ids ? [...ids].join() : "", by);
  }

  #light(find, key, by) {
    if (key === this.#keys[by]) return;
    this.#keys[by] = key;
    this.#wanted[by] = find;
    this.#draw();
  }

  #near(ids) {
    const found = new Map();
    for (let turn = this.painter.first; turn <= this.painter.last; turn += 1)
      for (const coding of this.store.inTurn(turn)) if (ids.has(coding.code)) found.set(coding.id, coding);
    return [...found.values()];
  }

  #draw() {
    const codings = (this.#wanted.pointer ?? this.#wanted.focus)?.() ?? null;
    this.painter.mark("hovered", codings, UNDER);
    this.stripes.lit = new Set(codings?.map(({ id }) => id));
    this.stripes.draw();
  }
}
