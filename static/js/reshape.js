/** What can be done to a coding that is there: recode, change its ends, move, split, merge, copy, withdraw. */

/** How many characters lie between two codings: none where they touch or overlap. */
const gap = (a, b) => Math.max(0, b.start - a.end, a.start - b.end);

export class Reshape {
  acts; store; map; chooser; grips; voice; words; openPalette; apply;

  constructor(parts) {
    Object.assign(this, parts);
    this.point = -1; // where in the text was clicked last
  }

  /** Do something to a coding of mine; anybody's can be copied from. */
  do(coding, act) {
    if (!this.acts.given.mayCode) return;
    if (!coding) this.voice.notify(this.words.openFirst);
    else if (act !== "copy" && !this.acts.isMine(coding)) this.voice.notify(this.words.onlyMine);
    else this[act](coding);
  }

  withdraw(coding) {
    this.acts.withdraw([coding]);
    this.voice.tell(this.words.withdrawn.replace("{code}", this.acts.nameOf(coding.code)));
  }

  recode(coding) {
    this.openPalette({ at: coding, then: ([code]) => this.#put(coding, { code }) });
  }

  /** Give a coding another code or other words, unless there is one like that already. */
  #put(coding, { code = coding.code, start = coding.start, end = coding.end }) {
    const same = this.store.mine(start, end, code);
    if (same && same.id !== coding.id) {
      this.voice.notify(this.words.alreadyThere.replace("{code}", this.acts.nameOf(code)));
      return false;
    }
    if (code !== coding.code) this.acts.recode(coding, code);
    else this.acts.resize(coding, { start, end });
    return true;
  }

  /** Put a coding on other words. */
  resize(coding, { start, end }) {
    if (this.#put(coding, { start, end })) this.voice.tell(this.words.moveDone);
    else this.grips.show(coding);
  }

  ends() {
    this.grips.focus();
  }

  split(coding) {
    const point = this.#splitPoint(coding);
    const first = point && this.map.trim(coding.start, point);
    const rest = point && this.map.trim(point, coding.end);
    if (!first || !rest) return this.voice.notify(this.words.splitWhere);
    this.acts.split(coding, { end: first.end, start: rest.start });
    this.voice.tell(this.words.splitDone);
  }

  /** Where a coding would be split: before what is chosen in it, or where it was last clicked. */
  #splitPoint(coding) {
    const point = this.chooser.chosen?.start ?? this.point;
    return coding.start < point && point < coding.end ? point : null;
  }

  merge(coding) {
    const other = this.#neighbour(coding);
    if (!other) return this.voice.notify(this.words.mergeNone);
    const apart = this.#turnsBetween(coding, other);
    if (apart > 1) return this.voice.notify(this.words.mergeFar.replace("{n}", String(apart)));
    const [first, last] = coding.start < other.start ? [coding, other] : [other, coding];
    const tookWords = gap(coding, other) > 0 && /[\p{L}\p{N}]/u.test(this.map.words(first.end, last.start));
    this.acts.merge(coding, other);
    this.voice.tell(tookWords ? this.words.mergeTook : this.words.mergeDone);
  }

  /** The nearest other coding of mine with the same code. */
  #neighbour(coding) {
    const same = this.store
      .list()
      .filter((other) => this.acts.isMine(other) && other.code === coding.code && other.id !== coding.id);
    return same.sort((a, b) => gap(coding, a) - gap(coding, b) || a.start - b.start)[0];
  }

  /** From which turn to which the way between two codings leads: 0 within one turn, 1 into the next. */
  #turnsBetween(coding, other) {
    if (!gap(coding, other)) return 0;
    const [first, last] = coding.start < other.start ? [coding, other] : [other, coding];
    return this.map.turnAt(last.start) - this.map.turnAt(first.end - 1);
  }

  move(coding) {
    if (!this.chooser.chosen) return this.voice.notify(this.words.chooseFirst);
    this.resize(coding, this.chooser.chosen);
  }

  copy(coding) {
    if (!this.chooser.chosen) return this.voice.notify(this.words.chooseFirst);
    const together = this.store.list().filter((other) => other.start === coding.start && other.end === coding.end);
    this.apply([...new Set(together.map((other) => other.code))], { takesOff: false });
  }
}
