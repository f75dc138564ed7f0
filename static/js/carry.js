/** Coding by dragging: the chosen words onto a code of the codebook, or a code onto words. Clicking does the same. */

const CODE = "application/x-passages-code";
const WORDS = "application/x-passages-words";

/** What a code that is let go at a position goes to: the chosen words there, else the sentence. */
export function target(point, chosen, sentenceAt) {
  return chosen && chosen.start <= point && point < chosen.end ? chosen : sentenceAt(point);
}

export class Carry extends EventTarget {
  tree; page; map; chooser; painter; caretAt;

  /** @param {{tree: HTMLElement, page: HTMLElement, map, chooser, painter, caretAt}} parts */
  constructor(parts) {
    super();
    Object.assign(this, parts);
    const { tree, page } = this;
    this.row = null; // the code under the words that are dragged
    this.code = null; // the code that is dragged
    tree.addEventListener("dragstart", (event) => this.#takeCode(event));
    page.addEventListener("dragstart", (event) => this.#takeWords(event));
    tree.addEventListener("dragover", (event) => this.#overCode(event));
    tree.addEventListener("dragleave", (event) => tree.contains(/** @type {Node} */ (event.relatedTarget)) || this.#mark(null));
    tree.addEventListener("drop", (event) => this.#dropWords(event));
    page.addEventListener("dragover", (event) => this.#overWords(event));
    page.addEventListener("dragleave", (event) => page.contains(/** @type {Node} */ (event.relatedTarget)) || this.#aim(null));
    page.addEventListener("drop", (event) => this.#dropCode(event));
    document.addEventListener("dragend", () => this.#end());
  }

  #takeCode(event) {
    const row = event.target.closest?.("[data-code]");
    if (!row) return;
    this.code = Number(row.dataset.code);
    event.dataTransfer.setData(CODE, String(this.code));
    event.dataTransfer.effectAllowed = "copy";
  }

  #takeWords(event) {
    if (!this.chooser.chosen) return;
    event.dataTransfer.setData(WORDS, "chosen");
    event.dataTransfer.effectAllowed = "copyMove";
  }

  #mark(row) {
    if (this.row === row) return;
    this.row?.removeAttribute("data-drop");
    row?.setAttribute("data-drop", "true");
    this.row = row;
  }

  #overCode(event) {
    if (!event.dataTransfer.types.includes(WORDS)) return;
    const row = event.target.closest("[data-code]:not([data-retired])");
    this.#mark(row);
    if (!row) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  }

  #dropWords(event) {
    const row = event.target.closest("[data-code]");
    if (!row || !this.row) return;
    event.preventDefault();
    this.#drop(Number(row.dataset.code), this.chooser.chosen);
  }

  #aim(stretch) {
    this.aimed = stretch;
    this.painter.mark("chosen", (stretch ?? this.chooser.chosen) && [stretch ?? this.chooser.chosen], 30);
  }

  #overWords(event) {
    if (!event.dataTransfer.types.includes(CODE)) return;
    const place = this.caretAt(event.clientX, event.clientY);
    const known = place && this.map.byNode.has(place[0]);
    const sentenceAt = (point) => this.chooser.unitAt(point, "sentence");
    this.#aim(known ? target(this.map.fromDom(...place), this.chooser.chosen, sentenceAt) : null);
    if (!this.aimed) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  }

  #dropCode(event) {
    if (!this.aimed || this.code === null) return;
    event.preventDefault();
    this.#drop(this.code, this.aimed);
  }

  #drop(code, stretch) {
    this.#end();
    if (stretch) this.dispatchEvent(new CustomEvent("drop", { detail: { code, stretch } }));
  }

  #end() {
    this.#mark(null);
    if (this.aimed) this.#aim(null);
    this.code = null;
  }
}
