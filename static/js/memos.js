/** Memos: edited in place on their pages, written beside the transcript, and marked beside the codings. */

import { Keys } from "passages/keys";

/** Text as the label of a Markdown link: one line, nothing in it means anything to Markdown. */
export function labelOf(text, most = 80) {
  const line = text.replace(/\s+/gu, " ").trim();
  const signs = Array.from(line);
  const short = signs.length > most ? `${signs.slice(0, most - 1).join("").trimEnd()}…` : line;
  return short.replace(/[\\`*_[\]<>!&~]/gu, "\\$&");
}

export const linkTo = (text, address) => `[${labelOf(text)}](${address})`;

/** A field's text with something put in place of what is selected, set off from the words around it. */
export function insert(value, from, to, piece) {
  const before = value.slice(0, from);
  const after = value.slice(to);
  const lead = before && !/\s$/u.test(before) ? " " : "";
  const trail = after && !/^[\s.,;:!?)]/u.test(after) ? " " : "";
  return { value: before + lead + piece + trail + after, caret: (before + lead + piece + trail).length };
}

const HEADERS = { "X-Requested-With": "fetch" };

const parse = (html) => new DOMParser().parseFromString(html, "text/html");

/** What the server sent, or null where it sent the page for signing in instead. */
async function ask(address, options = {}) {
  const answer = await fetch(address, { headers: HEADERS, ...options });
  return answer.redirected || answer.status === 401 ? null : answer;
}

/** Prepare what the server leaves to scripts: pickers, and folding what is long. */
function prepare(root) {
  for (const row of root.querySelectorAll("[data-links]")) row.hidden = false;
  for (const text of root.querySelectorAll("[data-long]:not([data-folded])")) {
    text.dataset.folded = "true";
    text.parentElement.querySelector("[data-do=unfold]").hidden = false;
  }
}

/** Show a list as the server has it now; what is being written in another memo stays. */
async function renew(list, done) {
  const answer = await ask(list.dataset.memos);
  if (!answer?.ok) return;
  const fresh = parse(await answer.text()).querySelector("[data-memos]");
  if (!fresh) return;
  for (const form of list.querySelectorAll("li > form.memo-form")) {
    const item = form.closest("li");
    if (form !== done) fresh.querySelector(`#${item.id}`)?.replaceWith(item);
  }
  list.replaceChildren(...fresh.childNodes);
  prepare(list);
}

function say(form, text) {
  const problem = form.querySelector("[data-problem]");
  problem.querySelector("span").textContent = text;
  problem.hidden = !text;
}

/** Send a form; gives `{memo, change}` (null for a deleted memo, for no change), or null where it was not to be, which is said. */
async function send(form) {
  say(form, "");
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(form.action, { method: "POST", body: new FormData(form) });
    if (!answer) say(form, form.dataset.signedOut);
    else if (answer.ok) return await answer.json();
    else if (answer.status === 422) say(form, (await answer.json()).detail);
    else say(form, form.dataset.failed);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    say(form, form.dataset.failed);
  } finally {
    form.removeAttribute("aria-busy");
  }
  return null;
}

async function edit(link) {
  const answer = await ask(link.href).catch(() => null);
  if (!answer?.ok) return location.assign(link.href);
  const item = link.closest("li");
  const form = parse(await answer.text()).querySelector("form");
  // Whoever went on to write elsewhere while the form came would find the next words in another memo.
  const isAwaited = item.contains(document.activeElement) || document.activeElement === document.body;
  item.replaceChildren(form);
  prepare(item);
  if (isAwaited) item.querySelector("textarea").focus();
}

function unfold(button) {
  const text = button.previousElementSibling;
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  text.toggleAttribute("data-open", open);
}

function putLink(form, text, address) {
  const field = form.querySelector("textarea");
  const { value, caret } = insert(field.value, field.selectionStart, field.selectionEnd, linkTo(text, address));
  field.value = value;
  field.focus();
  field.setSelectionRange(caret, caret);
}

// Beside a transcript

