/** The list of keys on "?": what each does, and changing them. */

import { COMMANDS, commandOf, mayBe, partsOf, rebind } from "passages/commands";
import { nameOf } from "passages/keys";

const GROUPS = ["choose", "code", "move", "change", "page"];

/** The words for a command or a group: `data-key-next-word` of the page's words. */
const wordKey = (id) => `key${id.replace(/(^|-)(.)/g, (_all, _dash, letter) => letter.toUpperCase())}`;

const element = (tag, { text = "", className = "", label = "" } = {}) => {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  if (label) made.setAttribute("aria-label", label);
  return made;
};

export class KeyList {
  #catching = null; // {id, instead, chip}: the next key is for that command
  keys; words;

  /** @param {{keys: import("passages/keys").Keys, words: DOMStringMap}} parts */
  constructor({ keys, words }) {
    Object.assign(this, { keys, words });
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("keys-dialog"));
    this.box = document.getElementById("keys-list");
    this.note = document.getElementById("keys-note");
    this.letters = /** @type {HTMLInputElement} */ (document.getElementById("letters-on"));
    this.letters.addEventListener("change", () => keys.switchLetters(this.letters.checked));
    this.dialog.querySelector("[data-do=reset-keys]").addEventListener("click", () => {
      keys.change();
      this.#fill();
      this.#say(words.keysReset);
    });
    this.box.addEventListener("click", (event) => this.#click(event));
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("close", () => this.#let());
    this.dialog.addEventListener("cancel", (event) => this.#catching && event.preventDefault());
    document.querySelector("[data-do=keys]").addEventListener("click", () => this.open());
  }

  open() {
    this.letters.checked = this.keys.letters;
    this.#say("");
    this.#fill();
    this.dialog.showModal();
  }

  #say(text) {
    this.note.textContent = text;
  }

  #nameOf(id) {
    return this.words[wordKey(id)];
  }

  #fill(focus = null) {
    this.box.replaceChildren(...GROUPS.map((group) => this.#group(group)));
    const wanted = focus && [...this.box.querySelectorAll("[data-command]")].find(
      (row) => row.getAttribute("data-command") === focus,
    );
    wanted?.querySelector("button")?.focus();
  }

  #group(group) {
    const section = element("section");
    const list = element("dl", { className: "keys-list" });
    const own = COMMANDS.filter((command) => command.group === group);
    const rows = own.filter(({ fixed }) => !fixed).map((command) => this.#row(command.id));
    if (own.some(({ fixed }) => fixed)) rows.splice(1, 0, this.#recentRow());
    list.append(...rows);
    section.append(element("h3", { text: this.#nameOf(`group-${group}`) }), list);
    return section;
  }

  #row(id) {
    const row = element("div");
    row.dataset.command = id;
    const keys = element("dt");
    const what = this.#nameOf(id);
    for (const name of this.keys.bound[id]) {
      const spoken = this.words.keyChange.replace("{key}", partsOf(name).join(" ")).replace("{what}", what);
      const chip = element("button", { className: "key", label: spoken });
      chip.dataset.key = name;
      chip.append(...caps(name));
      keys.append(chip);
    }
    const add = element("button", { className: "key key-add", text: "+", label: this.words.keyAdd.replace("{what}", what) });
    keys.append(add);
    row.append(element("dd", { text: what }), keys);
    return row;
  }

  #recentRow() {
    const row = element("div");
    const keys = element("dt", { className: "key-fixed" });
    keys.append(...caps("1"), " – ", ...caps("9"));
    row.append(element("dd", { text: this.#nameOf("recent") }), keys);
    return row;
  }

  #click(event) {
    const chip = event.target.closest(".key");
    if (!chip) return;
    this.#let();
    const id = chip.closest("[data-command]").dataset.command;
    this.#catching = { id, instead: chip.dataset.key ?? null, chip };
    chip.dataset.catching = "true";
    this.#say(
      (chip.dataset.key ? this.words.keyPressOrRemove : this.words.keyPress).replace("{what}", this.#nameOf(id)),
    );
  }

  #let() {
    if (this.#catching) delete this.#catching.chip.dataset.catching;
    this.#catching = null;
  }

  #key(event) {
    if (!this.#catching || ["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key)) return;
    if (event.key === "Tab") {
      this.#let();
      this.#say("");
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const { id, instead } = this.#catching;
    const name = nameOf(event);
    if (name === "Escape") {
      this.#let();
      this.#say("");
    } else if (instead && (name === "Backspace" || name === "Delete")) this.#take(id, null, instead);
    else this.#take(id, name, instead);
  }

  #take(id, name, instead) {
    const shown = name ? partsOf(name).join(" ") : "";
    if (name && !mayBe(name)) return this.#say(this.words.keyNever.replace("{key}", shown));
    const before = name && commandOf(this.keys.bound, name);
    const fixed = before && COMMANDS.find((command) => command.id === before).fixed;
    if (fixed) return this.#say(this.words.keyFixed.replace("{key}", shown));
    if (before && before !== id && this.asked !== name + id) {
      this.asked = name + id; // the same key once more means it
      return this.#say(
        this.words.keyTaken.replace("{key}", shown).replace("{what}", this.#nameOf(before)),
      );
    }
    this.asked = null;
    this.#let();
    this.keys.change(rebind(this.keys.changed, id, name, instead));
    this.#fill(id);
    this.#say(
      !name
        ? this.words.keyGone.replace("{what}", this.#nameOf(id))
        : before && before !== id
          ? this.words.keyMoved
              .replace("{key}", shown)
              .replace("{what}", this.#nameOf(id))
              .replace("{before}", this.#nameOf(before))
          : this.words.keyKept.replace("{key}", shown).replace("{what}", this.#nameOf(id)),
    );
  }
}

function caps(name) {
  return partsOf(name).flatMap((part, index) => [...(index ? [" "] : []), element("kbd", { text: part })]);
}
