/** The recoding table: choosing many, and saying how many are chosen. */

/** @param {HTMLFormElement} form */
function start(form) {
  const boxes = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("[name=chosen]")]);
  const page = /** @type {HTMLInputElement} */ (form.querySelector("[data-page]"));
  const all = /** @type {HTMLInputElement} */ (form.querySelector("[data-all]"));
  const words = /** @type {HTMLElement} */ (form.querySelector("[data-chosen]"));
  if (!page) return;
  const total = Number(/** @type {HTMLInputElement} */ (form.querySelector("[name=seen]")).value);
  let last = null;

  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    page.checked = chosen === boxes.length;
    page.indeterminate = chosen > 0 && chosen < boxes.length;
    const n = all?.checked ? total : chosen;
    words.textContent = n ? words.dataset.words.replace("%s", String(n)) : "";
  };

  form.querySelector("[data-page-box]")["hidden"] = false;
  form.addEventListener("click", (event) => {
    const box = boxes.find((each) => each === event.target);
    if (!box) return;
    if (event.shiftKey && last) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
    }
    last = box;
  });
  form.addEventListener("change", (event) => {
    if (event.target === page) for (const box of boxes) box.checked = page.checked;
    else if (event.target !== all && all) all.checked = false;
    show();
  });
  show();
}

const form = globalThis.document?.querySelector("[data-recoding]");
if (form instanceof HTMLFormElement) start(form);
