/** The two ends of the active coding: dragged with the pointer, or moved by keys, then saved as one change. */

const STEPS = { plain: "word", Alt: "character", Control: "sentence" };

export class Grips extends EventTarget {
  article; map; painter; chooser; caretAt;

  /** @param {{article: HTMLElement, map: any, painter: any, chooser: any, caretAt: any, words: any}} parts */
  constructor({ article, map, painter, chooser, caretAt, words }) {
    super();
    Object.assign(this, { article, map, painter, chooser, caretAt });
    this.coding = null;
    this.range = null;
    this.grips = ["start", "end"].map((side) => {
      const grip = document.createElement("button");
      grip.className = "grip";
      grip.dataset.side = side;
      grip.hidden = true;
      grip.setAttribute("aria-label", side === "start" ? words.gripStart : words.gripEnd);
      grip.addEventListener("keydown", (event) => this.#key(event, side));
      grip.addEventListener("blur", () => this.#commit());
      grip.addEventListener("pointerdown", (event) => this.#drag(event, side));
      article.append(grip);
      return grip;
    });
    painter.addEventListener("window", () => this.#place());
  }

  /** Show the ends of a coding; null hides them. */
  show(coding) {
    this.coding = coding;
    this.range = coding && { start: coding.start, end: coding.end };
    this.#place();
  }

  /** Put the keys on an end. */
  focus(side = "end") {
    this.grips[side === "start" ? 0 : 1].focus();
  }

  #place() {
    for (const grip of this.grips) grip.hidden = !this.range;
    if (!this.range) return;
    const box = this.article.getBoundingClientRect();
    const rects = [
      this.map.range(this.range.start, this.range.start + 1).getClientRects()[0],
      [...this.map.range(this.range.end - 1, this.range.end).getClientRects()].at(-1),
    ];
    this.grips.forEach((grip, index) => {
      const rect = rects[index];
      if (!rect) return;
      grip.style.left = `${(index ? rect.right : rect.left) - box.left}px`;
      grip.style.top = `${rect.top - box.top}px`;
      grip.style.height = `${rect.height}px`;
    });
  }

  #set(side, point) {
    const { start, end } = this.range;
    if (side === "start" ? point >= end : point <= start) return;
    this.range = side === "start" ? { start: point, end } : { start, end: point };
    this.painter.mark("chosen", [this.range], 30);
    this.#place();
    this.dispatchEvent(new CustomEvent("move", { detail: this.range }));
  }

  #key(event, side) {
    if (event.key === "Enter" || event.key === "Escape") {
      if (event.key === "Escape") this.range = { start: this.coding.start, end: this.coding.end };
      event.preventDefault();
      event.stopPropagation();
      this.#commit();
      this.dispatchEvent(new Event("leave"));
      return;
    }
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.altKey ? STEPS.Alt : event.ctrlKey || event.metaKey ? STEPS.Control : STEPS.plain;
    const isEnd = side === "end";
    this.#set(side, this.chooser.boundary(isEnd ? this.range.end : this.range.start, direction, step, isEnd));
  }

  #drag(event, side) {
    event.preventDefault();
    const grip = event.currentTarget;
    grip.setPointerCapture(event.pointerId);
    const move = (moved) => {
      grip.style.pointerEvents = "none"; // the place under the pointer is asked for, not the grip
      const place = this.caretAt(moved.clientX, moved.clientY);
      grip.style.pointerEvents = "";
      if (place && this.map.byNode.has(place[0])) this.#set(side, this.map.fromDom(...place));
    };
    const end = () => {
      grip.removeEventListener("pointermove", move);
      this.#commit();
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", end, { once: true });
    grip.addEventListener("pointercancel", end, { once: true });
  }

  #commit() {
    const { coding, range } = this;
    if (!coding || !range) return;
    this.painter.mark("chosen", this.chooser.chosen && [this.chooser.chosen], 30);
    const trimmed = this.map.trim(range.start, range.end);
    if (trimmed && (trimmed.start !== coding.start || trimmed.end !== coding.end))
      this.dispatchEvent(new CustomEvent("resize", { detail: { coding, ...trimmed } }));
  }
}
