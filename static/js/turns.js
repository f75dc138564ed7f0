/** Who speaks which turn of a text without labels: after a change, the turns below it go on in turn. */

const OTHER = { 1: "2", 2: "1" };

/** What the turns after one say, once that one is `chosen`: each the other of the one above it. `chosen` may be "", nobody. */
export function following(chosen, number, above) {
  let last = chosen || above || "2";
  return Array.from({ length: number }, () => (last = OTHER[last]));
}

function setUp(form) {
  const turns = [...form.querySelectorAll(".voices > li")];
  const value = (turn) => turn.querySelector("input:checked")?.value ?? "";
  const alternate = document.getElementById("alternate");
  alternate.closest("[data-needs-script]").hidden = false;
  form.addEventListener("change", (event) => {
    const turn = event.target.closest(".voices > li");
    if (!turn || !alternate.checked) return;
    const at = turns.indexOf(turn);
    const above = at ? value(turns[at - 1]) : "";
    const rest = turns.slice(at + 1);
    const wanted = following(event.target.value, rest.length, above);
    rest.forEach((each, i) => (each.querySelector(`input[value="${wanted[i]}"]`).checked = true));
  });
  const name = (which) => {
    const typed = document.getElementById(which === "1" ? "id_first" : "id_second").value.trim();
    for (const words of form.querySelectorAll(`[data-voice="${which}"]`)) if (typed) words.textContent = typed;
  };
  form.addEventListener("input", (event) => event.target.matches("#id_first, #id_second") && ["1", "2"].forEach(name));
  ["1", "2"].forEach(name);
}

if (globalThis.document) setUp(document.getElementById("turns"));
