/**
 * The codings as real buttons, in text order, by turn: what the highlights show, for everybody.
 *
 * It follows the text's scrolling, never the reverse. A long transcript's list is made for the turns near those seen.
 */

const ALL = 300; // up to so many codings the whole list is made
const NEAR = 8; // turns listed beyond those seen, each way
const ACTS = ["recode", "ends", "move", "split", "merge", "withdraw"];
const LATER = 80; // milliseconds: the text is painted first, and not disturbed while it scrolls

export class Panel extends EventTarget {
  #timer = 0;
  #listed = "";
  map; store; painter; codes; words; mayCode;

  /** @param {{map, store, painter, codes: import("passages/catalogue").Catalogue, words, mayCode: boolean}} given */
  constructor({ map, store, painter, codes, words, mayCode }) {
    super();
    Object.assign(this, { map, store, painter, codes, words, mayCode });
    this.box = document.getElementById("codings");
    this.foot = document.getElementById("codings-foot");
    this.detail = document.getElementById("detail");
    this.totals = document.querySelectorAll("[data-total]");
    this.active = null;
    store.addEventListener("change", () => this.#soon(true));
    painter.addEventListener("scroll", () => this.#soon(false));
    this.box.addEventListener("click", (event) => this.#click(event));
    this.box.addEventListener("keydown", (event) => this.#key(event));
    for (const part of [this.box, this.detail]) {
      const over = { pointerover: "pointer", focusin: "focus" };
      const out = { pointerleave: "pointer", focusout: "focus" };
      for (const [name, by] of Object.entries(over))
        part.addEventListener(name, (event) => this.#light(event.target.closest("[data-id]"), by));
      for (const [name, by] of Object.entries(out)) part.addEventListener(name, () => this.#light(null, by));
    }
    this.detail.addEventListener("click", (event) => this.#detailClick(event));
  }

  #light(element, by) {
    this.dispatchEvent(new CustomEvent("light", { detail: { by, id: element?.dataset.id ?? null } }));
  }

  /** Codes have other names or looks now. */
  renew() {
    this.#soon(true);
    if (this.active) this.show(this.active, this.together);
  }

  #soon(changed) {
    clearTimeout(this.#timer);
    if (changed) this.#listed = "";
    this.#timer = setTimeout(() => this.#follow(), LATER);
  }

  #follow() {
    const [first, last] = this.painter.visible();
    const total = this.store.codings.size;
    const whole = total <= ALL;
    const from = whole ? 0 : Math.max(0, first - NEAR);
    const to = whole ? this.map.turns.length - 1 : Math.min(this.map.turns.length - 1, last + NEAR);
    const key = `${from}-${to}`;
    if (key !== this.#listed) this.#list(from, to, whole);
    this.#listed = key;
    if (!this.box.contains(document.activeElement)) this.#scrollTo(first);
  }

  #list(from, to, whole) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement?.closest("#codings [data-id]"));
    const at = focused ? [...this.box.querySelectorAll("[data-id]")].indexOf(focused) : -1;
    const parts = [];
    const seen = new Set();
    if (whole) this.#group(parts, this.words.header, this.store.inTurn(this.map.turns.length), seen);
    for (let turn = from; turn <= to; turn += 1) {
      const codings = this.store.inTurn(turn).filter((coding) => !seen.has(coding.id));
      this.#group(parts, this.words.turn.replace("{n}", String(turn + 1)), codings, seen, turn);
    }
    if (!parts.length) parts.push(this.#nothing(whole));
    this.box.replaceChildren(...parts);
    this.#count(from, to, whole);
    if (focused) this.#focusAgain(focused.dataset.id, at);
    this.#mark();
  }

  /** Put the focus back on a coding or, where that is gone, on the one that took its place. */
  #focusAgain(id, at) {
    const buttons = [...this.box.querySelectorAll("[data-id]")];
    const same = buttons.find((button) => button.dataset.id === id);
    (same ?? buttons[Math.min(at, buttons.length - 1)] ?? this.box).focus();
  }

  #group(parts, title, codings, seen, turn) {
    if (!codings.length) return;
    const heading = document.createElement("h3");
    heading.textContent = title;
    if (turn !== undefined) heading.dataset.turn = String(turn);
    parts.push(heading);
    for (const coding of codings) {
      seen.add(coding.id);
      parts.push(this.#button(coding));
    }
  }

  #nothing(whole) {
    const note = document.createElement("p");
    note.className = "pad small quiet";
    if (this.store.codings.size && !this.store.list().length) note.textContent = this.words.allHidden;
    else if (whole) note.textContent = this.mayCode ? this.words.noCodings : this.words.noCodingsReader;
    return note;
  }

  #button(coding) {
    const code = this.codes.get(coding.code);
    const who = this.store.coders.get(coding.coder) ?? "";
    const quote = this.map.words(coding.start, Math.min(coding.end, coding.start + 300));
    const button = document.createElement("button");
    button.className = "coding";
    button.dataset.id = coding.id;
    button.toggleAttribute("data-other", coding.coder !== this.store.me);
    const swatch = document.createElement("i");
    swatch.className = `swatch ${code.look}`;
    const name = document.createElement("span");
    name.className = "one-line";
    name.textContent = code.name;
    name.title = code.path;
    const coder = document.createElement("span");
    coder.className = "who";
    coder.title = who;
    coder.setAttribute("aria-hidden", "true");
    coder.textContent = who.split("_").pop().slice(0, 1).toUpperCase();
    const said = document.createElement("span");
    said.className = "visually-hidden";
    said.textContent = this.words.codedBy.replace("{who}", who);
    const words = document.createElement("span");
    words.className = "words";
    words.textContent = quote;
    button.append(swatch, name, said, coder, words);
    return button;
  }

  #count(from, to, whole) {
    const { mine, others } = this.store.tally();
    for (const element of this.totals) element.textContent = String(mine + others);
    this.foot.textContent = whole
      ? this.words.footMine.replace("{n}", String(mine)).replace("{others}", String(others))
      : this.words.showing
          .replace("{from}", String(from + 1))
          .replace("{to}", String(to + 1))
          .replace("{all}", String(this.map.turns.length));
  }

  #scrollTo(turn) {
    const headings = [...this.box.querySelectorAll("h3[data-turn]")];
    const heading = headings.findLast((h) => Number(h.dataset.turn) <= turn) ?? headings[0];
    const next = Number(heading?.dataset.turn) < turn ? headings[headings.indexOf(heading) + 1] ?? heading : heading;
    if (next) this.box.scrollTop = next.offsetTop - this.box.offsetTop;
  }

  /** Move the focus to the first coding of a turn. */
  goTo(turn) {
    const heading = this.box.querySelector(`h3[data-turn="${turn}"]`);
    heading?.nextElementSibling?.focus();
  }

  #mark() {
    for (const button of this.box.querySelectorAll(".coding"))
      if (button.dataset.id === this.active?.id) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
  }

