/**
 * The codes of the study, in the order of the tree, as the page and its scripts know them; renewed as others change them.
 * No DOM.
 *
 * @typedef {{id: number, parent: number | null, name: string, path: string, level: number, look: string,
 *   definition: string, include: string, exclude: string, retired: boolean, heads: boolean, opens: boolean}} Code
 */

export class Catalogue extends EventTarget {
  /** @param {Code[]} codes  @param {string} unknown what a code is called that this page has not heard of yet */
  constructor(codes, unknown) {
    super();
    this.unknown = unknown;
    this.#take(codes);
  }

  #take(codes) {
    /** @type {Code[]} */
    this.list = codes;
    this.byId = new Map(codes.map((code) => [code.id, code]));
    this.children = Map.groupBy(codes, (code) => code.parent);
  }

  get(id) {
    const name = this.unknown;
    return this.byId.get(id) ?? { id, parent: null, name, path: name, level: 1, look: "hue-blue", definition: "" };
  }

  has(id) {
    return this.byId.has(id);
  }

  /** Ids of a code and of all codes below it. */
  subtree(id) {
    const found = new Set([id]);
    for (const each of found) for (const child of this.children.get(each) ?? []) found.add(child.id);
    return found;
  }

  /** The codebook as it is now; listeners hear of it if it is another. */
  renew(codes) {
    if (JSON.stringify(codes) === JSON.stringify(this.list)) return;
    this.#take(codes);
    this.dispatchEvent(new Event("change"));
  }
}
