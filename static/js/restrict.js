/** Takes the words that are chosen in the workspace along to the page on which passages are restricted. */

const link = document.querySelector("[data-restrict]");

if (link instanceof HTMLAnchorElement) {
  const address = link.href;
  document.addEventListener("passages:chosen", (event) => {
    const chosen = /** @type {CustomEvent} */ (event).detail;
    const query = new URLSearchParams(
      chosen ? { start: chosen.start, end: chosen.end, revision: link.dataset.restrict } : {},
    );
    link.href = chosen ? `${address}?${query}` : address;
  });
}
