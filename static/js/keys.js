/**
 * Keyboard shortcuts: in the text only, unless a command says otherwise; single letters only while they are switched on,
 * and all of them as each person wants them (WCAG 2.1.4).
 */

import { bindings, commandOf, isLetter } from "passages/commands";

const LETTERS = "passages.letters";

/** How an event's key is written: "c", "Shift+Z", "Control+z", "ArrowDown". The Mac's command key counts as Control. */
export function nameOf(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Control");
  if (event.altKey) parts.push("Alt");
  // Caps lock must not take the letters away.
  const single = event.key.length === 1;
  const key = single ? (event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase()) : event.key;
  const shifted = event.shiftKey && (key.length > 1 || key.toLowerCase() !== key.toUpperCase());
  if (shifted) parts.push("Shift");
  return [...parts, key].join("+");
}

const typing = (element) => element?.closest?.("input, textarea, select, [contenteditable]");

/** A person's own keys, kept in this browser. */
export class Keys extends EventTarget {
  /** @type {Keys | null} those of this page, for parts that have keys of their own */
  static current = null;

  constructor(user) {
    super();
    Keys.current = this;
    this.kept = `passages.keys.${user}`;
    this.letters = localStorage.getItem(LETTERS) !== "off";
    this.changed = JSON.parse(localStorage.getItem(this.kept) ?? "{}");
    this.bound = bindings(this.changed);
  }

  switchLetters(on) {
    this.letters = on;
    localStorage.setItem(LETTERS, on ? "on" : "off");
    this.dispatchEvent(new Event("change"));
  }

  /** Take over what a person changed; nothing for the keys everybody begins with. */
  change(changed = {}) {
    this.changed = changed;
    this.bound = bindings(changed);
    localStorage.setItem(this.kept, JSON.stringify(changed));
    this.dispatchEvent(new Event("change"));
  }

  /** The command that an event asks for, or null. */
  commandFor(event) {
    if (event.isComposing || event.keyCode === 229 || typing(event.target)) return null;
    const name = nameOf(event);
    return this.letters || !isLetter(name) ? commandOf(this.bound, name) : null;
  }
}

/**
 * Have keys do things: `acts` by command id, where `inText()` or, for the commands of `anywhere`, everywhere but in
 * fields; none while `isBusy()`.
 */
export function shortcuts({ keys, acts, anywhere, inText, isBusy }) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isBusy()) return;
    const id = keys.commandFor(event);
    if (!id || !(inText() || anywhere.has(id))) return;
    const pressed = /** @type {Element} */ (event.target);
    if (event.key === "Enter" && pressed.closest("a, button")) return;
    event.preventDefault();
    acts[id]();
  });
}
