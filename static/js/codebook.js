/** The codebook's page: its tree, and the pane beside it, kept in step with the server without leaving the page. */

import { makeDraggable } from "passages/dragging";
import { Tree } from "passages/tree";

const MEANING = ["name", "definition", "include", "exclude", "example"]; // a change of these makes a revision

class Page {
  constructor(main) {
    this.main = main;
    this.pane = document.getElementById("detail");
    this.says = document.getElementById("says").dataset;
    this.editable = "editable" in main.dataset;
    this.tree = new Tree();
    this.queue = Promise.resolve();
    this.filter = /** @type {HTMLInputElement} */ (main.querySelector("[data-filter=codes]"));
    this.tree.addEventListener("open", (event) => this.open(this.#detail(event)));
    this.tree.addEventListener("choose", () => this.showChosen());
    this.tree.addEventListener("ask", () => this.filter.focus());
    if (this.editable) {
      this.tree.addEventListener("move", (event) => {
        const { row, to } = this.#detail(event);
        this.act({ do: to, codes: [row.dataset.code] });
      });
      this.tree.addEventListener("rename", (event) => this.rename(this.#detail(event)));
    }
    this.listen();
    this.takeTree();
    this.takePane();
    this.showWaiting();
    this.scrollToCurrent();
  }

  #detail(event) {
    return /** @type {CustomEvent} */ (event).detail;
  }

  // The tree

  takeTree() {
    const box = document.getElementById("tree");
    if (!box) return;
    this.tree.take(box);
    if (this.editable) makeDraggable(this.tree, (codes, at, place) => this.act({ do: "move", codes, at, place }));
    this.showFilter();
    this.showChosen();
  }

  scrollToCurrent() {
    this.main.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  showFilter() {
    this.tree.asked = this.filter?.value ?? "";
    const found = this.tree.show();
    this.main.querySelector("[data-filter-none]").hidden = found > 0;
  }

  showChosen() {
    const bulk = document.getElementById("acts");
    if (!bulk) return;
    const n = this.tree.chosen.size;
    bulk.hidden = n === 0;
    const words = bulk.querySelector("[data-chosen]");
    words.textContent = n === 1 ? words.dataset.one : words.dataset.many.replace("%s", String(n));
    bulk.querySelector("[data-do=unchoose]").hidden = false;
  }

  open(row) {
    this.show(row.querySelector("a").href);
  }

  rename(row) {
    const link = row.querySelector("a");
    const field = document.createElement("input");
    field.className = "input renaming";
    field.value = link.textContent;
    field.setAttribute("aria-label", this.says.name);
    let ended = false;
    const end = (save) => {
      if (ended) return; // taking the field away ends it too
      ended = true;
      const name = field.value.trim();
      field.replaceWith(link);
      if (document.activeElement === document.body) row.focus();
      if (save && name && name !== link.textContent) this.act({ do: "rename", codes: [row.dataset.code], name });
    };
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter") end(true);
      else if (event.key === "Escape") end(false);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    field.addEventListener("blur", () => end(true));
    link.replaceWith(field);
    field.select();
  }

  /** How much each coder has to review: counted after the page is there, as it may be much. */
  async showWaiting() {
    const box = /** @type {HTMLElement} */ (this.main.querySelector("[data-waiting]"));
    const answer = await fetch(box.dataset.waiting).catch(() => null);
    if (answer?.ok) box.innerHTML = await answer.text(); // a template of ours
  }

  // The pane

  takePane() {
    this.form = /** @type {HTMLFormElement} */ (this.pane.querySelector("[data-code-form]"));
    this.before = this.form ? this.values() : "";
    this.meant = this.form ? this.meaning() : "";
    this.showChanged();
  }

  meaning() {
    const given = new FormData(this.form);
    return JSON.stringify(MEANING.map((name) => given.get(name)));
  }

  values() {
    return new URLSearchParams(/** @type {any} */ (new FormData(this.form))).toString();
  }

  get changed() {
    return Boolean(this.form?.isConnected) && this.values() !== this.before;
  }

  /** What the pane's form holds, as text; empty without one. */
  typed() {
    return this.form?.isConnected ? this.values() : "";
  }

  showChanged() {
    const status = this.form?.querySelector("[data-changed]");
    if (!status) return;
    status.textContent = this.changed ? this.says.changed : "";
    const save = document.getElementById("save-code");
    save.textContent = this.changed && this.meaning() !== this.meant ? save.dataset.revised : save.dataset.plain;
  }

  mayLeave() {
    return !this.changed || window.confirm(this.says.leave);
  }

  /** Show in the pane what an address of this page asks for. */
  show(address) {
    if (!this.mayLeave()) return;
    const { search } = new URL(address);
    const typed = this.typed();
    this.ask(`${this.main.dataset.paneUrl}${search}`, {}, (_answer, text) => {
      if (this.typed() !== typed) return; // somebody went on writing meanwhile
      this.remember(search);
      this.pane.innerHTML = text; // a template of ours
      this.takePane();
      this.showCurrent();
      const title = document.getElementById("pane-title");
      const below = this.pane.offsetTop >= this.main.querySelector(".list").getBoundingClientRect().height;
      const stays = title?.classList.contains("visually-hidden") || document.activeElement?.closest("#tree");
      if (below || !stays) title?.focus({ preventScroll: below });
      if (below) this.pane.scrollIntoView();
      this.pane.querySelector(".scroll")?.scrollTo(0, 0);
    });
  }

  remember(search) {
    history.replaceState(null, "", `${location.pathname}${search}`);
  }

  showCurrent() {
    const code = new URLSearchParams(location.search).get("code");
    this.main.querySelector("[aria-current]")?.removeAttribute("aria-current");
    this.tree.row(code)?.setAttribute("aria-current", "true");
  }

  // The server

  /** Ask for something, one wish after the other; `use(answer, text)` what it says. */
  ask(url, options, use) {
    this.queue = this.queue.then(async () => {
      this.main.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" }, ...options });
        if (!answer.ok && answer.status !== 422) throw new TypeError(String(answer.status));
        use(answer, await answer.text());
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        this.say(this.says.failed);
      } finally {
        this.main.removeAttribute("aria-busy");
      }
    });
    return this.queue;
  }

  say(words) {
    const note = document.createElement("p");
    note.className = "note";
    note.dataset.kind = "danger";
    note.textContent = words;
    const box = document.createElement("div");
    box.className = "messages";
    box.append(note);
    this.main.querySelector("[data-swap=messages]").replaceChildren(box);
  }

  /** Do something with codes, from the tree; what is being typed in the pane stays. */
  act(given) {
    const body = new FormData(/** @type {HTMLFormElement} */ (document.getElementById("acts")));
    body.delete("codes");
    for (const [name, value] of Object.entries(given)) for (const each of [value].flat()) body.append(name, each);
    return this.post(document.getElementById("acts").getAttribute("action"), body, this.changed);
  }

  /** Send a form; of the answer everything is shown, but for the pane where more was typed into it meanwhile. */
  post(url, body, keepsPane, saves = false) {
    const address = new URL(url, location.href);
    if (!address.search) address.search = location.search;
    const typed = this.typed();
    return this.ask(address.href, { method: "POST", body }, (answer, text) => {
      const fresh = new DOMParser().parseFromString(text, "text/html");
      const goesOn = this.typed() !== typed;
      if (goesOn && saves && answer.redirected) this.form["seen"].value = fresh.querySelector("[name=seen]")["value"];
      this.swap(fresh, keepsPane || goesOn, answer.status === 422);
      if (answer.redirected) this.remember(new URL(answer.url).search);
      this.showCurrent();
    });
  }

  /** Bring the page up to date; a refusal leaves the tree alone and is shown in the pane. */
  swap(fresh, keepsPane, refused) {
    const had = document.activeElement;
    const [id, inTree, inPane] = [had?.id, had?.closest("#tree"), had?.closest("#detail")];
    const scrolled = this.main.querySelector(".tree-wrap")?.scrollTop;
    for (const part of this.main.querySelectorAll("[data-swap]")) {
      const name = /** @type {HTMLElement} */ (part).dataset.swap;
      if (name === "pane" && keepsPane) continue;
      if (refused && !["pane", "messages"].includes(name)) continue;
      const other = fresh.querySelector(`[data-swap="${name}"]`);
      if (!other) return void location.reload();
      part.replaceChildren(...other.childNodes);
    }
    if (!refused) {
      this.takeTree();
      this.showWaiting();
    }
    if (!keepsPane) this.takePane();
    const wrap = this.main.querySelector(".tree-wrap");
    if (wrap) wrap.scrollTop = scrolled;
    if (inTree && !refused) {
      const code = this.main.querySelector("[aria-current]")?.dataset.code;
      const row = this.tree.row(this.tree.at) ?? this.tree.row(code);
      row?.focus({ preventScroll: true });
      row?.scrollIntoView({ block: "nearest" });
    } else if (refused) this.showRefusal();
    else if (inPane) (document.getElementById(id) ?? this.tree.row(this.tree.at))?.focus({ preventScroll: true });
  }

  showRefusal() {
    const wrong = /** @type {HTMLElement} */ (this.pane.querySelector("[aria-invalid=true], [role=alert]"));
    if (wrong?.matches("[role=alert]")) wrong.tabIndex = -1;
    wrong?.focus();
  }

  // What people do

  listen() {
    document.addEventListener("submit", (event) => this.submit(event));
    this.main.addEventListener("click", (event) => this.click(event));
    this.pane.addEventListener("input", () => this.showChanged());
    this.pane.addEventListener("reset", () => queueMicrotask(() => this.showChanged()));
    this.pane.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.escape();
    });
    this.filter?.addEventListener("input", () => this.showFilter());
    this.filter?.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && this.tree.seen?.length) {
        event.preventDefault();
        this.tree.walk(this.tree.seen[0]);
      }
    });
    const tools = /** @type {HTMLFormElement} */ (this.main.querySelector("[data-tools]"));
    tools?.addEventListener("change", (event) => {
      if (event.target !== this.filter) this.refresh(tools);
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.changed) event.preventDefault();
    });
  }

  /** The tree as its boxes want it. */
  refresh(tools) {
    const address = new URLSearchParams(location.search);
    for (const box of tools.querySelectorAll("input[type=checkbox]")) {
      if (box.checked) address.set(box.name, box.value);
      else address.delete(box.name);
    }
    this.ask(`${location.pathname}?${address}`, {}, (_answer, text) => {
      this.remember(`?${address}`);
      this.swap(new DOMParser().parseFromString(text, "text/html"), true, false);
      this.showCurrent();
    });
  }

  submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const button = /** @type {HTMLButtonElement} */ (event.submitter);
    if (form.matches("[data-tools]")) return event.preventDefault();
    if (!this.main.contains(form) || button?.matches("[data-recode]")) return;
    const body = new FormData(form, button);
    if (form.matches("form[data-pane]") || button?.matches("[data-pane]")) {
      event.preventDefault();
      this.show(`${location.origin}${location.pathname}?${new URLSearchParams(/** @type {any} */ (body))}`);
    } else if (form.matches("[data-form], #acts")) {
      event.preventDefault();
      const ofCode = form === this.form;
      if (!ofCode && form.closest("#detail") && !this.mayLeave()) return;
      this.post(form.getAttribute("action"), body, form.id === "acts" && this.changed, ofCode);
      if (form.id === "acts") this.tree.chosen.clear();
    }
  }

  click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const link = target.closest("a[data-pane], a[data-close], [data-do=unchoose], [data-back]");
    for (const menu of this.main.querySelectorAll("details.several[open]"))
      if (!menu.contains(target) || target.closest(".popover a, .popover button")) menu.removeAttribute("open");
    if (link?.matches("[data-back]")) {
      event.preventDefault();
      this.toTree();
    } else if (link instanceof HTMLAnchorElement) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.show(link.href);
    } else if (link) {
      this.tree.unchoose();
      this.tree.row(this.tree.at)?.focus();
    }
  }

  toTree() {
    const row = this.tree.row(this.tree.at);
    row?.scrollIntoView({ block: "nearest" });
    row?.focus({ preventScroll: true });
  }

  /** From a menu to its head, from the pane to the tree. */
  escape() {
    const menu = document.activeElement.closest("details.several[open]");
    if (menu) {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    } else this.toTree();
  }
}

if (globalThis.document) {
  const main = document.querySelector("main.codebook");
  if (main) main["page"] = new Page(main);
}
