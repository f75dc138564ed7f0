/** On a narrow screen, where the codings are on another page: what was tapped in the text, and the way to its card. */

export class Tapped extends EventTarget {
  catalogue; store; words;

  /** @param {{catalogue, store, words: DOMStringMap}} parts */
  constructor({ catalogue, store, words }) {
    super();
    Object.assign(this, { catalogue, store, words });
    this.strip = document.getElementById("tapped");
    this.strip.addEventListener("click", () => this.dispatchEvent(new Event("open")));
  }

  /** Show a coding, and how many more lie at the same words; null for none. */
  show(coding, more = 0) {
    this.strip.hidden = !coding;
    if (!coding) return;
    const code = this.catalogue.get(coding.code);
    this.strip.querySelector(".swatch").className = `swatch ${code.look}`;
    this.strip.querySelector("[data-code]").textContent = code.name;
    const others = more ? this.words.andMore.replace("{n}", String(more)) : "";
    this.strip.querySelector("[data-coder]").textContent = [this.store.coders.get(coding.coder), others].filter(Boolean).join(", ");
  }
}
