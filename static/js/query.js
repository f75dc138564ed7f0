/** The query view: the table follows its controls, cells open their passages, arrows walk the table. */

/** What an address need not say, because it is so anyway. */
const PLAIN = {
  count: "respondents",
  show: "n",
  by: "respondent_type",
  children: "yes",
  sort: "codebook",
  ink: "tint",
};

/**
 * The query string for what a form holds: of a repeated single value the last counts, and what goes without saying
 * is left out.
 * @param {Iterable<[string, string]>} entries
 * @returns {URLSearchParams}
 */
export function addressOf(entries) {
  const address = new URLSearchParams();
  for (const [name, value] of entries) {
    if (name in PLAIN) address.set(name, value);
    else if (value) address.append(name, value);
  }
  for (const [name, value] of Object.entries(PLAIN)) {
    if (address.get(name) === value) address.delete(name);
  }
  return address;
}

/** What of an address belongs to the attribute in the columns, and goes when another takes them. */
const OF_COLUMNS = { by: ["group", "limits", "across", "across_group"], across: ["across_group"] };
const OF_HEADS = ["by", "across", "group", "limits", "across_group"];

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * Where a key leads from a cell of a grid, or null if it leads nowhere.
 * @param {{key: string, ctrlKey?: boolean}} event
 * @param {{row: number, column: number}} from
 * @param {{rows: number, columns: number}} size
 */
export function placeAfter({ key, ctrlKey = false }, { row, column }, { rows, columns }) {
  if (key === "Home") return { row: ctrlKey ? 0 : row, column: 0 };
  if (key === "End") return { row: ctrlKey ? rows - 1 : row, column: columns - 1 };
  const step = STEPS[key];
  if (!step) return null;
  const to = { row: row + step[0], column: column + step[1] };
  return to.row < 0 || to.row >= rows || to.column < 0 || to.column >= columns ? null : to;
}

