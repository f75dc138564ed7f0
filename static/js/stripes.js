/**
 * Margin stripes: one canvas beside the text, drawn for the painter's window of turns.
 *
 * Decoration for the eye and the pointer; the panel's buttons are the same for everybody.
 */

import { APART, lanes } from "passages/store";

const LANE = 9;
const WIDTH = 5;
const LANES = 7; // what the margin has room for; beyond them their number is written

export class Stripes extends EventTarget {
  #lanes = null;
  #drawn = []; // {coding, x, top, bottom}, relative to the canvas
  #frame = 0;
  #colours = new Map();
  canvas; map; store; painter; looks; lookOf; titleOf;

  /** @param {{canvas: HTMLCanvasElement, map, store, painter, looks: Set<string>, lookOf, titleOf}} given */
  constructor({ canvas, map, store, painter, looks, lookOf, titleOf }) {
    super();
    Object.assign(this, { canvas, map, store, painter, looks, lookOf, titleOf });
    this.active = null;
    this.lit = new Set();
    store.addEventListener("change", ({ detail }) => this.#onChange(detail.turns));
    painter.addEventListener("window", () => this.draw());
    document.documentElement.addEventListener("passages:theme", () => this.#recolour());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#recolour());
    canvas.addEventListener("pointermove", (event) => this.#point(event));
    canvas.addEventListener("pointerleave", () => this.#hover(null));
    canvas.addEventListener("click", (event) => this.#click(event));
  }

  /** Take over the looks that codes have now. */
  learn(looks) {
    this.looks = looks;
    this.#recolour();
  }

  #recolour() {
    this.#colours.clear();
    this.draw();
  }

  #onChange(turns) {
    if (!turns || !this.#lanes) this.#lanes = null;
    else for (const turn of turns) this.#placeNew(turn);
  }

  /** A new coding takes the first lane that nothing it overlaps is in; the others stay where they are. */
  #placeNew(turn) {
    for (const coding of this.store.inTurn(turn)) {
      if (this.#lanes.has(coding.id)) continue;
      const [first, last] = this.map.turnsOf(coding.start, coding.end);
      const taken = new Set();
      for (let i = first; i <= last; i += 1)
        for (const other of this.store.inTurn(i))
          if (other.start < coding.end + APART && coding.start < other.end + APART) taken.add(this.#lanes.get(other.id));
      let lane = 0;
      while (taken.has(lane)) lane += 1;
      this.#lanes.set(coding.id, lane);
    }
  }

  /** Draw with the next frame. */
  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** All looks' colours at once: asking while the page is being changed would lay it out again for each. */
  #readColours() {
    const probes = document.createElement("div");
    probes.hidden = true;
    for (const look of this.looks) {
      const probe = document.createElement("i");
      probe.className = `swatch ${look}`;
      probes.append(probe);
    }
    document.body.append(probes);
    for (const probe of probes.children)
      this.#colours.set(probe.className.slice("swatch ".length), getComputedStyle(probe).backgroundColor);
    probes.remove();
  }

  #inWindow() {
    const found = new Map();
    for (let turn = this.painter.first; turn <= this.painter.last; turn += 1)
      for (const coding of this.store.inTurn(turn)) found.set(coding.id, coding);
    return [...found.values()];
  }

  #line(point, isEnd) {
    const [node, offset] = this.map.toDom(point, isEnd);
    const range = document.createRange();
    range.setStart(node, isEnd ? Math.max(0, offset - 1) : offset);
    range.setEnd(node, isEnd ? offset : Math.min(node.length, offset + 1));
    const rects = range.getClientRects();
    return isEnd ? rects[rects.length - 1] : rects[0];
  }

  #draw() {
    const { canvas, map, painter } = this;
    if (painter.last < painter.first || !canvas.offsetParent) return;
    this.#lanes ??= lanes(this.store.list());
    const box = canvas.parentElement.getBoundingClientRect();
    const top = map.turns[painter.first].getBoundingClientRect().top - box.top;
    const height = map.turns[painter.last].getBoundingClientRect().bottom - box.top - top;
    const scale = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    canvas.style.top = `${top}px`;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    this.#place(box.top + top, map.turnStart[painter.first], map.turnEnd[painter.last]);
    const quiet = getComputedStyle(canvas).color;
    if (!this.#colours.size) this.#readColours();
    const counted = new Map();
    for (const stripe of this.#drawn) {
      if (stripe.beyond) counted.set(Math.round(stripe.top), (counted.get(Math.round(stripe.top)) ?? 0) + 1);
      else this.#stroke(context, stripe);
    }
    context.fillStyle = quiet;
    context.font = "500 11px sans-serif";
    context.textAlign = "end";
    for (const [y, n] of counted) context.fillText(`+${n}`, width - 1, y + 10);
  }

  #place(top, from, to) {
    this.#drawn = [];
    for (const coding of this.#inWindow()) {
      const first = this.#line(Math.max(coding.start, from), false);
      const last = this.#line(Math.min(coding.end, to), true);
      if (!first || !last) continue;
      const lane = this.#lanes.get(coding.id) ?? 0;
      this.#drawn.push({
        coding,
        beyond: lane >= LANES - 1,
        x: Math.min(lane, LANES - 1) * LANE,
        top: first.top - top + 1,
        bottom: last.bottom - top - 1,
      });
    }
  }

  #stroke(context, { coding, x, top, bottom }) {
    const colour = this.#colours.get(this.lookOf(coding.code));
    const wide = coding.id === this.active || this.lit.has(coding.id) ? WIDTH + 2 : WIDTH;
    context.beginPath();
    if (coding.coder === this.store.me) {
      context.roundRect(x, top, wide, bottom - top, wide / 2);
      context.fillStyle = colour;
      context.fill();
    } else {
      context.roundRect(x + 0.75, top + 0.75, wide - 1.5, bottom - top - 1.5, wide / 2);
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.stroke();
    }
  }

  #under(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    return this.#drawn.find(
      (stripe) => stripe.top <= y && y <= stripe.bottom && stripe.x - 2 <= x && x < stripe.x + LANE - 2,
    );
  }

  #point(event) {
    this.#hover(this.#under(event)?.coding ?? null);
  }

  #hover(coding) {
    if (coding === this.hovered) return;
    this.hovered = coding;
    this.canvas.title = coding ? this.titleOf(coding) : "";
    this.canvas.toggleAttribute("data-over", Boolean(coding));
    this.dispatchEvent(new CustomEvent("hover", { detail: coding }));
  }

  #click(event) {
    const stripe = this.#under(event);
    if (stripe) this.dispatchEvent(new CustomEvent("open", { detail: stripe.coding }));
  }
}
