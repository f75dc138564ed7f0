/**
 * A table whose cells are changed in place: arrows move between cells, Enter or F2 or a press opens one, Enter or Tab
 * keeps what was typed, Esc leaves it. A cell with `data-form` is changed by the form that this address gives. Without
 * this script each row's own page does the same.
 */

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * Where a key leads from a cell, in a grid of so many rows and columns; null where it leads nowhere.
 * @param {string} key
 * @param {number[]} from
 * @param {number[]} size
 */
export function moved(key, [row, column], [rows, columns], far = false) {
  if (key === "Home") return [far ? 0 : row, 0];
  if (key === "End") return [far ? rows - 1 : row, columns - 1];
  const step = MOVES[key];
  if (!step) return null;
  const to = [row + step[0], column + step[1]];
  return to[0] < 0 || to[0] >= rows || to[1] < 0 || to[1] >= columns ? null : to;
}

const BY_SCRIPT = { "X-Requested-With": "XMLHttpRequest" };

/** What a field or a form says now, to be compared. */
const valueOf = (field) =>
  field.matches("form") ? new URLSearchParams(/** @type {any} */ (new FormData(field))).toString() : field.value;

class Grid {
  constructor(table) {
    this.table = table;
    this.said = document.getElementById("grid-said");
    this.open = null;
    table.setAttribute("role", "grid");
    table.querySelectorAll("thead tr, tbody tr").forEach((row) => row.setAttribute("role", "row"));
    this.rows().forEach((row) => this.dress(row));
    this.cells(this.rows()[0])[0].tabIndex = 0;
    table.addEventListener("keydown", (event) => this.press(event));
    table.addEventListener("click", (event) => this.click(event));
    table.addEventListener("focusin", (event) => this.rove(event.target.closest("[data-cell]")));
    table.addEventListener("focusout", (event) => this.leave(event));
    table.addEventListener("submit", (event) => this.submit(event));
    this.said.addEventListener("submit", (event) => this.undo(event));
  }

  rows() {
    return [...this.table.tBodies[0].rows].filter((row) => !row.hidden);
  }

  cells(row) {
    return [...row.querySelectorAll("[data-cell]")];
  }

  dress(row) {
    row.setAttribute("role", "row");
    for (const cell of this.cells(row)) {
      cell.setAttribute("role", cell.matches("th") ? "rowheader" : "gridcell");
      cell.tabIndex = -1;
    }
    for (const cell of row.querySelectorAll("td:not([data-cell])")) cell.setAttribute("role", "gridcell");
  }

  place(cell) {
    const rows = this.rows();
    const row = rows.indexOf(cell.closest("tr"));
    return { at: [row, this.cells(rows[row]).indexOf(cell)], size: [rows.length, this.cells(rows[row]).length] };
  }

  /** @param {number[]} to */
  go([row, column]) {
    this.cells(this.rows()[row])[column].focus();
  }

  rove(cell) {
    if (!cell) return;
    for (const other of this.table.querySelectorAll("[data-cell][tabindex='0']")) other.tabIndex = -1;
    cell.tabIndex = 0;
  }

  press(event) {
    const cell = event.target.closest("[data-cell]");
    if (!cell || event.isComposing || event.altKey) return;
    if (this.open) return this.pressInside(event, cell);
    if (event.key === "Enter" || event.key === "F2") {
      event.preventDefault();
      return this.edit(cell);
    }
    const { at, size } = this.place(cell);
    const to = moved(event.key, at, size, event.ctrlKey || event.metaKey);
    if (!to) return;
    event.preventDefault();
    this.go(to);
  }

  pressInside(event, cell) {
    if (event.key === "Escape") {
      event.preventDefault();
      this.close();
      cell.focus();
    } else if (this.open.field.matches("form")) {
      if (event.key !== "Enter" || event.target.closest("button")) return; // Tab goes from field to field
      event.preventDefault();
      this.keep(this.place(cell).at);
    } else if (event.key === "Enter" || event.key === "Tab") {
      const { at, size } = this.place(cell);
      const way = event.key === "Enter" ? null : event.shiftKey ? "ArrowLeft" : "ArrowRight";
      const to = way ? moved(way, at, size) : at;
      if (!to) return; // Tab at the end of a row: out of the table, and what was typed is kept on the way
      event.preventDefault();
      this.keep(to);
    }
  }

  click(event) {
    const cell = event.target.closest("[data-cell]");
    if (event.target.closest("[data-do=leave]")) {
      this.close();
      cell.focus();
    } else if (cell && !event.target.closest("a") && this.open?.cell !== cell) this.edit(cell);
  }

  submit(event) {
    event.preventDefault();
    this.keep(this.place(this.open.cell).at);
  }

  leave(event) {
    if (this.open && !this.open.cell.contains(event.relatedTarget)) this.keep(null);
  }

  edit(cell) {
    return cell.dataset.form ? this.editByForm(cell) : this.editByField(cell);
  }

