/** Which codings are shown: whose, and with which codes. Whatever is hidden is counted, and one press brings it back. */

import { counted } from "passages/counted";

const FEW = 2; // so many coders fit in the bar, each with a button

export class Shown {
  store; catalogue; words; mayCode; steady;

  /** @param {{store, catalogue, words: DOMStringMap, mayCode: boolean, steady: (change: () => void) => void}} parts */
  constructor({ store, catalogue, words, mayCode, steady }) {
    Object.assign(this, { store, catalogue, words, mayCode, steady });
    this.choice = document.getElementById("whose");
    this.menu = document.getElementById("shown-menu");
    this.list = document.getElementById("shown-coders");
    this.button = /** @type {HTMLElement} */ (document.querySelector("[data-do=shown]"));
    this.note = document.getElementById("hidden-note");
    this.choice.addEventListener("change", (event) => this.coders(event.target.value ? [Number(event.target.value)] : null));
    this.list.addEventListener("change", () => this.#ticked());
    this.button.addEventListener("click", () => this.#open(this.menu.hidden));
    this.menu.addEventListener("click", (event) => this.#press(event.target.closest("[data-shown]")?.dataset.shown));
    this.note.querySelector("button").addEventListener("click", () => this.all());
    document.addEventListener("pointerdown", (event) => {
      if (!this.menu.hidden && !this.menu.contains(event.target) && !this.button.contains(event.target)) this.#open(false);
    });
    this.menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.#open(false);
      this.button.focus();
    });
    store.addEventListener("change", () => this.#tellSoon());
  }

  #open(open) {
    this.menu.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    this.#fillList();
    const most = this.menu.parentElement.clientWidth - this.menu.offsetWidth - 8;
    this.menu.style.left = `${Math.max(8, Math.min(this.button.offsetLeft, most))}px`;
    this.menu.querySelector("input, button").focus();
  }

  /** `[id, name]` of everybody whose codings there are, me first. */
  #everybody() {
    const { me } = this.store;
    const others = [...this.store.coders].filter(([id]) => id !== me);
    return this.mayCode || this.store.coders.has(me) ? [[me, this.words.mine], ...others] : others;
  }

  /** The choice in the bar: everyone's, mine, each other coder's while they are few. */
  fill() {
    const wanted = this.#everybody();
    const fit = wanted.length <= FEW ? wanted : wanted.slice(0, 1);
    for (const input of this.choice.querySelectorAll("input"))
      if (input.value && !fit.some(([id]) => String(id) === input.value)) input.parentElement.remove();
    for (const [id, name] of fit)
      if (!this.choice.querySelector(`input[value="${id}"]`)) this.choice.append(option("radio", "who", id, name));
    this.#follow();
  }

  #fillList() {
    const counts = this.store.countsByCoder();
    this.list.replaceChildren(
      ...this.#everybody().map(([id, name]) => {
        const label = option("checkbox", "coder", id, name);
        label.className = "check small";
        label.querySelector("input").checked = this.store.coderFilter?.has(id) ?? true;
        const count = document.createElement("span");
        count.className = "faint num push";
        count.textContent = String(counts.get(id) ?? 0);
        label.append(count);
        return label;
      }),
    );
  }

  #ticked() {
    const boxes = [...this.list.querySelectorAll("input")];
    const ticked = boxes.filter((box) => box.checked).map((box) => Number(box.value));
    this.coders(ticked.length === boxes.length ? null : ticked);
  }

  /** Let the buttons in the bar say what holds. */
  #follow() {
    const { coderFilter } = this.store;
    const only = coderFilter?.size === 1 ? String([...coderFilter][0]) : null;
    for (const input of this.choice.querySelectorAll("input"))
      input.checked = input.value === (coderFilter === null ? "" : only);
  }

  #press(act) {
    if (act === "all-codes") this.store.filter({ hidden: new Set() });
    else if (act === "no-codes") this.store.filter({ hidden: new Set(this.catalogue.list.map(({ id }) => id)) });
  }

  /** Show the codings of these coders; null for everyone's. */
  coders(ids) {
    this.store.filter({ coders: ids && new Set(ids) });
    this.#follow();
  }

  /** Show or hide a code with all below it. */
  toggle(id) {
    const subtree = this.catalogue.subtree(id);
    const hide = ![...subtree].every((each) => this.store.hiddenCodes.has(each));
    const hidden = new Set(this.store.hiddenCodes);
    for (const each of subtree)
      if (hide) hidden.add(each);
      else hidden.delete(each);
    this.store.filter({ hidden });
  }

  /** Hide all codes but one and those below it. */
  only(id) {
    const subtree = this.catalogue.subtree(id);
    this.store.filter({ hidden: new Set(this.catalogue.list.map((code) => code.id).filter((each) => !subtree.has(each))) });
  }

  all() {
    this.store.filter({ coders: null, hidden: new Set() });
    this.#follow();
  }

  /** What is done now must be seen: these codes, and my codings. */
  reveal(codes) {
    const { hiddenCodes, coderFilter, me } = this.store;
    const coders = coderFilter && !coderFilter.has(me) ? new Set([...coderFilter, me]) : coderFilter;
    const hidden = codes.some((code) => hiddenCodes.has(code)) ? new Set(hiddenCodes) : hiddenCodes;
    for (const code of codes) hidden.delete(code);
    if (coders === coderFilter && hidden === hiddenCodes) return;
    this.store.filter({ coders, hidden });
    this.#follow();
  }

  #tellSoon() {
    this.timer ||= setTimeout(() => {
      this.timer = 0;
      this.#tell();
    }, 80);
  }

  #tell() {
    const { hidden } = this.store.tally();
    const filtered = this.store.coderFilter !== null || this.store.hiddenCodes.size > 0;
    this.button.toggleAttribute("data-on", filtered);
    const text = counted(this.words, "hidden", hidden);
    const said = this.note.querySelector("[data-words]");
    if (said.textContent !== text) said.textContent = text;
    if (this.note.hidden === !hidden) return;
    this.steady(() => (this.note.hidden = !hidden));
  }
}

function option(type, name, value, text) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type, name, value: String(value) });
  label.append(input, text);
  return label;
}