/** What a new memo is on: `{coding, start, end, words}`; without them on the whole transcript. */
function aim(form, { coding = null, start = null, end = null, words = "" } = {}) {
  const put = (name, value) => (form.querySelector(`[data-on=${name}]`).value = value ?? "");
  put("coding", coding);
  put("start", coding ? null : start);
  put("end", coding ? null : end);
  const target = form.querySelector("[data-target-words]");
  const signs = Array.from(words.replace(/\s+/gu, " ").trim());
  const short = signs.length > 80 ? `${signs.slice(0, 79).join("")}…` : signs.join("");
  const which = coding ? "coded" : end ? "passage" : "transcript";
  target.textContent = target.dataset[which].replace("{words}", short);
  form.querySelector("[data-do=on-transcript]").hidden = which === "transcript";
  beside?.offer();
}

class Beside {
  constructor(box) {
    this.box = box;
    this.tab = document.getElementById(box.getAttribute("aria-labelledby"));
    this.chosen = null;
    this.codings = {};
    document.addEventListener("passages:memo", ({ detail }) => this.write(detail));
    document.addEventListener("passages:chosen", ({ detail }) => this.choose(detail));
    document.addEventListener("passages:memos-undone", () => this.renew());
    const codings = document.getElementById("codings");
    new MutationObserver(() => this.mark()).observe(codings, { childList: true });
    new MutationObserver(() => this.list()).observe(document.getElementById("detail"), { childList: true });
    new MutationObserver(() => this.ready()).observe(box, { childList: true });
    codings.addEventListener("keydown", (event) => this.key(event));
    this.count();
  }

  /** The fragment came: the pickers work, and what was wanted before it came is done. */
  ready() {
    prepare(this.box);
    this.choose(this.chosen);
    const wanted = this.wanted;
    this.wanted = null;
    if (wanted && this.box.querySelector("[data-memo-new]")) this.write(wanted);
  }

  open() {
    this.tab.click();
    if (this.box.checkVisibility()) return;
    const folded = document.querySelector(".toolbar [data-do=codings]");
    (folded.checkVisibility() ? folded : document.querySelector("[data-pane-button=codings]")).click();
  }

  write(detail) {
    this.open();
    const fold = this.box.querySelector("[data-memo-new]");
    if (!fold) {
      if (this.box.dataset.from) this.wanted = detail ?? {};
      return;
    }
    fold.open = true;
    aim(fold.querySelector("form"), detail ?? {});
    fold.querySelector("textarea").focus();
  }

  choose(detail) {
    this.chosen = detail;
    for (const each of this.box.querySelectorAll("[data-do=link-passage]")) each.disabled = !detail;
    this.offer();
  }

  /** Offer the chosen words for a memo that is not on them already. */
  offer() {
    const start = String(this.chosen?.start);
    const end = String(this.chosen?.end);
    for (const each of this.box.querySelectorAll("[data-do=on-words]")) {
      const on = (name) => each.closest("form").querySelector(`[data-on=${name}]`).value;
      each.hidden = !this.chosen || (on("start") === start && on("end") === end);
    }
  }

  /** Memos were changed elsewhere in the page. */
  async renew() {
    const list = this.box.querySelector("[data-memos]");
    if (list) await renew(list, null);
    this.count();
  }

  async count() {
    const answer = await ask(this.box.dataset.beside).catch(() => null);
    if (!answer?.ok) return;
    const { n, codings } = await answer.json();
    this.codings = codings;
    this.tab.querySelector("[data-n]").textContent = String(n);
    this.mark();
    this.list();
  }

  mark() {
    for (const button of document.querySelectorAll("#codings [data-id]")) {
      const memos = this.codings[button.dataset.id];
      const mark = button.querySelector(".memo-mark");
      if (!memos) mark?.remove();
      else if (!mark) {
        const made = document.createElement("span");
        made.className = "memo-mark";
        const said = document.createElement("span");
        said.className = "visually-hidden";
        said.textContent = this.box.dataset.marked;
        made.append(said);
        button.querySelector(".one-line").append(made);
      }
    }
  }

