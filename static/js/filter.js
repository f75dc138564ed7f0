/** A filter box over a table: rows that do not have all its words are hidden, and groups with no row left. */

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Whether every word of the query is somewhere in the text, whatever its case and accents. */
export function matches(text, query) {
  const folded = fold(text);
  return fold(query)
    .split(/\s+/)
    .every((word) => folded.includes(word));
}

/** @param {Element} box */
function setUp(box) {
  const table = document.getElementById(box.dataset.filters);
  const none = document.querySelector("[data-filter-none]");
  const apply = () => {
    let shown = 0;
    for (const body of table.tBodies) {
      const rows = [...body.querySelectorAll("[data-row]")];
      for (const row of rows) row.hidden = !matches(row.textContent, box.value);
      const left = rows.filter((row) => !row.hidden).length;
      body.hidden = left === 0;
      shown += left;
    }
    none.hidden = shown > 0;
    none.querySelector("span").textContent = none.dataset.says.replace("%s", box.value.trim());
  };
  const lift = () => {
    box.value = "";
    apply();
    box.focus();
  };
  box.addEventListener("input", apply);
  box.addEventListener("keydown", (event) => event.key === "Escape" && lift());
  none.querySelector("[data-do=unfilter]").addEventListener("click", lift);
  box.closest("[data-needs-script]").hidden = false;
}

/** A choice that shows what it chose without a press on a button. */
function setUpSending(field) {
  field.form.querySelector("[data-without-script]").hidden = true;
  field.addEventListener("change", () => field.form.requestSubmit());
}

if (globalThis.document) document.querySelectorAll("[data-sends]").forEach(setUpSending);
if (globalThis.document) document.querySelectorAll("[data-filters]").forEach(setUp);
