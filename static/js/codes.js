/** The codebook beside the text: a tree to walk, filter, and apply from. Codes are plain objects from the page. */

import { initials } from "passages/pinyin";

const say = () => document.getElementById("words").dataset;

/**
 * Codes whose name or path holds the typed words, or the initials of Chinese ones, with their ancestors; null for all.
 * Full-width forms are the same.
 */
export function matching(codes, typed) {
  const wanted = typed.normalize("NFKC").trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return null;
  const byId = new Map(codes.map((code) => [code.id, code]));
  const found = new Set();
  for (const code of codes) {
    const name = code.path.normalize("NFKC").toLowerCase();
    if (!wanted.every((word) => name.includes(word) || initials(code.path).includes(word))) continue;
    for (let at = code; at; at = byId.get(at.parent)) found.add(at.id);
  }
  return found;
}

export class CodeTree extends EventTarget {
  catalogue; store;

  /** @param {{catalogue: import("passages/catalogue").Catalogue, store}} parts */
  constructor({ catalogue, store }) {
    super();
    Object.assign(this, { catalogue, store });
    this.tree = document.getElementById("code-tree");
    this.filter = document.getElementById("code-filter");
    this.gist = document.getElementById("code-gist");
    this.none = document.getElementById("no-code");
    this.pattern = /** @type {HTMLTemplateElement} */ (document.getElementById("tree-row"));
    this.rows = new Map([...this.tree.querySelectorAll("[data-code]")].map((row) => [Number(row.dataset.code), row]));
    this.closed = new Set();
    this.chosen = null; // the id of the selected code
    store.addEventListener("change", () => this.#countSoon());
    catalogue.addEventListener("change", () => this.#renew());
    this.tree.addEventListener("click", (event) => this.#click(event));
    this.tree.addEventListener("keydown", (event) => this.#key(event));
    this.tree.addEventListener("pointerover", (event) => this.#light(event.target.closest("[data-code]"), "pointer"));
    this.tree.addEventListener("pointerleave", () => this.#light(null, "pointer"));
    this.tree.addEventListener("focusin", (event) => this.#light(event.target.closest("[data-code]"), "focus"));
    this.tree.addEventListener("focusout", () => this.#light(null, "focus"));
    this.gist.addEventListener("click", (event) => {
      if (event.target.closest("[data-do=only]")) this.#tell("only", this.chosen);
    });
    this.filter.addEventListener("input", () => this.#show());
    this.filter.addEventListener("keydown", (event) => this.#filterKey(event));
    const first = this.rows.values().next().value;
    if (first) first.tabIndex = 0;
  }

  get codes() {
    return this.catalogue.list;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #light(row, by) {
    this.#tell("light", { by, codes: row ? this.catalogue.subtree(Number(row.dataset.code)) : null });
  }

  /** The codebook has changed: rows are kept, with the focus that one may have, and put in order. */
  #renew() {
    const focused = document.activeElement;
    const rows = new Map();
    for (const code of this.codes)
      if (!code.retired || code.heads) rows.set(code.id, this.#fill(this.rows.get(code.id) ?? this.#makeRow(code), code));
    this.rows = rows;
    this.tree.replaceChildren(...rows.values());
    document.querySelector("[data-no-codes]")?.toggleAttribute("hidden", rows.size > 0);
    if (focused instanceof HTMLElement && this.tree.contains(focused)) focused.focus({ preventScroll: true });
    if (!this.tree.querySelector('[tabindex="0"]') && rows.size) rows.values().next().value.tabIndex = 0;
    if (rows.has(this.chosen)) describe(this.gist, this.catalogue.get(this.chosen));
    this.#show();
    this.count();
  }

  #makeRow(code) {
    const row = /** @type {HTMLElement} */ (this.pattern.content.firstElementChild.cloneNode(true));
    row.id = `code-${code.id}`;
    row.dataset.code = String(code.id);
    return row;
  }

  #fill(row, code) {
    row.setAttribute("aria-level", String(code.level));
    row.title = code.path;
    row.toggleAttribute("data-retired", code.retired);
    if (row.hasAttribute("draggable")) row.setAttribute("draggable", String(!code.retired));
    if (code.retired) row.setAttribute("aria-disabled", "true");
    else row.removeAttribute("aria-disabled");
    if (code.opens) row.setAttribute("aria-expanded", String(!this.closed.has(code.id)));
    else row.removeAttribute("aria-expanded");
    row.querySelector(".swatch").className = `swatch ${code.look}`;
    row.querySelector(".name").textContent = code.name;
    return row;
  }

  #countSoon() {
    this.timer ||= setTimeout(() => {
      this.timer = 0;
      this.count();
    }, 80);
  }

  /** Counts of the coded segments shown, a parent's with its children's; and which codes are shown. */
  count() {
    const own = this.store.counts();
    const total = new Map();
    const below = new Map(); // id -> [codes there and below it, those of them that are hidden]
    for (const code of [...this.codes].reverse()) {
      const n = (total.get(code.id) ?? 0) + (own.get(code.id) ?? 0);
      const [all, hidden] = below.get(code.id) ?? [0, 0];
      const here = [all + 1, hidden + Number(this.store.hiddenCodes.has(code.id))];
      total.set(code.id, n);
      below.set(code.id, here);
      if (!code.parent) continue;
      total.set(code.parent, (total.get(code.parent) ?? 0) + n);
      const above = below.get(code.parent) ?? [0, 0];
      below.set(code.parent, [above[0] + here[0], above[1] + here[1]]);
    }
    for (const [id, row] of this.rows) {
      const [all, hidden] = below.get(id);
      row.setAttribute("aria-checked", hidden === 0 ? "true" : hidden === all ? "false" : "mixed");
      const count = row.querySelector(".count");
      const words = total.get(id) ? String(total.get(id)) : "";
      if (count.textContent !== words) count.textContent = words;
    }
  }

  #show() {
    const found = matching(this.codes, this.filter.value);
    let any = false;
    for (const code of this.codes) {
      const row = this.rows.get(code.id);
      if (!row) continue;
      row.hidden = found ? !found.has(code.id) : this.#isFolded(code);
      any ||= !row.hidden;
    }
    this.none.hidden = any || !this.rows.size;
    this.none.textContent = say().noMatch.replace("{typed}", this.filter.value.trim());
  }

  #isFolded(code) {
    for (let at = this.catalogue.byId.get(code.parent); at; at = this.catalogue.byId.get(at.parent)) if (this.closed.has(at.id)) return true;
    return false;
  }

  #fold(row, open) {
    const id = Number(row.dataset.code);
    if (!row.hasAttribute("aria-expanded")) return;
    row.setAttribute("aria-expanded", String(open));
    if (open) this.closed.delete(id);
    else this.closed.add(id);
    this.#show();
  }

  #visible() {
    return [...this.rows.values()].filter((row) => !row.hidden);
  }

  /** Move to a row; its definition is shown below the tree. */
  select(row, { focus = true } = {}) {
    for (const other of this.tree.querySelectorAll('[aria-selected="true"], [tabindex="0"]')) {
      other.setAttribute("aria-selected", "false");
      other.tabIndex = -1;
    }
    row.setAttribute("aria-selected", "true");
    row.tabIndex = 0;
    if (focus) row.focus();
    this.chosen = Number(row.dataset.code);
    describe(this.gist, this.catalogue.get(this.chosen));
  }

  #click(event) {
    const row = event.target.closest("[data-code]");
    if (!row) return;
    if (event.target.closest(".twist") && row.hasAttribute("aria-expanded"))
      this.#fold(row, row.getAttribute("aria-expanded") !== "true");
    else if (event.target.closest(".eye"))
      this.#tell(event.altKey ? "only" : "toggle", Number(row.dataset.code));
    else this.#apply(row);
  }

  #apply(row) {
    this.select(row, { focus: false });
    if (row.hasAttribute("data-retired")) return;
    this.#tell("pick", Number(row.dataset.code));
  }

  #filterKey(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "Enter") {
      const first = this.#visible()[0];
      if (first) this.select(first);
      event.preventDefault();
    } else if (event.key === "Escape" && this.filter.value) {
      this.filter.value = "";
      this.#show();
      event.preventDefault();
    }
  }

  #key(event) {
    const row = event.target.closest("[data-code]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = this.#visible();
    const at = rows.indexOf(row);
    const open = row.getAttribute("aria-expanded");
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      if (rows[to]) this.select(rows[to]);
    } else if (event.key === "ArrowRight") {
      if (open === "false") this.#fold(row, true);
      else if (open && rows[at + 1]) this.select(rows[at + 1]);
    } else if (event.key === "ArrowLeft") {
      const parent = this.rows.get(this.catalogue.get(Number(row.dataset.code)).parent);
      if (open === "true") this.#fold(row, false);
      else if (parent) this.select(parent);
    } else if (event.key === "Enter") this.#apply(row);
    else if (event.key === " ") this.#tell("toggle", Number(row.dataset.code));
    else if (event.key === "/") this.filter.focus();
    else if (event.key.length === 1) this.#jump(rows, at, event.key);
    else return;
    event.preventDefault();
  }

  #jump(rows, at, letter) {
    const order = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
    const found = order.find((row) =>
      row.querySelector(".name").textContent.toLowerCase().startsWith(letter.toLowerCase()),
    );
    if (found) this.select(found);
  }
}

/** Show a code's name, definition, include and exclude in an element. */
export function describe(element, code) {
  const words = say();
  element.replaceChildren();
  const add = (tag, text, className = "") => {
    const child = document.createElement(tag);
    child.textContent = text;
    child.className = className;
    element.append(child);
  };
  add("strong", code.name);
  add("p", code.definition || words.noDefinition, code.definition ? "" : "faint");
  if (code.include) add("p", `${words.include}: ${code.include}`, "quiet");
  if (code.exclude) add("p", `${words.exclude}: ${code.exclude}`, "quiet");
  const only = document.createElement("button");
  only.className = "linklike";
  only.dataset.do = "only";
  only.textContent = words.onlyThis;
  element.append(only);
  element.hidden = false;
}