  /** The memos of the codings whose cards are open. */
  list() {
    for (const card of document.querySelectorAll("#detail .card-coding")) {
      card.querySelector(".card-memos")?.remove();
      if (this.box.dataset.mayWrite && !card.querySelector("[data-memo-coding]")) card.append(this.writer(card));
      const memos = this.codings[card.dataset.id];
      if (!memos) continue;
      const list = document.createElement("ul");
      list.className = "card-memos small";
      list.append(
        ...memos.map(({ id, author, words }) => {
          const item = document.createElement("li");
          const link = document.createElement("button");
          link.className = "linklike";
          link.type = "button";
          link.dataset.showMemo = String(id);
          link.textContent = words;
          const who = document.createElement("span");
          who.className = "faint";
          who.textContent = ` ${author}`;
          item.append(link, who);
          return item;
        }),
      );
      card.append(list);
    }
  }

  writer(card) {
    const button = document.createElement("button");
    button.className = "button";
    button.type = "button";
    button.dataset.memoCoding = card.dataset.id;
    button.textContent = this.box.dataset.write;
    return button;
  }

  writeOnCoding(id) {
    const words = document.querySelector(`#codings [data-id="${id}"] .words`)?.textContent ?? "";
    this.write({ coding: id, words });
  }

  key(event) {
    const button = event.target.closest("[data-id]");
    if (!button || Keys.current?.commandFor(event) !== "memo" || !this.box.dataset.mayWrite) return;
    event.preventDefault();
    this.writeOnCoding(button.dataset.id);
  }

  async show(id) {
    this.open();
    if (this.box.dataset.from) await new Promise((done) => new MutationObserver(done).observe(this.box, { childList: true }));
    this.box.querySelector(`#memo-${id}`)?.focus();
  }
}

// The page's own events

const box = globalThis.document?.querySelector("[data-beside]");
const beside = box ? new Beside(box) : null;

async function submit(form) {
  const done = await send(form);
  if (!done) return;
  if (done.change) document.dispatchEvent(new CustomEvent("passages:memo-changed", { detail: done.change }));
  const list = form.closest("[data-memos]") ?? form.closest("[role=tabpanel]")?.querySelector("[data-memos]");
  const isNew = form.closest("[data-memo-new]");
  if (isNew) {
    form.querySelector("textarea").value = "";
    aim(form);
    isNew.open = false;
  }
  await renew(list, form);
  (done.memo && document.getElementById(`memo-${done.memo}`))?.focus();
  beside?.count();
}

globalThis.document?.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-memo-form]");
  if (!form) return;
  // On the study's page a new or a deleted memo changes more than the list: the page comes again.
  if (!beside && !form.closest("li:not(:has(details))")) return;
  event.preventDefault();
  if (!form.hasAttribute("aria-busy")) submit(/** @type {any} */ (form));
});

globalThis.document?.addEventListener("click", (event) => {
  const target = event.target.closest("[data-do], [data-show-memo], [data-memo-coding], [data-go]");
  if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const form = target.closest("form");
  if (target.dataset.showMemo) beside.show(target.dataset.showMemo);
  else if (target.dataset.memoCoding) beside.writeOnCoding(target.dataset.memoCoding);
  else if (target.dataset.do === "edit") {
    event.preventDefault();
    edit(target);
  } else if (target.dataset.do === "cancel" && target.closest("[data-memos]")) {
    event.preventDefault();
    const item = target.closest("li");
    renew(target.closest("[data-memos]"), form).then(() => document.getElementById(item.id)?.focus());
  } else if (target.dataset.do === "unfold") unfold(target);
  else if (target.dataset.do === "on-transcript") aim(form);
  else if (target.dataset.do === "on-words") aim(form, beside.chosen);
  else if (target.dataset.do === "link-passage") {
    const { start, end, words } = beside.chosen;
    putLink(form, `“${words}”`, `${target.dataset.base}#at${start}-${end}`);
  } else if (beside && target.hasAttribute("data-go") && /** @type {any} */ (target).pathname === location.pathname) {
    document.querySelector("[data-pane-button=text]").click();
    // The same place again is no change of address, yet somebody wants to be taken there.
    if (/** @type {any} */ (target).hash === location.hash) dispatchEvent(new HashChangeEvent("hashchange"));
  }
});

globalThis.document?.addEventListener("change", (event) => {
  if (!event.target.matches("[data-link-code]") || !event.target.value) return;
  const select = /** @type {any} */ (event.target);
  putLink(select.form, select.selectedOptions[0].dataset.name, select.value);
  select.value = "";
});

if (globalThis.document) prepare(document);