/** @param {HTMLFormElement} form */
function start(form) {
  const main = document.getElementById("main");
  const panel = document.getElementById("opened");
  let asking = new AbortController();

  const rows = () => /** @type {HTMLElement[]} */ ([...main.querySelectorAll(".crosstab tbody tr")]);
  const heads = () => /** @type {HTMLElement[]} */ ([...main.querySelectorAll(".crosstab thead .num .by")]);
  const cells = () => [heads(), ...rows().filter((tr) => !tr.hidden).map((tr) => [...tr.querySelectorAll(".cell")])];
  const cellOf = (key) => main.querySelector(`.cell[data-cell="${CSS.escape(key)}"]`);
  const openKey = () => new URLSearchParams(location.search).get("cell");

  function say(text) {
    const note = main.querySelector("[data-say]");
    note.querySelector("span").textContent = text;
    note.hidden = !text;
  }

  /** One cell, or the head of a column, can be reached by Tab, the others from it by arrows. */
  function rove(cell) {
    for (const each of [...heads(), ...main.querySelectorAll(".cell")]) each.tabIndex = each === cell ? 0 : -1;
  }

  /** Codes whose rows below are folded away; they stay so while the table changes. */
  const folded = new Set();

  function foldRows() {
    let above = Infinity;
    for (const row of rows()) {
      const level = Number(row.dataset.level);
      row.hidden = level > above;
      if (!row.hidden) above = folded.has(row.dataset.code) ? level : Infinity;
      const button = /** @type {HTMLElement} */ (row.querySelector(".fold"));
      if (!button) continue;
      button.hidden = false;
      button.setAttribute("aria-expanded", String(!folded.has(row.dataset.code)));
    }
  }

  /** @param {HTMLElement} row */
  function fold(row, away = !folded.has(row.dataset.code)) {
    if (!row.querySelector(".fold")) return;
    folded[away ? "add" : "delete"](row.dataset.code);
    foldRows();
    if (main.querySelector(".cell[tabindex='0']")?.closest("tr").hidden) rove(row.querySelector(".cell"));
  }

  function prepareTable() {
    foldRows();
    main.querySelector(".crosstab")?.setAttribute("role", "grid");
    rove(cellOf(openKey() ?? "") ?? main.querySelector(".cell"));
  }

  function remember(address) {
    history.replaceState(null, "", `${location.pathname}${address.size ? `?${address}` : ""}`);
  }

  async function load(url) {
    asking.abort();
    asking = new AbortController();
    const answer = await fetch(url, { signal: asking.signal, headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok && answer.status !== 400) throw new TypeError(String(answer.status));
    return answer;
  }

  /** Do what needs the server; say so if it does not answer. */
  async function tryTo(work, failed) {
    main.setAttribute("aria-busy", "true");
    try {
      await work();
      say("");
      main.removeAttribute("aria-busy");
    } catch (error) {
      if (error.name === "AbortError") return; // a later wish is under way
      main.removeAttribute("aria-busy");
      if (!(error instanceof TypeError)) throw error;
      say(failed);
    }
  }

  /** Bring every part of the page up to date that depends on what is asked, but not what is being used. */
  function show(address) {
    return tryTo(async () => {
      const answer = await load(`${form.action}?${address}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!page.getElementById("controls")) return void location.assign(`${form.action}?${address}`);
      remember(address);
      document.title = page.title;
      for (const part of main.querySelectorAll("[data-swap]")) {
        const used = part.contains(document.activeElement);
        const lifting = part.dataset.swap === "lifts";
        if (used && lifting) main.querySelector(".filters summary").focus();
        else if (used && part.dataset.swap !== "table") continue;
        const fresh = page.querySelector(`[data-swap="${part.dataset.swap}"]`);
        if (fresh) part.replaceChildren(...fresh.childNodes);
      }
      const opened = page.getElementById("opened");
      panel.replaceChildren(...opened.childNodes);
      panel.hidden = opened.hidden;
      prepareTable();
    }, form.dataset.failed);
  }

  function ask(changed) {
    const address = addressOf(/** @type {any} */ (new FormData(form)).entries());
    for (const name of OF_COLUMNS[changed] ?? []) address.delete(name);
    if (changed === "limits") address.delete("group");
    if (changed === "group") address.delete("limits");
    const open = openKey();
    if (OF_HEADS.includes(changed) && address.get("sort")?.startsWith("column:")) address.delete("sort");
    if (open && !OF_HEADS.includes(changed)) address.set("cell", open);
    return show(address);
  }

  /** @param {HTMLAnchorElement} head */
  async function sort(head) {
    await show(new URL(head.href).searchParams);
    const fresh = main.querySelector(`.by[data-sort="${CSS.escape(head.dataset.sort)}"]`);
    if (!(fresh instanceof HTMLElement)) return;
    if (fresh.closest(".num")) rove(fresh);
    fresh.focus();
  }

  function open(address) {
    const key = address.get("cell");
    return tryTo(async () => {
      const answer = await load(`${panel.dataset.passages}?${address}`);
      panel.innerHTML = await answer.text(); // a template of ours
      panel.hidden = false;
      address.delete("page");
      remember(address);
      main.querySelector(".cell[aria-expanded]")?.removeAttribute("aria-expanded");
      const cell = cellOf(key);
      cell?.setAttribute("aria-expanded", "true");
      if (cell) rove(cell);
      panel.querySelector("#opened-title").focus();
    }, panel.dataset.failed);
  }

  function close() {
    const address = new URLSearchParams(location.search);
    const cell = cellOf(openKey() ?? "");
    address.delete("cell");
    remember(address);
    panel.hidden = true;
    panel.replaceChildren();
    cell?.removeAttribute("aria-expanded");
    cell?.focus();
  }

  form.querySelector("[data-do=ask]").hidden = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask("");
  });
  document.addEventListener("change", (event) => {
    const control = /** @type {HTMLInputElement} */ (event.target);
    if (control.form === form) ask(control.name);
  });

  const counting = /** @type {HTMLButtonElement} */ (main.querySelector("[data-do=controls]"));
  counting.hidden = false;
  counting.setAttribute("aria-expanded", "false");
  counting.addEventListener("click", () => {
    counting.setAttribute("aria-expanded", String(counting.getAttribute("aria-expanded") !== "true"));
  });

  main.addEventListener("click", (event) => {
    const folding = /** @type {HTMLElement} */ (event.target).closest("[data-do=fold]");
    if (folding) return void fold(folding.closest("tr"));
    const link = /** @type {HTMLElement} */ (event.target).closest(
      ".cell, [data-do=close], [data-do=page], [data-do=go], [data-do=sort]",
    );
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const address = new URL(link.href).searchParams;
    if (link.dataset.do === "close") close();
    else if (link.dataset.do === "go") show(address);
    else if (link.dataset.do === "sort") sort(link);
    else open(address);
  });

  main.addEventListener("keydown", (event) => {
    const cell = /** @type {HTMLElement} */ (event.target).closest(".cell, .num > .by");
    if (event.key === "Escape") return escape(event, cell);
    if (!cell || event.altKey || event.metaKey) return;
    if ((event.key === "-" || event.key === "+") && cell.matches(".cell")) return void fold(cell.closest("tr"), event.key === "-");
    const grid = cells();
    const row = grid.findIndex((line) => line.includes(cell));
    const size = { rows: grid.length, columns: grid[row].length };
    const to = placeAfter(event, { row, column: grid[row].indexOf(cell) }, size);
    if (!to) return;
    event.preventDefault();
    rove(grid[to.row][to.column]);
    grid[to.row][to.column].focus();
  });

  /** From a menu to its head, from the passages to their cell, and there: the passages away. */
  function escape(event, cell) {
    const menu = /** @type {HTMLElement} */ (event.target).closest("details[open]");
    if (menu) {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    } else if (panel.contains(event.target)) cellOf(openKey() ?? "")?.focus();
    else if (cell && !panel.hidden) close();
  }

  document.addEventListener("click", (event) => {
    for (const menu of main.querySelectorAll("details.several[open]")) {
      if (!menu.contains(/** @type {Node} */ (event.target))) menu.removeAttribute("open");
    }
  });

  prepareTable();
}

if (globalThis.document) {
  const form = document.getElementById("controls");
  if (form instanceof HTMLFormElement) start(form);
}
