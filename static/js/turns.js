/** Who speaks which turn of a text without labels: after a change, the turns below it go on in turn. */

const OTHER = { 1: "2", 2: "1" };

/** What the turns after one say, once that one is `chosen`: each the other of the one above it. `chosen` may be "", nobody. */
export function following(chosen, number, above) {
  let last = chosen || above || "2";
  return Array.from({ length: number }, () => (last = OTHER[last]));
}

function alternate(form, box) {
  const turns = [...form.querySelectorAll(".turn-voices > li")];
  const value = (turn) => turn.querySelector("input:checked")?.value ?? "";
  box.closest("[data-needs-script]").hidden = false;
  form.addEventListener("change", (event) => {
    const turn = event.target.closest(".turn-voices > li");
    if (!turn || !box.checked) return;
    const at = turns.indexOf(turn);
    const above = at ? value(turns[at - 1]) : "";
    const rest = turns.slice(at + 1);
    const wanted = following(event.target.value, rest.length, above);
    rest.forEach((each, i) => (each.querySelector(`input[value="${wanted[i]}"]`).checked = true));
  });
}

/** Voices are called in the turns as they are called above. */
function name(form, field) {
  const called = field.value.trim();
  if (!called) return;
  for (const words of form.querySelectorAll(`[data-voice="${field.dataset.names}"], option[value="${field.dataset.names}"]`)) {
    words.textContent = called;
  }
}

function setUp(form) {
  const box = document.getElementById("alternate");
  if (box) alternate(form, box);
  form.addEventListener("input", (event) => event.target.matches("[data-names]") && name(form, event.target));
  for (const field of form.querySelectorAll("[data-names]")) name(form, field);
}

if (globalThis.document) setUp(document.getElementById("turns"));
