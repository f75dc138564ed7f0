/** The recoding table: choosing many, and saying how many are chosen. */

/** What lies between two members of a list, both included, whichever comes first. */
export function between(list, one, other) {
  const [from, to] = [list.indexOf(one), list.indexOf(other)].sort((a, b) => a - b);
  return list.slice(from, to + 1);
}

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
    if (event.shiftKey && last) for (const each of between(boxes, last, box)) each.checked = box.checked;
    last = box;
  });
  form.addEventListener("change", (event) => {
    if (event.target === page) for (const box of boxes) box.checked = page.checked;
    else if (event.target !== all && all) all.checked = false;
    show();
  });
  show();
}

if (globalThis.document) {
  const form = document.querySelector("[data-recoding]");
  if (form instanceof HTMLFormElement) start(form);
}
