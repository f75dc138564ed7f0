/** Keyboard shortcuts: single letters in the text only, and only while they are switched on (WCAG 2.1.4). */

const KEPT = "passages.letters";

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
const isLetter = (name) => /^(Shift\+)?.$/u.test(name);

/**
 * Have keys do things. `keys` work while `inText()`, `always` anywhere but in fields; none while `isBusy()`.
 */
export function shortcuts({ inText, isBusy, keys, always }) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("keys-dialog"));
  const letters = /** @type {HTMLInputElement} */ (document.getElementById("letters-on"));
  letters.checked = localStorage.getItem(KEPT) !== "off";
  letters.addEventListener("change", () => localStorage.setItem(KEPT, letters.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || isBusy() || typing(event.target)) return;
    const name = nameOf(event);
    const act = always[name] ?? (name === "?" && letters.checked ? () => dialog.showModal() : null);
    const inner = !act && inText() && (letters.checked || !isLetter(name)) ? keys[name] : null;
    if (!act && !inner) return;
    if (name === "Enter" && event.target.closest("a, button")) return;
    event.preventDefault();
    (act ?? inner)();
  });
  document.querySelector("[data-do=keys]").addEventListener("click", () => dialog.showModal());
}
