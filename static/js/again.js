/** Sends what was kept while somebody signed in in another tab, with the token that they have since. */

import { csrf } from "passages/csrf";

document.querySelector("[data-again]")?.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  /** @type {HTMLInputElement} */ (form.elements.namedItem("csrfmiddlewaretoken")).value = csrf();
});
