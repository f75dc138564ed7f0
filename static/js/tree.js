/** A tree that is one list of rows: walked by keys, folded, filtered, chosen from. Rows carry data-code and data-parent. */

import { initials } from "passages/pinyin";

/** Ids of the rows to show: those whose text contains the words asked for, and all above them. */
export function matching(rows, asked) {
  const wanted = asked.normalize("NFKC").toLowerCase().trim();
  const parents = new Map(rows.map(({ id, parent }) => [id, parent]));
  const found = new Set();
  for (const { id, text } of rows) {
    if (!text.normalize("NFKC").toLowerCase().includes(wanted)) continue;
    for (let at = id; at && !found.has(at); at = parents.get(at)) found.add(at);
  }
  return found;
}

/** Ids of the rows that no closed row hides; rows come in tree order. */
export function unfolded(rows, closed) {
  const shown = new Set();
  const open = new Set([""]);
  for (const { id, parent } of rows) {
    if (!open.has(parent)) continue;
    shown.add(id);
    if (!closed.has(id)) open.add(id);
  }
  return shown;
}

const MOVES = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" };

export class Tree extends EventTarget {
  /** What outlives the rows when the server sends new ones. */
  closed = null;
  at = "";
  chosen = new Set();
  from = "";
  asked = "";

  /** Take over the rows of a box, as the server made them. @param {HTMLElement} box */
  take(box) {
    this.box = box;
    this.elements = /** @type {HTMLElement[]} */ ([...box.querySelectorAll("[data-code]")]);
    this.rows = this.elements.map((row) => {
      const name = row.querySelector("a").textContent;
      const text = `${name}\n${initials(name)}\n${row.querySelector(".def").textContent}`;
      return { row, id: row.dataset.code, parent: row.dataset.parent, text };
    });
    this.byId = new Map(this.rows.map((each) => [each.id, each]));
    this.closed ??= new Set(this.elements.filter((row) => row.dataset.folds === "closed").map((row) => row.dataset.code));
    for (const id of this.chosen) if (!this.byId.has(id)) this.chosen.delete(id);
    const current = /** @type {HTMLElement} */ (box.querySelector("[aria-current]"));
    if (current) this.reveal(current.dataset.code);
    if (!this.byId.has(this.at)) this.at = current?.dataset.code ?? this.rows[0]?.id ?? "";
    for (const row of this.elements) this.#prepare(row);
    box.setAttribute("role", "tree");
    box.setAttribute("aria-multiselectable", "true");
    box.onclick = (event) => this.#click(event);
    box.onkeydown = (event) => this.#key(event);
    this.show();
  }

