/** The three areas: their widths, folding them, one at a time on a narrow screen; and the text's size and face. */

const LEAST = 200;
const MOST = 520;
const USUAL = { codes: 272, codings: 312 };
const PANES = ["codes", "codings"];

export const within = (width) => Math.max(LEAST, Math.min(MOST, width));

/** Give the areas their remembered widths and make the handles work; gives `show(pane)` and `reveal()`. */
export function panes() {
  const between = matchMedia("(min-width: 760px) and (max-width: 1200px)");
  const workspace = /** @type {HTMLElement} */ (document.querySelector(".workspace"));
  for (const handle of document.querySelectorAll(".handle")) makeHandle(workspace, handle);
  const show = (pane) => {
    workspace.dataset.pane = pane;
    for (const button of document.querySelectorAll("[data-pane-button]"))
      button.setAttribute("aria-pressed", String(button.dataset.paneButton === pane));
  };
  for (const button of document.querySelectorAll("[data-pane-button]"))
    button.addEventListener("click", () => show(button.dataset.paneButton));
  const isOver = (pane) => pane === "codings" && between.matches; // no room for it beside the text: it opens over it
  const isSeen = (pane) => (isOver(pane) ? workspace.hasAttribute("data-codings") : !workspace.hasAttribute(`data-fold-${pane}`));
  const tell = () => {
    for (const pane of PANES)
      document.querySelector(`.toolbar [data-do=${pane}]`).setAttribute("aria-pressed", String(isSeen(pane)));
  };
  const fold = (pane, seen = !isSeen(pane)) => {
    if (isOver(pane)) workspace.toggleAttribute("data-codings", seen);
    else {
      workspace.toggleAttribute(`data-fold-${pane}`, !seen);
      localStorage.setItem(`passages.folded.${pane}`, String(!seen));
    }
    tell();
  };
  for (const pane of PANES) {
    workspace.toggleAttribute(`data-fold-${pane}`, localStorage.getItem(`passages.folded.${pane}`) === "true");
    document.querySelector(`.toolbar [data-do=${pane}]`).addEventListener("click", () => fold(pane));
  }
  for (const handle of document.querySelectorAll(".handle"))
    handle.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // or it would press the button that gets the focus
      fold(handle.dataset.pane, false);
      /** @type {HTMLElement} */ (document.querySelector(`.toolbar [data-do=${handle.dataset.pane}]`)).focus();
    });
  between.addEventListener("change", tell);
  tell();
  reading();
  tabs();
  return {
    show,
    /** Show an area, wherever it is. */
    bring(pane) {
      show(pane);
      if (!isSeen(pane)) fold(pane, true);
    },
    /** Bring the codings into view where they are folded away, without leaving a narrow screen's text. */
    reveal() {
      if (between.matches) fold("codings", true);
    },
  };
}

function makeHandle(workspace, handle) {
  const pane = handle.dataset.pane;
  const sign = pane === "codes" ? 1 : -1;
  const set = (width, keep = true) => {
    const now = within(width);
    workspace.style.setProperty(`--${pane}-width`, `${now}px`);
    handle.setAttribute("aria-valuenow", String(Math.round(now)));
    if (keep) localStorage.setItem(`passages.width.${pane}`, String(now));
  };
  const width = () => Number(handle.getAttribute("aria-valuenow"));
  const kept = Number(localStorage.getItem(`passages.width.${pane}`));
  if (kept) set(kept, false);
  handle.addEventListener("keydown", (event) => {
    const to = {
      ArrowRight: width() + 16 * sign,
      ArrowLeft: width() - 16 * sign,
      Home: LEAST,
      End: MOST,
    }[event.key];
    if (to === undefined) return;
    set(to);
    event.preventDefault();
  });
  handle.addEventListener("dblclick", () => set(USUAL[pane]));
  handle.addEventListener("pointerdown", (event) => {
    const from = width() - sign * event.clientX;
    handle.setPointerCapture(event.pointerId);
    handle.dataset.dragging = "true";
    const move = (moved) => set(from + sign * moved.clientX);
    const end = () => {
      handle.removeEventListener("pointermove", move);
      delete handle.dataset.dragging;
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end, { once: true });
    handle.addEventListener("pointercancel", end, { once: true });
  });
}

function reading() {
  const menu = document.getElementById("size-menu");
  const button = document.querySelector("[data-do=size]");
  const page = /** @type {HTMLElement} */ (document.getElementById("page"));
  const show = (open) => {
    menu.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) menu.querySelector("input:checked").focus();
  };
  const take = () => {
    page.style.setProperty("--t-read", `${localStorage.getItem("passages.size") ?? "1.125"}rem`);
    page.toggleAttribute("data-sans", localStorage.getItem("passages.face") === "ui");
  };
  for (const name of ["size", "face"]) {
    const kept = menu.querySelector(`input[name=${name}][value="${localStorage.getItem(`passages.${name}`)}"]`);
    if (kept) kept.checked = true;
  }
  take();
  button.addEventListener("click", () => show(menu.hidden));
  menu.addEventListener("change", (event) => {
    localStorage.setItem(`passages.${event.target.name}`, event.target.value);
    take();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!menu.hidden && !menu.contains(event.target) && !button.contains(event.target)) show(false);
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    show(false);
    button.focus();
  });
}

/** Fetch what a tab shows, when it is first opened. */
async function fill(box) {
  const response = await fetch(box.dataset.from);
  if (!response.ok) return;
  delete box.dataset.from;
  const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
  box.replaceChildren(...parsed.body.childNodes);
}

function tabs() {
  const all = [...document.querySelectorAll('.codings [role="tab"]')];
  const choose = (tab) => {
    for (const other of all) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      const box = document.getElementById(other.getAttribute("aria-controls"));
      box.hidden = !chosen;
      if (chosen && box.dataset.from) fill(box);
    }
  };
  for (const tab of all) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = all[(all.indexOf(tab) + step + all.length) % all.length];
      choose(next);
      next.focus();
    });
  }
}
