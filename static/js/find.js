/** Find words in the transcript, whatever their width or case; see all hits, go from one to the next, code them all. */

import { codePoints } from "passages/textmap";

const MOST = 5000;


/** What is composed as one: a sign with the marks on it, the letters of a Korean syllable. */
const TOGETHER = /[\u1100-\u115f][\u1160-\u11a7][\u11a8-\u11ff]?|\P{M}\p{M}*|\p{M}+/gsu;

/**
 * A text as it is searched: NFKC, lower case, white space runs as one space; with where each sign of it starts and ends
 * in the text, in code points.
 */
export function searchable(text) {
  let plain = "";
  const starts = [];
  const ends = [];
  let at = 0;
  for (const [signs] of text.matchAll(TOGETHER)) {
    const normal = signs.normalize("NFKC").toLowerCase();
    const isSpace = !normal.trim();
    const end = at + codePoints(signs);
    if (!isSpace || !plain.endsWith(" ")) {
      const put = isSpace ? " " : normal;
      for (let i = 0; i < put.length; i += 1) {
        starts.push(at);
        ends.push(end);
      }
      plain += put;
    }
    at = end;
  }
  return { plain, starts, ends };
}

/** `[start, end]` in code points of each place where a searchable text holds the wanted words. */
export function hitsIn({ plain, starts, ends }, wanted) {
  const needle = searchable(wanted.trim()).plain;
  const found = [];
  if (!needle) return found;
  for (let at = plain.indexOf(needle); at >= 0; at = plain.indexOf(needle, at + needle.length)) {
    found.push([starts[at], ends[at + needle.length - 1]]);
  }
  return found;
}

export class Find extends EventTarget {
  map; painter; words;

  /** @param {{map: any, painter: any, words: any}} parts */
  constructor({ map, painter, words }) {
    super();
    Object.assign(this, { map, painter, words });
    this.bar = document.getElementById("find");
    this.input = /** @type {HTMLInputElement} */ (document.getElementById("find-input"));
    this.count = document.getElementById("find-count");
    this.hits = [];
    this.at = -1;
    this.texts = null;
    this.input.addEventListener("input", () => this.#search());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.bar.addEventListener("click", (event) => this.#click(event));
    painter.addEventListener("window", () => this.#mark());
  }

  /** Open the bar, with the chosen words in it if there are some. */
  open(words = "") {
    this.bar.hidden = false;
    if (words) this.input.value = words;
    this.input.focus();
    this.input.select();
    this.#search();
  }

  close() {
    this.bar.hidden = true;
    this.hits = [];
    this.#mark();
    this.painter.mark("found-now", null, 25);
    this.dispatchEvent(new Event("close"));
  }

  #search() {
    this.texts ??= this.map.turns.map((turn) => {
      const runs = [...turn.querySelectorAll("p[data-at], p [data-at]")];
      return { at: Number(runs[0]?.dataset.at ?? 0), text: searchable(runs.map((run) => run.textContent).join("")) };
    });
    const wanted = this.input.value;
    this.hits = [];
    for (const { at, text } of this.texts) {
      for (const [start, end] of hitsIn(text, wanted)) this.hits.push({ start: at + start, end: at + end });
      if (this.hits.length > MOST) break;
    }
    this.at = -1;
    this.#mark();
    this.#tell();
    if (this.hits.length) this.#go(1, false);
  }

  #tell() {
    const n = this.hits.length;
    this.count.textContent = !this.input.value.trim()
      ? ""
      : n
        ? this.words.hitOf.replace("{n}", String(this.at + 1)).replace("{all}", n > MOST ? `${MOST}+` : String(n))
        : this.words.noHits;
    for (const button of this.bar.querySelectorAll("[data-hits]")) button.toggleAttribute("hidden", !n);
  }

  #mark() {
    const { first, last } = this.painter;
    const from = this.map.turnStart[first] ?? 0;
    const to = this.map.turnEnd[last] ?? 0;
    this.painter.mark("found", this.hits.filter((hit) => hit.end > from && hit.start < to), 15);
  }

  #go(direction, say = true) {
    if (!this.hits.length) return;
    this.at = (this.at + direction + this.hits.length) % this.hits.length;
    this.#tell();
    this.dispatchEvent(new CustomEvent("hit", { detail: { ...this.hits[this.at], say } }));
    this.painter.mark("found-now", [this.hits[this.at]], 25);
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter") this.#go(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #click(event) {
    const act = event.target.closest("[data-find]")?.dataset.find;
    if (act === "next") this.#go(1);
    else if (act === "previous") this.#go(-1);
    else if (act === "code-all") this.dispatchEvent(new CustomEvent("code-all", { detail: this.hits.slice(0, MOST) }));
    else if (act === "close") this.close();
  }
}
