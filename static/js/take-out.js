/** Before a file leaves: the warning follows what is ticked. */

/** @param {HTMLFormElement} form */
function start(form) {
  let asking = new AbortController();
  const warning = form.querySelector("[data-swap=guard]");
  /** @type {HTMLElement} */ (form.querySelector("[data-do=look]")).hidden = true;

  async function look() {
    asking.abort();
    asking = new AbortController();
    const address = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    try {
      const answer = await fetch(`${form.action}?${address}`, { signal: asking.signal });
      if (!answer.ok) throw new TypeError(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      warning.replaceChildren(...page.querySelector("[data-swap=guard]").childNodes);
      history.replaceState(null, "", `${location.pathname}?${address}`);
    } catch (error) {
      if (error.name === "AbortError") return; // a later wish is under way
      if (!(error instanceof TypeError)) throw error;
      warning.textContent = form.dataset.failed;
    }
  }

  form.addEventListener("change", look);
}

if (globalThis.document) {
  const form = document.querySelector("form[data-follows]");
  if (form instanceof HTMLFormElement) start(form);
}
