/** Where in the transcript one is: the turn that has the keys, going to places, walking from coding to coding. */

const LATER = 100; // milliseconds: told in each frame of scrolling, the page would be laid out for it each time
const STAYS = 8; // frames in which a place in a long text must stay where it was scrolled to
const MOST = 60; // frames after which it is left where it is

const frame = () => new Promise((done) => requestAnimationFrame(done));

export class Reader {
  #timer = 0;
  #going = null;
  map; store; painter; page; words;

  /** @param {{map, store, painter, page: HTMLElement, words: DOMStringMap}} parts */
  constructor({ map, store, painter, page, words }) {
    Object.assign(this, { map, store, painter, page, words });
    this.current = -1;
    this.turnOf = document.getElementById("turn-of");
    this.skips = Boolean(page.querySelector("[data-skips]"));
    if (map.turns.length) map.turns[0].tabIndex = 0;
    painter.addEventListener("scroll", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.tell(), LATER);
    });
    for (const name of ["wheel", "pointerdown", "keydown"])
      page.addEventListener(name, () => (this.#going = null), { passive: true, capture: true });
    page.addEventListener("focusin", (event) => {
      const turn = map.indexOfTurn.get(event.target.closest(".turn"));
      if (turn !== undefined && turn !== this.current) this.#become(turn);
    });
  }

  /** The turn with the keys, else the first one seen. */
  get turn() {
    return this.current >= 0 ? this.current : this.painter.visible()[0];
  }

  #become(turn) {
    if (this.current >= 0) this.map.turns[this.current].tabIndex = -1;
    this.current = turn;
    this.map.turns[turn].tabIndex = 0;
    this.tell();
  }

  /**
   * Scroll to a place and, in a long text, again until it stays: chunks there get their real height only when near.
   * `scroll` does it, and gives whether it moved.
   */
  async #settle(scroll) {
    const going = (this.#going = {});
    scroll();
    if (!this.skips) return;
    for (let all = 0, stays = 0; stays < STAYS && all < MOST; all += 1) {
      await frame();
      if (this.#going !== going) return;
      stays = scroll() ? 0 : stays + 1;
    }
  }

  /** Put the keys in a turn; `block` says where it is scrolled to. */
  enter(turn, { scroll = true, block = /** @type {ScrollLogicalPosition} */ ("nearest") } = {}) {
    if (turn < 0 || turn >= this.map.turns.length) return;
    const element = this.map.turns[turn];
    this.#become(turn);
    element.focus({ preventScroll: true });
    if (scroll)
      this.#settle(() => {
        const before = this.page.scrollTop;
        element.scrollIntoView({ block });
        return Math.abs(this.page.scrollTop - before) > 1;
      });
    this.tell();
  }

  /** The turn so many further on. */
  beside(step) {
    const { turns } = this.map;
    return this.current < 0 ? this.turn : Math.max(0, Math.min(turns.length - 1, this.current + step));
  }

  /** Bring a position into view; with `focus` the keys go there too. */
  goTo(start, { focus = false } = {}) {
    if (focus) this.enter(Math.max(0, this.map.turnAt(start)), { scroll: false });
    const range = this.map.range(start, start + 1);
    this.#settle(() => {
      const rect = range.getBoundingClientRect();
      const box = this.page.getBoundingClientRect();
      if (rect.top >= box.top + 40 && rect.bottom <= box.bottom - 40) return false;
      this.page.scrollTop += rect.top - box.top - box.height / 3;
      return true;
    });
  }

  /** Say which turn is being read. */
  tell() {
    const { turns } = this.map;
    const [first] = this.painter.visible();
    const turn = turns[this.current]?.contains(document.activeElement) ? this.current : first;
    const text = this.words.turnOf.replace("{n}", String(Math.min(turn, turns.length - 1) + 1));
    this.turnOf.textContent = turns.length ? text.replace("{all}", String(turns.length)) : "";
  }

  /** The shown coding after (1) or before (-1) one, of the same code with `same`; null where there is none. */
  next(direction, from, same = false) {
    const list = this.store.list().filter((coding) => !same || !from || coding.code === from.code);
    if (!list.length) return null;
    let at = from ? list.findIndex((coding) => coding.id === from.id) : -1;
    if (at < 0) {
      const start = this.map.turnStart[Math.max(0, this.turn)] ?? 0;
      at = list.findIndex((coding) => coding.start >= start) - (direction > 0 ? 1 : 0);
    }
    return list[(at + direction + list.length) % list.length];
  }

  /** The next turn of a respondent that bears no shown code; -1 where all do. */
  uncoded() {
    const { turns } = this.map;
    const from = Math.max(0, this.turn);
    for (let step = 1; step <= turns.length; step += 1) {
      const turn = (from + step) % turns.length;
      if (!turns[turn].hasAttribute("data-interviewer") && !this.store.inTurn(turn).length) return turn;
    }
    return -1;
  }

  /** Keep the words where they are on the screen while something above them comes or goes. */
  steady(change) {
    const turn = this.map.turns[this.painter.visible()[0]];
    const before = turn?.getBoundingClientRect().top;
    change();
    if (turn) this.page.scrollTop += turn.getBoundingClientRect().top - before;
  }
}
