/** Keeps the codings as the server has them: at the beginning, and as colleagues change them. */

import { plain } from "passages/store";

/** A moment as the pages write it: "26 November 2026, 07:16". */
function momentOf(iso) {
  const at = new Date(iso);
  const { lang } = document.documentElement;
  const locale = lang === "en" ? "en-GB" : lang;
  const day = at.toLocaleDateString(locale, { dateStyle: "long" });
  return `${day}, ${at.toLocaleTimeString(locale, { timeStyle: "short", hourCycle: "h23" })}`;
}

export class Sync extends EventTarget {
  given; store; outbox; catalogue; words; steady;

  /** @param {{given: any, store, outbox, catalogue, words: DOMStringMap, steady: (change: () => void) => void}} parts */
  constructor({ given, store, outbox, catalogue, words, steady }) {
    super();
    Object.assign(this, { given, store, outbox, catalogue, words, steady });
    this.isOld = false; // whether the text was edited since this page was opened
    this.note = document.getElementById("text-edited");
    outbox.addEventListener("settled", ({ detail }) => {
      // What was made on an older text has other positions in this one.
      if (detail.batch.some((entry) => entry.revision !== given.revision)) this.refresh().catch(() => {});
    });
  }

  /** Show the codings as the server has them now, with what waits in this browser; gives the event they are of. */
  async refresh() {
    const answer = await fetch(this.given.segments); // preloaded by the page: a header of its own would fetch it again
    if (!answer.ok) throw new Error(String(answer.status));
    const codings = await answer.json();
    performance.mark("passages:codings");
    if (this.#isOlder(codings)) return codings.event;
    const waiting = await this.outbox.mine();
    this.store.load(codings);
    for (const entry of waiting)
      if (entry.transcript === this.given.transcript && entry.revision === this.given.revision)
        this.store.change(entry.added, entry.removed);
    this.#tell();
    return codings.event;
  }

  #tell() {
    this.dispatchEvent(new Event("taken"));
  }

  /** Whether this page's text is older than the codings: they lie elsewhere in it, so none are taken, and a note says so. */
  #isOlder({ revision, edited_by: who, edited_at: at }) {
    if (revision === this.given.revision) return false;
    this.isOld = true;
    const said = this.note.querySelector("[data-words]");
    const when = at ? momentOf(at) : "";
    const words = when ? this.words.textEditedAt : this.words.textEdited;
    const text = words.replace("{who}", who || this.words.somebody).replace("{when}", when);
    if ((this.note.hidden || who) && said.textContent !== text) said.textContent = text;
    if (this.note.hidden) this.steady(() => (this.note.hidden = false));
    return true;
  }

  /** Say that the transcript was removed, or is not this person's to read any more; or that it is back. */
  tellGone(isGone) {
    const note = document.getElementById("text-gone");
    if (note.hidden === isGone) this.steady(() => (note.hidden = !isGone));
  }

  /** What others changed: my own waiting changes stay as I see them. */
  take(answer) {
    if (answer.codes) this.catalogue.renew(answer.codes);
    if (this.#isOlder(answer)) return;
    const { store, given, outbox } = this;
    store.know(answer.coders);
    const rows = answer.id.map((id, i) => ({
      id: plain(id),
      start: answer.start[i],
      end: answer.end[i],
      code: answer.code[i],
      coder: answer.coder[i],
    }));
    const theirs = (coding) => coding.coder !== given.user || !outbox.waiting;
    const known = rows.filter(theirs);
    const changed = known.flatMap((row) => {
      const old = store.codings.get(row.id);
      return old && (old.start !== row.start || old.end !== row.end || old.code !== row.code) ? [old] : [];
    });
    const gone = answer.gone.map((id) => store.codings.get(plain(id))).filter((coding) => coding && theirs(coding));
    store.change([], [...changed, ...gone]);
    store.change(known, []);
    this.#tell();
  }
}
