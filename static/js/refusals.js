/** Changes the server refused, each with what can be done about it; kept until the person has dealt with them. */

const plainWords = 90; // signs of a passage that are shown

/** What can be done about a refusal, best first: by its kind, and by what is known of its place. */
export function remedies({ why, near }, change, { here, current }) {
  const hasPlace = near || (current && change.start !== undefined);
  const found = [];
  if (why === "retired" && change.do === "apply" && here && current) found.push("choose");
  if (hasPlace) found.push("place");
  if (why === "role" || why === "removed" || why === "retired") found.push("again");
  return [...found, "dismiss"];
}

/**
 * Refusals without those that only took back another refused one: nothing came of either, so nothing is lost.
 * Takes the outbox's refused entries.
 */
export function standing(entries) {
  const ids = new Set(entries.map(({ change }) => change.id));
  const takesBack = ({ change }) => (change.do === "undo" || change.do === "withdraw") && ids.has(change.target);
  return { shown: entries.filter((entry) => !takesBack(entry)), moot: entries.filter(takesBack) };
}

export class Refusals extends EventTarget {
  outbox; words; given; nameOf; wordsAt;

  /**
   * @param {{outbox: import("passages/outbox").Outbox, words: DOMStringMap, given: any, nameOf: (code: number) => string,
   *   wordsAt: (start: number, end: number) => string}} parts
   */
  constructor(parts) {
    super();
    Object.assign(this, parts);
    this.entries = [];
    this.outbox.addEventListener("settled", () => this.look());
    this.outbox.addEventListener("refused", () => this.look());
  }

  /** Read what is refused; those that only took back another are let go. */
  async look() {
    const { shown, moot } = standing(await this.outbox.refused());
    if (moot.length) await this.outbox.dismiss(moot.map(({ seq }) => seq));
    this.entries = shown;
    this.dispatchEvent(new Event("change"));
  }

  /** One list item for each. */
  items() {
    return this.entries.map((entry) => this.#item(entry));
  }

  #about({ transcript, revision }) {
    const here = transcript === this.given.transcript;
    return { here, current: here && revision === this.given.revision };
  }

  /** A list item that says what a change of the outbox is about: its code, and its words where this page has them. */
  describe(entry) {
    const { change } = entry;
    const about = this.#about(entry);
    const item = document.createElement("li");
    const code = change.code ?? entry.added[0]?.code ?? entry.removed[0]?.code;
    const range = change.start === undefined ? (entry.added[0] ?? entry.removed[0]) : change;
    const words = about.current && range ? this.wordsAt(range.start, Math.min(range.end, range.start + plainWords)) : "";
    const what = document.createElement("strong");
    what.textContent = code === undefined ? this.words.change : this.nameOf(code);
    const quote = document.createElement("span");
    quote.className = "quiet";
    quote.textContent = words ? ` “${words}”` : about.here ? "" : ` ${this.words.elsewhere}`;
    item.append(what, quote);
    return item;
  }

  #item(entry) {
    const { change, refused } = entry;
    const item = this.describe(entry);
    const reason = document.createElement("p");
    reason.textContent = refused.reason || this.words.refusedOne;
    if (refused.why === "removed") reason.textContent = this.words.removedRemedy;
    if (refused.why === "role") reason.textContent += ` ${this.words.roleRemedy}`;
    const acts = document.createElement("p");
    acts.className = "row";
    acts.append(...remedies(refused, change, this.#about(entry)).map((act) => this.#button(act, entry)));
    item.append(reason, acts);
    return item;
  }

  #button(act, entry) {
    const labels = {
      choose: this.words.chooseAnother,
      place: this.words.showPlace,
      again: this.words.tryAgain,
      dismiss: this.words.dismiss,
    };
    const button = document.createElement("button");
    button.className = "button";
    button.dataset.refusal = act;
    button.textContent = labels[act];
    button.addEventListener("click", () => this.#do(act, entry));
    return button;
  }

  #do(act, entry) {
    const { change, refused, seq } = entry;
    const [start, end] = refused.near ?? [change.start, change.end];
    if (act === "dismiss") this.outbox.dismiss([seq]);
    else if (act === "again") this.dispatchEvent(new CustomEvent("again", { detail: entry }));
    else if (act === "choose") this.dispatchEvent(new CustomEvent("choose", { detail: { start, end, seq } }));
    else this.dispatchEvent(new CustomEvent("place", { detail: { start, end, ...this.#about(entry), entry } }));
  }
}