  /** Show one coding as the active one, with all that lie at its words in the card below the list. */
  show(coding, together = [coding]) {
    this.active = coding;
    this.together = together;
    this.#mark();
    if (!coding) {
      this.detail.hidden = true;
      return;
    }
    const title = document.createElement("h3");
    title.textContent = this.words.atTheseWords;
    const close = document.createElement("button");
    close.className = "button only-icon";
    close.dataset.kind = "quiet";
    close.dataset.do = "close-detail";
    close.setAttribute("aria-label", this.words.close);
    close.textContent = "×";
    const head = document.createElement("header");
    head.append(title, close);
    this.detail.replaceChildren(head, ...together.map((each) => this.#card(each)));
    this.detail.hidden = false;
    this.box.querySelector(`[data-id="${coding.id}"]`)?.scrollIntoView({ block: "nearest" });
  }

  #card(coding) {
    const code = this.codes.get(coding.code);
    const mine = coding.coder === this.store.me;
    const card = document.createElement("div");
    card.className = "card-coding";
    card.dataset.id = coding.id;
    const name = document.createElement("p");
    name.className = "codecell";
    const swatch = document.createElement("i");
    swatch.className = `swatch ${code.look}`;
    const path = document.createElement("strong");
    path.textContent = code.name;
    path.title = code.path;
    const who = document.createElement("span");
    who.className = "faint push";
    who.textContent = mine ? this.words.byYou : (this.store.coders.get(coding.coder) ?? "");
    name.append(swatch, path, who);
    const definition = document.createElement("p");
    definition.className = code.definition ? "quiet" : "faint";
    definition.textContent = code.definition || this.words.noDefinition;
    card.append(name, definition);
    if (mine && this.mayCode) {
      const buttons = document.createElement("p");
      buttons.className = "row card-acts";
      buttons.append(...ACTS.map((act) => this.#act(act)));
      card.append(buttons);
    }
    return card;
  }

  #act(act) {
    const button = document.createElement("button");
    button.className = "button";
    if (act !== "withdraw") button.dataset.kind = "quiet";
    button.dataset.do = act;
    button.textContent = this.words[act];
    return button;
  }

  #detailClick(event) {
    const button = event.target.closest("[data-do]");
    if (button?.dataset.do === "close-detail") this.dispatchEvent(new Event("close"));
    else if (button) this.#tellAct(button.closest("[data-id]").dataset.id, button.dataset.do);
  }

  #tellAct(id, act) {
    this.dispatchEvent(new CustomEvent("act", { detail: { id, act } }));
  }

  #click(event) {
    const button = event.target.closest("[data-id]");
    if (button) this.dispatchEvent(new CustomEvent("open", { detail: button.dataset.id }));
  }

  #key(event) {
    const button = event.target.closest("[data-id]");
    const buttons = [...this.box.querySelectorAll("[data-id]")];
    if (!buttons.length || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = buttons.indexOf(button);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to !== undefined) buttons[to]?.focus();
    else if (button && (event.key === "Delete" || event.key === "Backspace"))
      this.#tellAct(button.dataset.id, "withdraw");
    else return;
    event.preventDefault();
  }
}
