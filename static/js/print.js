/** A button that prints the page; without a script it stays hidden, and the browser's own menu does it. */

if (globalThis.document) {
  for (const button of document.querySelectorAll("[data-do=print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}
