/** Found passages: how many are chosen, and all of the page at once. */

/** @param {HTMLFormElement} form */
function start(form) {
  const all = /** @type {HTMLInputElement | null} */ (form.querySelector("[data-do=all-here]"));
  const button = /** @type {HTMLButtonElement | null} */ (form.querySelector("[data-do=chosen]"));
  if (!all || !button) return;
  const boxes = () => /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[name=chosen]")]);

  function tell() {
    const n = boxes().filter((box) => box.checked).length;
    button.textContent = (n ? button.dataset.words : button.dataset.none).replace("{n}", String(n));
    all.checked = n > 0 && n === boxes().length;
    all.indeterminate = n > 0 && n < boxes().length;
  }

  all.hidden = false;
  form.addEventListener("change", (event) => {
    if (event.target === all) for (const box of boxes()) box.checked = all.checked;
    tell();
  });
  tell();
}

const form = globalThis.document?.getElementById("coding");
if (form instanceof HTMLFormElement) start(form);
