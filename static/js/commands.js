/**
 * What keys do in the workspace: the one table behind the behaviour, the list on "?", and what a person changed. No DOM.
 *
 * A key is written as `nameOf` gives it: "c", "Shift+Z", "Control+z", "ArrowDown". Keys work while the focus is in the
 * transcript; those of commands that are `anywhere` also beside it.
 */

/** @typedef {{id: string, keys: string[], group: string, anywhere?: boolean, fixed?: boolean}} Command */

const command = (group, id, ...keys) => ({ id, keys, group });

/** @type {Command[]} */
export const COMMANDS = [
  command("choose", "next-word", "ArrowRight"),
  command("choose", "previous-word", "ArrowLeft"),
  command("choose", "extend-word", "Shift+ArrowRight"),
  command("choose", "shrink-word", "Shift+ArrowLeft"),
  command("choose", "extend-sentence", "Shift+ArrowDown"),
  command("choose", "shrink-sentence", "Shift+ArrowUp"),
  command("choose", "extend-paragraph", "Control+Shift+ArrowDown"),
  command("choose", "shrink-paragraph", "Control+Shift+ArrowUp"),
  command("choose", "sentence", "s"),
  command("choose", "paragraph", "a"),
  command("choose", "turn", "t"),
  command("choose", "let-go", "Escape"),
  command("code", "code", "c", "Enter"),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({ ...command("code", `recent-${n}`, String(n)), fixed: true })),
  command("code", "in-vivo", "i"),
  command("code", "memo", "m"),
  { ...command("code", "undo", "z", "Control+z"), anywhere: true },
  { ...command("code", "redo", "Shift+Z", "Control+Shift+Z", "Control+y"), anywhere: true },
  command("move", "next-turn", "j", "ArrowDown"),
  command("move", "previous-turn", "k", "ArrowUp"),
  command("move", "next-coding", "n"),
  command("move", "previous-coding", "p"),
  command("move", "next-same", "Shift+N"),
  command("move", "previous-same", "Shift+P"),
  command("move", "uncoded", "u"),
  command("move", "find", "f"),
  command("move", "filter", "/"),
  command("change", "recode", "r"),
  command("change", "ends", "e"),
  command("change", "move", "v"),
  command("change", "split", "x"),
  command("change", "merge", "g"),
  command("change", "copy", "y"),
  command("change", "withdraw", "Delete"),
  command("page", "show-all", "h"),
  { ...command("page", "keys", "?"), anywhere: true },
];

const BY_ID = new Map(COMMANDS.map((each) => [each.id, each]));
const NEVER = /(^|\+)(Tab|Shift|Control|Alt|AltGraph|Meta|CapsLock|Dead|Process|Unidentified|F\d+)$/;

/** Whether a key is a single letter, digit or sign: those can be switched off as one. */
export const isLetter = (name) => /^(Shift\+)?.$/u.test(name);

/** Whether a person may give a key to a command: not what browsers and screen readers need to get about. */
export const mayBe = (name) => !NEVER.test(name);

/** `{command id: keys}` for everybody, with what a person `changed`; what is unknown there is left out. */
export function bindings(changed = {}) {
  const keys = ({ id, keys: usual }) => {
    const own = changed[id];
    return Array.isArray(own) ? own.filter((name) => typeof name === "string" && mayBe(name)) : usual;
  };
  return Object.fromEntries(COMMANDS.map((each) => [each.id, each.fixed ? each.keys : keys(each)]));
}

/** The command that has a key, or null; the first one, should two have it. */
export function commandOf(bound, name) {
  return COMMANDS.find(({ id }) => bound[id].includes(name))?.id ?? null;
}

/** `[key, command id, command id]` wherever two commands share a key. */
export function conflicts(bound) {
  const taken = new Map();
  const found = [];
  for (const { id } of COMMANDS)
    for (const name of bound[id])
      if (taken.has(name)) found.push([name, taken.get(name), id]);
      else taken.set(name, id);
  return found;
}

/**
 * What a person changed, after a key went to a command, in the place of another (`instead`) where there is one; it
 * leaves whichever command had it. Null for `name` takes `instead` away.
 */
export function rebind(changed, id, name, instead = null) {
  const bound = bindings(changed);
  const before = name && commandOf(bound, name);
  const next = { ...changed };
  if (before && before !== id) {
    if (BY_ID.get(before).fixed) return changed;
    next[before] = bound[before].filter((key) => key !== name);
  }
  const own = bound[id].filter((key) => key !== name || key === instead);
  const at = instead === null ? -1 : own.indexOf(instead);
  if (at >= 0) own.splice(at, 1, ...(name ? [name] : []));
  else if (name) own.push(name);
  next[id] = own;
  return next;
}

const SIGNS = {
  Control: "Ctrl",
  ArrowRight: "→",
  ArrowLeft: "←",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  " ": "Space",
};

/** A key as it is written on keyboards, in parts: ["Ctrl", "Shift", "↓"]. */
export function partsOf(name) {
  return name.split(/\+(?=.)/u).map((part) => SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}
