/** The palette: type a few letters, see the codes that fit, apply one (Enter) or several (Shift+Enter). */

import fuzzysort from "fuzzysort";

import { counted } from "passages/counted";
import { initials } from "passages/pinyin";

const SHOWN = 50;
const RECENT = 9;
const OPENS = "passages.palette-opens";

const plainly = (text) => text.normalize("NFKC").toLowerCase();

/** How plainly a name holds what was typed: at its beginning, at a word's, somewhere, not at all. */
function plainness(name, wanted) {
  const at = plainly(name).indexOf(wanted);
  if (at < 0) return 0;
  if (at === 0) return 3;
  return /[\p{L}\p{N}]/u.test(plainly(name)[at - 1]) ? 1 : 2;
}

/** Codes for what was typed, best first: `{found: [{code, marks}], more}`; `marks` are indexes into the name. */
export function search(codes, typed, limit = SHOWN) {
  const wanted = typed.normalize("NFKC").trim();
  const plain = wanted.toLowerCase();
  const results = /** @type {any} */ (fuzzysort).go(wanted, codes, {
    keys: ["name", "path", "definition", (code) => initials(code.name)],
    threshold: 0.3,
    scoreFn: (result) =>
      plainness(result.obj.name, plain) +
      Math.max(...[1, 0.9, 0.6, 0.8].map((weight, index) => weight * (result[index]?.score ?? 0))),
  });
  const found = results.slice(0, limit).map((result) => ({ code: result.obj, marks: result[0]?.indexes ?? [] }));
  return { found, more: Math.max(0, results.length - found.length) };
}

/** A list with an item put first, once, and no longer than `RECENT`. */
export const recently = (list, item) => [item, ...list.filter((other) => other !== item)].slice(0, RECENT);

export class Palette extends EventTarget {
  /** @param {{catalogue: import("passages/catalogue").Catalogue, study: string, words: DOMStringMap, mayAdd: boolean}} given */
  constructor({ catalogue, study, words, mayAdd }) {
    super();
    this.mayAdd = mayAdd;
    this.catalogue = catalogue;
    this.#take();
    catalogue.addEventListener("change", () => this.#take());
    this.key = `passages.recent.${study}`;
    this.words = words;
    this.box = document.getElementById("palette");
    this.input = document.getElementById("palette-input");
    this.list = document.getElementById("palette-list");
    this.gist = document.getElementById("palette-gist");
    this.note = document.getElementById("palette-note");
    this.length = document.getElementById("palette-length");
    this.shown = [];
    this.at = 0;
    this.opening = /** @type {HTMLInputElement} */ (document.getElementById("palette-opens"));
    this.opening.checked = this.opensItself;
    this.opening.addEventListener("change", () => localStorage.setItem(OPENS, this.opening.checked ? "on" : "off"));
    this.input.addEventListener("input", () => this.#search());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.list.addEventListener("click", (event) => this.#click(event));
    this.list.addEventListener("pointermove", (event) => this.#hover(event));
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the field
    document.addEventListener("pointerdown", (event) => {
      if (this.isOpen && !this.box.contains(event.target)) this.close(false);
    });
  }

  #take() {
    this.codes = this.catalogue.list.filter((code) => !code.retired);
    this.byId = new Map(this.codes.map((code) => [code.id, code]));
  }

  get isOpen() {
    return !this.box.hidden;
  }

  /** Whether it opens as soon as words are selected by mouse: a setting of this browser. */
  get opensItself() {
    return localStorage.getItem(OPENS) === "on";
  }

  get recent() {
    const kept = JSON.parse(localStorage.getItem(this.key) ?? "[]");
    return kept.filter((id) => this.byId.has(id));
  }

  /** Note that a code was applied. */
  used(id) {
    localStorage.setItem(this.key, JSON.stringify(recently(this.recent, id)));
  }

  /** Open below a rectangle (above, where there is no room), for a stretch of so many characters. */
  open(rect, characters) {
    this.box.hidden = false;
    this.length.textContent = counted(this.words, "characters", characters);
    this.input.value = "";
    this.#search();
    this.place(rect);
    this.input.focus({ preventScroll: true });
  }

  place(rect) {
    if (matchMedia("(max-width: 759px)").matches) {
      this.box.removeAttribute("style");
      return;
    }
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const below = rect.bottom + 6;
    const top = below + height <= innerHeight - 8 ? below : Math.max(8, rect.top - height - 6);
    const left = Math.max(8, Math.min(rect.left, innerWidth - width - 8));
    this.box.style.top = `${top}px`;
    this.box.style.left = `${left}px`;
  }

  /** Close; with `back` whoever opened it takes the focus again. */
  close(back = true) {
    if (!this.isOpen) return;
    this.box.hidden = true;
    this.dispatchEvent(new CustomEvent("close", { detail: { back } }));
  }

  #search() {
    const typed = this.input.value;
    if (typed.trim()) {
      const { found, more } = search(this.codes, typed);
      this.#list(found, more, typed.trim());
    } else {
      const recent = this.recent.map((id) => this.byId.get(id));
      const rest = this.codes.filter((code) => !recent.includes(code));
      const all = [...recent, ...rest];
      const found = all.slice(0, SHOWN).map((code) => ({ code, marks: [] }));
      this.#list(found, all.length - found.length, "", recent.length);
    }
  }

  #list(found, more, typed, recent = 0) {
    this.shown = found.map(({ code }) => code);
    const options = found.map(({ code, marks }, index) => this.#option(code, marks, index, recent));
    const isNew = typed && !found.some(({ code }) => code.name.toLowerCase() === typed.toLowerCase());
    this.newName = isNew && this.mayAdd ? typed : "";
    if (this.newName) options.push(this.#newOption(typed));
    this.list.replaceChildren(...options);
    const none = !found.length;
    const notes = [
      none ? this.words.noMatch.replace("{typed}", typed) : more && this.words.andMore.replace("{n}", String(more)),
      isNew && none && !this.mayAdd && this.words.newCodeLead,
    ];
    this.note.textContent = notes.filter(Boolean).join(" ");
    this.note.hidden = !this.note.textContent;
    this.#choose(0);
  }

  #option(code, marks, index, recent) {
    const option = document.createElement("div");
    option.setAttribute("role", "option");
    option.id = `palette-${code.id}`;
    option.dataset.index = String(index);
    const swatch = document.createElement("i");
    swatch.className = `swatch ${code.look}`;
    const name = document.createElement("span");
    name.className = "one-line";
    name.append(...marked(code.name, new Set(marks)));
    const key = document.createElement("span");
    key.className = "faint small";
    if (index < recent) key.textContent = String(index + 1);
    const path = document.createElement("span");
    path.className = "path";
    path.textContent = code.parent ? code.path.slice(0, -code.name.length - 3) : this.words.topLevel;
    option.append(swatch, name, key, path);
    return option;
  }

  /** The last line: a new code by the name that was typed. */
  #newOption(typed) {
    const option = document.createElement("div");
    option.setAttribute("role", "option");
    option.id = "palette-new";
    option.dataset.index = String(this.shown.length);
    const sign = document.createElement("span");
    sign.className = "palette-plus";
    sign.textContent = "+";
    const name = document.createElement("span");
    name.className = "one-line";
    name.textContent = this.words.newNamed.replace("{typed}", typed);
    option.append(sign, name);
    return option;
  }

