/** The codebook's page: the filter at once, and the chosen code in view. */

/** Ids of the rows to show: those whose text contains the words asked for, and all above them. */
export function matching(rows, asked) {
  const wanted = asked.normalize("NFKC").toLowerCase().trim();
  const parents = new Map(rows.map(({ id, parent }) => [id, parent]));
  const found = new Set();
  for (const { id, text } of rows) {
    if (!text.normalize("NFKC").toLowerCase().includes(wanted)) continue;
    for (let at = id; at && !found.has(at); at = parents.get(at)) found.add(at);
  }
  return found;
}

function startFilter(input) {
  const rows = [...document.querySelectorAll("tr[data-code]")].map((row) => ({
    row,
    id: row.dataset.code,
    parent: row.dataset.parent,
    text: row.querySelector("a").textContent + "\n" + row.querySelector(".def").textContent,
  }));
  const none = document.querySelector("[data-filter-none]");
  const filter = () => {
    const found = matching(rows, input.value);
    for (const { row, id } of rows) row.hidden = !found.has(id);
    none.hidden = found.size > 0;
  };
  input.addEventListener("input", filter);
  input.form.addEventListener("submit", (event) => event.preventDefault());
}

if (globalThis.document) {
  const input = document.querySelector("[data-filter=codes]");
  if (input) startFilter(input);
  const chosen = document.querySelector("tr[aria-selected=true]");
  const box = chosen?.closest(".table-wrap");
  if (box) box.scrollTop = Math.max(0, chosen.offsetTop - box.clientHeight / 2);
}
