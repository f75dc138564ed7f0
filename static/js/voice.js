/** What the page says: to everybody in a note at its foot, to a screen reader also what is seen at once. */

const LONG = 6000; // milliseconds a note stays, unless the pointer or the focus is on it
const LONGER = 2000;

export class Voice {
  #timer = 0;

  constructor() {
    this.spoken = document.getElementById("spoken");
    this.toast = document.getElementById("toast");
  }

  /** Only for a screen reader: what others see on the page. */
  say(text) {
    this.spoken.textContent = "";
    requestAnimationFrame(() => (this.spoken.textContent = text));
  }

  notify(text, { undo = false } = {}) {
    clearTimeout(this.#timer);
    this.toast.querySelector("[data-words]").textContent = text;
    this.toast.querySelector("button").hidden = !undo;
    this.toast.hidden = false;
    const hide = () => {
      if (this.toast.matches(":hover, :focus-within")) this.#timer = setTimeout(hide, LONGER);
      else this.hush();
    };
    this.#timer = setTimeout(hide, LONG);
  }

  /** Say what was done, with a way back. */
  tell(text) {
    this.say(text);
    this.notify(text, { undo: true });
  }

  hush() {
    this.toast.hidden = true;
  }
}
