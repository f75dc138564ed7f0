/** Where there is no room for stripes, each turn says how many codings it has. */

export function turnCounts({ map, store, painter, words }) {
  const narrow = matchMedia("(max-width: 759px)");
  const count = () => {
    if (!narrow.matches) return;
    for (let turn = painter.first; turn <= painter.last; turn += 1) {
      const n = store.inTurn(turn).length;
      const gutter = map.turns[turn].firstElementChild;
      let button = gutter.querySelector(".turn-count");
      if (!n) {
        button?.remove();
        continue;
      }
      if (!button) {
        button = document.createElement("button");
        button.className = "turn-count";
        gutter.append(button);
      }
      if (button.textContent === String(n)) continue;
      button.textContent = String(n);
      const label = words.codingsInTurn.replace("{n}", String(n)).replace("{turn}", String(turn + 1));
      button.setAttribute("aria-label", label);
    }
  };
  painter.addEventListener("window", count);
  narrow.addEventListener("change", count);
}
