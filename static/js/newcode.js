/** A new code without leaving the text: named, put in its place, made on the server, then applied. */

import { uuid } from "passages/store";

const LONGEST = 200; // signs of a name
const MARKS = `[.,;:!?…。，、；：！？"“”「」『』'‘’\\s]+`;
const AROUND = new RegExp(`^${MARKS}|${MARKS}$`, "gu");

/** Chosen words as the name of a code (in vivo): one line, no longer than names may be, without the marks around it. */
export function inVivo(text) {
  const line = text.replace(/\s+/gu, " ").trim();
  const bare = line.replace(AROUND, "") || line;
  return Array.from(bare).slice(0, LONGEST).join("").trim();
}

export class NewCode extends EventTarget {
  #sent = { key: "", change: "" }; // the same code sent again must not be made twice
  given; catalogue; words; csrf;

  /** @param {{given: any, catalogue: import("passages/catalogue").Catalogue, words: DOMStringMap, csrf: () => string}} parts */
  constructor({ given, catalogue, words, csrf }) {
    super();
    Object.assign(this, { given, catalogue, words, csrf });
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("new-code"));
    this.form = this.dialog.querySelector("form");
    this.nameField = /** @type {HTMLInputElement} */ (this.form.querySelector("[name=name]"));
    this.parent = /** @type {HTMLSelectElement} */ (this.form.querySelector("[name=parent]"));
    this.definition = /** @type {HTMLTextAreaElement} */ (this.form.querySelector("[name=definition]"));
    this.about = this.form.querySelector("[data-about]");
    this.problem = this.form.querySelector("[data-problem]");
    this.kept = `passages.parent.${given.study}`;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.form.querySelector("[data-do=cancel]").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.dispatchEvent(new Event("close")));
  }

  /** Ask for a new code; `quote` are the words it would go to, if there are some. */
  open({ name = "", quote = "" } = {}) {
    this.nameField.value = name;
    this.definition.value = "";
    this.about.textContent = quote;
    this.about.toggleAttribute("hidden", !quote);
    this.#say("");
    this.#fillParents();
    this.form.querySelector("[type=submit]").textContent = quote ? this.words.makeAndApply : this.words.makeCode;
    this.dialog.showModal();
    this.nameField.focus();
    this.nameField.select();
  }

  #fillParents() {
    const kept = localStorage.getItem(this.kept) ?? "";
    const options = this.catalogue.list.filter((code) => !code.retired).map((code) => {
      const option = document.createElement("option");
      option.value = String(code.id);
      option.textContent = `${"\u2003".repeat(code.level - 1)}${code.name}`;
      return option;
    });
    this.parent.replaceChildren(this.parent.options[0], ...options);
    this.parent.value = this.catalogue.has(Number(kept)) ? kept : "";
    if (this.parent.selectedIndex < 0) this.parent.value = "";
  }

  #say(text) {
    this.problem.querySelector("span").textContent = text;
    this.problem.toggleAttribute("hidden", !text);
  }

  async #send() {
    if (this.form.hasAttribute("aria-busy")) return;
    const body = {
      name: this.nameField.value,
      parent: this.parent.value ? Number(this.parent.value) : null,
      definition: this.definition.value,
    };
    const key = JSON.stringify(body);
    if (key !== this.#sent.key) this.#sent = { key, change: uuid() };
    this.form.setAttribute("aria-busy", "true");
    this.#say("");
    try {
      const answer = await fetch(this.given.codes, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf() },
        body: JSON.stringify({ ...body, change: this.#sent.change }),
        redirect: "error",
      });
      if (answer.status === 201) this.#made(await answer.json());
      else await this.#refused(answer);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
      this.#say(this.words.newCodeOffline);
    } finally {
      this.form.removeAttribute("aria-busy");
    }
  }

  async #refused(answer) {
    const { detail } = await answer.json().catch(() => ({ detail: "" }));
    if (answer.status === 401) this.#say(this.words.signedOut);
    else if (answer.status === 403) this.#say(this.words.newCodeLead);
    else if (answer.status === 422 && typeof detail === "string") this.#say(detail);
    else this.#say(this.words.newCodeOffline);
    this.nameField.focus();
  }

  #made({ id, codes }) {
    localStorage.setItem(this.kept, this.parent.value);
    this.catalogue.renew(codes);
    const { change } = this.#sent;
    this.#sent = { key: "", change: "" };
    this.dialog.close();
    this.dispatchEvent(new CustomEvent("made", { detail: { id, change } }));
  }
}
