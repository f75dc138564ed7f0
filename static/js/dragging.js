/** Dragging rows of the codebook's tree: before a row, after it, or into it. Everything it does the keyboard does too. */

/** Where a pointer drops at this height of a row: its upper quarter is before, its lower one after. */
export function placeAt(y, { top, height }) {
  const share = (y - top) / height;
  if (share < 0.25) return "before";
  return share > 0.75 ? "after" : "into";
}

/**
 * Let the rows of a tree be dragged; `drop(codes, at, place)` is told where to.
 * @param {import("passages/tree").Tree} tree
 */
export function makeDraggable(tree, drop) {
  const { box } = tree;
  let dragged = [];
  const unmark = () => box.querySelector("[data-drop]")?.removeAttribute("data-drop");
  const rowOf = (event) => /** @type {HTMLElement} */ (event.target.closest?.("[data-code]"));
  for (const row of tree.elements) row.draggable = true;

  box.addEventListener("dragstart", (event) => {
    const row = rowOf(event);
    if (!row) return;
    const id = row.dataset.code;
    dragged = tree.chosen.has(id) ? [...tree.chosen] : [id];
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", row.querySelector("a").textContent);
  });
  box.addEventListener("dragover", (event) => {
    const row = rowOf(event);
    if (!row || !dragged.length) return;
    event.preventDefault();
    unmark();
    if (!dragged.includes(row.dataset.code)) row.dataset.drop = placeAt(event.clientY, row.getBoundingClientRect());
  });
  box.addEventListener("drop", (event) => {
    const row = rowOf(event);
    const place = row?.dataset.drop;
    if (!place) return;
    event.preventDefault();
    const codes = dragged;
    unmark();
    dragged = [];
    drop(codes, row.dataset.code, place);
  });
  box.addEventListener("dragend", () => {
    dragged = [];
    unmark();
  });
}