  #choose(index) {
    this.at = Math.max(0, Math.min(index, this.list.children.length - 1));
    for (const option of this.list.children) {
      const chosen = Number(option.dataset.index) === this.at;
      option.setAttribute("aria-selected", String(chosen));
      if (chosen) option.scrollIntoView({ block: "nearest" });
    }
    const code = this.shown[this.at];
    const option = this.list.children[this.at];
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    this.gist.hidden = !code?.definition;
    this.gist.textContent = code?.definition ?? "";
  }

  #key(event) {
    if (event.isComposing) return;
    const page = 8;
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    if (event.key in moves) this.#choose(this.at + moves[event.key]);
    else if (event.key === "Enter") this.#apply(this.at, event.shiftKey);
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else if (!this.input.value && /^[1-9]$/.test(event.key) && Number(event.key) <= this.recent.length)
      this.#apply(Number(event.key) - 1, event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #hover(event) {
    const option = event.target.closest("[role=option]");
    if (option && Number(option.dataset.index) !== this.at) this.#choose(Number(option.dataset.index));
  }

  #click(event) {
    const option = event.target.closest("[role=option]");
    if (option) this.#apply(Number(option.dataset.index), event.shiftKey || event.ctrlKey || event.metaKey);
  }

  #apply(index, stay) {
    const code = this.shown[index];
    if (!code && this.newName) {
      this.close(false);
      this.dispatchEvent(new CustomEvent("new", { detail: this.newName }));
    }
    if (!code) return;
    this.dispatchEvent(new CustomEvent("apply", { detail: code.id }));
    if (stay) {
      this.input.value = "";
      this.#search();
    } else this.close();
  }
}

function marked(name, marks) {
  let at = 0;
  return Array.from(name, (sign) => {
    const bold = marks.has(at);
    at += sign.length;
    if (!bold) return sign;
    const element = document.createElement("b");
    element.textContent = sign;
    return element;
  });
}