  async editByForm(cell) {
    const answer = await fetch(cell.dataset.form, { headers: BY_SCRIPT }).catch(() => null);
    if (!answer?.ok || answer.redirected) return this.tell(this.said.dataset.unread, "");
    if (this.open || !cell.contains(document.activeElement)) return; // somewhere else meanwhile
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    this.show(cell, /** @type {HTMLFormElement} */ (parsed.querySelector("form")));
  }

  editByField(cell) {
    const editor = document.querySelector(`template[data-editor="${cell.dataset.cell}"]`);
    const { content } = /** @type {HTMLTemplateElement} */ (editor);
    const field = /** @type {HTMLInputElement} */ (content.firstElementChild.cloneNode(true));
    for (const name of ["id", "name", "aria-describedby", "required"]) field.removeAttribute(name);
    field.value = cell.dataset.value;
    const who = cell.closest("tr").querySelector("th").dataset.value;
    field.setAttribute("aria-label", `${cell.dataset.name}, ${who}`);
    this.show(cell, field);
    if (field.matches("input:not([type=date])")) field.select();
  }

  show(cell, field) {
    this.open = { cell, field, shown: [...cell.childNodes], was: valueOf(field), busy: false };
    cell.dataset.open = "";
    cell.replaceChildren(field);
    this.focusIn(field);
    field.scrollIntoView({ block: "nearest", inline: "nearest" }); // all of a form, not its first field alone
  }

  focusIn(field) {
    (field.matches("form") ? field.querySelector("input:not([type=hidden]), select") : field).focus();
  }

  close() {
    const { cell, shown } = this.open;
    this.open = null;
    delete cell.dataset.open;
    cell.replaceChildren(...shown);
  }

  /** Send what was typed and show the row as it is then; go to a cell, if that is wanted. */
  async keep(to) {
    const { cell, field, was, busy } = this.open;
    if (busy) return;
    if (valueOf(field) === was && (field.matches("form") || field.validity.valid)) {
      this.close();
      return to && this.go(to);
    }
    this.open.busy = true;
    const answer = await this.send(cell, field).catch(() => null);
    this.open.busy = false;
    if (answer?.ok && answer.headers.get("Content-Type").startsWith("text/html") && !answer.redirected) {
      return this.take(cell, await answer.text(), to);
    }
    if (answer?.status === 422) return this.refuse(cell, field, await answer.text());
    if (answer?.status === 409) {
      const { detail, now } = await answer.json();
      cell.dataset.value = now; // told: the next time means it
      return this.refuse(cell, field, detail);
    }
    this.close();
    this.tell(this.said.dataset.broken, "");
  }

  send(cell, field) {
    if (field.matches("form")) {
      return fetch(field.action, { method: "POST", body: new FormData(field), headers: BY_SCRIPT });
    }
    const body = new FormData();
    body.append("csrfmiddlewaretoken", this.said.elements.csrfmiddlewaretoken.value);
    body.append("field", cell.dataset.cell);
    body.append("seen", cell.dataset.value);
    body.append("value", field.validity.badInput ? "?" : field.value); // what is no number has no value: let it be refused
    return fetch(cell.closest("tr").dataset.address, { method: "POST", body });
  }

  take(cell, html, to) {
    const parsed = new DOMParser().parseFromString(`<table><tbody>${html}</tbody></table>`, "text/html");
    const rows = [...parsed.querySelectorAll("tr")];
    const [fresh] = rows;
    const name = cell.dataset.name;
    this.open = null;
    for (const row of rows) {
      const old = /** @type {HTMLElement} */ (this.table.querySelector(`tr[data-row="${row.dataset.row}"]`));
      this.dress(row);
      row.hidden = old?.hidden;
      old?.replaceWith(row);
    }
    if (to) this.go(to);
    else if (!this.table.querySelector("[data-cell][tabindex='0']")) this.cells(fresh)[0].tabIndex = 0;
    const who = fresh.querySelector("th").dataset.value;
    this.tell(this.said.dataset.saved.replace("%s", `${name}, ${who}`), fresh.dataset.undo ?? "");
  }

  refuse(cell, field, why) {
    cell.querySelector(".error")?.remove();
    const error = document.createElement("p");
    error.className = "error small";
    error.setAttribute("role", "alert");
    error.id = "cell-error";
    error.textContent = why;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", error.id);
    cell.append(error);
    this.focusIn(field);
  }

  tell(words, undo) {
    const [text, button] = [this.said.querySelector("[role=status]"), this.said.querySelector("button")];
    text.textContent = words;
    button.hidden = !undo;
    this.said.action = undo;
  }

  async undo(event) {
    event.preventDefault();
    const body = new FormData();
    body.append("csrfmiddlewaretoken", this.said.elements.csrfmiddlewaretoken.value);
    const answer = await fetch(this.said.action, { method: "POST", body }).catch(() => null);
    if (!answer?.ok) return this.tell(this.said.dataset.broken, "");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const refused = page.querySelector(".messages [data-kind=danger]");
    if (refused) this.tell(refused.textContent.trim(), "");
    else location.reload();
  }
}

if (globalThis.document) {
  const table = document.querySelector("[data-grid]");
  if (table) new Grid(table);
  for (const part of document.querySelectorAll(".people-tools [data-needs-script]")) part.hidden = false;
}
