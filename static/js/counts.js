/** How many codings each turn near the ones seen has: heard with the turn, and written where there is no room for stripes. */

import { counted } from "passages/counted";

export function turnCounts({ map, store, painter, words }) {
  const narrow = matchMedia("(max-width: 759px)");
  const count = () => {
    for (let turn = painter.first; turn <= painter.last; turn += 1) {
      const n = store.inTurn(turn).length;
      const label = counted(words, "codingsInTurn", n).replace("{turn}", String(turn + 1));
      describe(map.turns[turn], n ? label : "");
      if (!narrow.matches) continue;
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
      button.setAttribute("aria-label", label);
    }
  };
  painter.addEventListener("window", count);
  narrow.addEventListener("change", count);
}

function describe(turn, text) {
  if ((turn.getAttribute("aria-description") ?? "") === text) return;
  if (text) turn.setAttribute("aria-description", text);
  else turn.removeAttribute("aria-description");
}
