/** What can be done to a coding that is there: recode, change its ends, move, split, merge, copy, withdraw. */

export class Reshape {
  acts; store; map; chooser; grips; voice; words; openPalette; apply;

  constructor(parts) {
    Object.assign(this, parts);
    this.point = -1; // where in the text was clicked last
  }

  /** Do something to a coding of mine; anybody's can be copied from. */
  do(coding, act) {
    if (!coding || !this.acts.given.mayCode) return;
    if (act !== "copy" && !this.acts.isMine(coding)) this.voice.notify(this.words.onlyMine);
    else this[act](coding);
  }

  withdraw(coding) {
    this.acts.withdraw([coding]);
    this.voice.tell(this.words.withdrawn.replace("{code}", this.acts.nameOf(coding.code)));
  }

  recode(coding) {
    this.openPalette({ at: coding, then: ([code]) => this.acts.recode(coding, code) });
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
    this.acts.merge(coding, other);
    this.voice.tell(this.words.mergeDone);
  }

  /** The next coding of mine with the same code, which this one could be merged with. */
  #neighbour(coding) {
    const same = this.store
      .list()
      .filter((other) => this.acts.isMine(other) && other.code === coding.code && other.id !== coding.id);
    return same.find((other) => other.start >= coding.start) ?? same.at(-1);
  }

  move(coding) {
    if (!this.chooser.chosen) return this.voice.notify(this.words.chooseFirst);
    this.acts.resize(coding, this.chooser.chosen);
    this.voice.tell(this.words.moveDone);
  }

  copy(coding) {
    if (!this.chooser.chosen) return this.voice.notify(this.words.chooseFirst);
    const together = this.store.list().filter((other) => other.start === coding.start && other.end === coding.end);
    this.apply([...new Set(together.map((other) => other.code))]);
  }
}