  #prepare(row) {
    const { segments, people } = this.box.dataset;
    row.setAttribute("role", "treeitem");
    row.setAttribute("aria-level", row.dataset.level);
    [segments, people].forEach((unit, index) => {
      const words = document.createElement("span");
      words.className = "visually-hidden";
      words.textContent = unit;
      row.querySelectorAll(".num")[index].prepend(words);
    });
    for (const inner of row.querySelectorAll("a, input")) /** @type {HTMLElement} */ (inner).tabIndex = -1;
    row.querySelector("input")?.setAttribute("aria-hidden", "true"); // aria-selected says it
    row.querySelector(".def").setAttribute("aria-hidden", "true"); // the pane reads it
  }

  /** Bring what is seen in line with what is folded, asked for, chosen and walked to. */
  show() {
    const found = this.asked.trim() ? matching(this.rows, this.asked) : unfolded(this.rows, this.closed);
    this.seen = this.rows.filter(({ id }) => found.has(id)).map(({ row }) => row);
    if (!found.has(this.at)) this.at = this.seen[0]?.dataset.code ?? "";
    for (const { row, id } of this.rows) {
      row.hidden = !found.has(id);
      row.tabIndex = id === this.at ? 0 : -1;
      if ("folds" in row.dataset)
        row.setAttribute("aria-expanded", String(Boolean(this.asked.trim()) || !this.closed.has(id)));
      row.setAttribute("aria-selected", String(this.chosen.has(id)));
      const box = row.querySelector("input");
      if (box) box.checked = this.chosen.has(id);
    }
    return found.size;
  }

  /** Open all that is above a row. */
  reveal(id) {
    for (let at = this.byId.get(id)?.parent; at; at = this.byId.get(at)?.parent) this.closed.delete(at);
  }

  row(id) {
    return this.byId.get(id)?.row;
  }

  walk(row, focus = true) {
    this.row(this.at)?.setAttribute("tabindex", "-1");
    this.at = row.dataset.code;
    row.tabIndex = 0;
    if (focus) row.focus();
  }

  fold(row, open) {
    if (!("folds" in row.dataset)) return;
    if (open) this.closed.delete(row.dataset.code);
    else this.closed.add(row.dataset.code);
    this.show();
    this.#say("fold", row);
  }

  choose(id, chosen = !this.chosen.has(id)) {
    if (chosen) this.chosen.add(id);
    else this.chosen.delete(id);
    this.from = id;
    this.show();
    this.#say("choose");
  }

  unchoose() {
    this.chosen.clear();
    this.show();
    this.#say("choose");
  }

  /** Choose all rows from the one chosen last to this one. */
  #chooseTo(row) {
    const [a, b] = [this.seen.indexOf(this.row(this.from) ?? row), this.seen.indexOf(row)];
    for (const each of this.seen.slice(Math.min(a, b), Math.max(a, b) + 1)) this.chosen.add(each.dataset.code);
    this.show();
    this.#say("choose");
  }

  #say(name, row) {
    this.dispatchEvent(new CustomEvent(name, { detail: row }));
  }

  #click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = /** @type {HTMLElement} */ (target.closest("[data-code]"));
    if (!row || target.closest(".renaming")) return;
    const mayChoose = Boolean(row.querySelector("input"));
    if (target.matches("input")) {
      if (event.shiftKey && this.from) this.#chooseTo(row);
      else this.choose(row.dataset.code);
      this.walk(row);
      return;
    }
    if (target.closest("a") && event.button === 0 && (event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.walk(row);
    if (target.closest(".twist") && "folds" in row.dataset) this.fold(row, this.closed.has(row.dataset.code));
    else if (mayChoose && event.shiftKey) this.#chooseTo(row);
    else if (mayChoose && (event.ctrlKey || event.metaKey)) this.choose(row.dataset.code);
    else this.#say("open", row);
  }

  #key(event) {
    const row = /** @type {HTMLElement} */ (event.target);
    if (!row.matches("[data-code]") || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.altKey) {
      if (!MOVES[event.key]) return;
      event.preventDefault();
      this.dispatchEvent(new CustomEvent("move", { detail: { row, to: MOVES[event.key] } }));
      return;
    }
    const at = this.seen.indexOf(row);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.seen.length - 1 }[event.key];
    const mayChoose = Boolean(row.querySelector("input"));
    if (to !== undefined) {
      const next = this.seen[to];
      if (next && event.shiftKey && mayChoose) {
        this.from = this.chosen.size ? this.from : row.dataset.code;
        this.#chooseTo(next);
      }
      if (next) this.walk(next);
    } else if (event.key === "ArrowRight") this.#right(row, at);
    else if (event.key === "ArrowLeft") this.#left(row);
    else if (event.key === "Enter") this.#say("open", row);
    else if (event.key === " " && mayChoose) this.choose(row.dataset.code);
    else if (event.key === "Escape" && this.chosen.size) this.unchoose();
    else if (event.key === "F2") this.#say("rename", row);
    else if (event.key === "/") this.#say("ask");
    else if (event.key.length === 1 && event.key !== " ") this.#jump(at, event.key);
    else return;
    event.preventDefault();
  }

  #right(row, at) {
    if (!("folds" in row.dataset)) return;
    if (this.closed.has(row.dataset.code)) this.fold(row, true);
    else if (this.seen[at + 1]) this.walk(this.seen[at + 1]);
  }

  #left(row) {
    const above = this.row(row.dataset.parent);
    if ("folds" in row.dataset && !this.closed.has(row.dataset.code)) this.fold(row, false);
    else if (above) this.walk(above);
  }

  #jump(at, letter) {
    const order = [...this.seen.slice(at + 1), ...this.seen.slice(0, at + 1)];
    const found = order.find((row) => row.querySelector("a").textContent.toLowerCase().startsWith(letter.toLowerCase()));
    if (found) this.walk(found);
  }
}
