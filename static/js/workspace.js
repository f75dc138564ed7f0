/** The transcript page: brings its parts together. Each part knows its own job; only this module knows them all. */

import { Acts } from "passages/acts";
import { CodeTree, describe } from "passages/codes";
import { Find } from "passages/find";
import { Grips } from "passages/grips";
import { panes } from "passages/panes";
import { shortcuts } from "passages/keys";
import { follow } from "passages/live";
import { Outbox } from "passages/outbox";
import { Painter } from "passages/painter";
import { Palette } from "passages/palette";
import { Panel } from "passages/panel";
import { Chooser } from "passages/selection";
import { sending } from "passages/sending";
import { Store, plain } from "passages/store";
import { Stripes } from "passages/stripes";
import { TextMap, codePoints } from "passages/textmap";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const given = read("workspace-data");
const codes = read("codes-data");
const words = document.getElementById("words").dataset;

/** Codes by id. A code that a colleague made after this page was opened is shown as such until it is opened again. */
class Codes extends Map {
  get(id) {
    return super.get(id) ?? { id, name: words.newCode, path: words.newCode, look: "hue-blue", definition: "" };
  }
}
const codeById = new Codes(codes.map((code) => [code.id, code]));
const page = document.getElementById("page");
const article = document.getElementById("text");
const spoken = document.getElementById("spoken");
const toast = document.getElementById("toast");
const csrf = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";

const map = new TextMap(page);
requestAnimationFrame(() => setTimeout(() => performance.mark("passages:text")));
const store = new Store({ turnsOf: (start, end) => map.turnsOf(start, end), turns: map.turns.length, me: given.user });
const hueOf = (code) => codeById.get(code).look.split(" ")[0];
const painter = new Painter({ map, store, page, hueOf });
const stripes = new Stripes({
  canvas: document.getElementById("stripes"),
  map,
  store,
  painter,
  looks: new Set(["hue-blue", ...codes.map((code) => code.look)]),
  lookOf: (code) => codeById.get(code).look,
  titleOf: (coding) => `${codeById.get(coding.code).path}, ${store.coders.get(coding.coder) ?? ""}`,
});
const chooser = new Chooser({ map, root: page, painter });
const panel = new Panel({ map, store, painter, codes: codeById, words, mayCode: given.mayCode });
const tree = new CodeTree({ codes, store });
const palette = new Palette({ codes, study: given.study, words });
const outbox = new Outbox({ user: given.user, csrf });
const layout = panes();
sending(outbox, words, given.signIn);

let current = -1; // the turn the keys are in
let active = null;

// Saying things

function say(text) {
  spoken.textContent = "";
  requestAnimationFrame(() => (spoken.textContent = text));
}

let toastTimer = 0;
function notify(text, { undo = false } = {}) {
  clearTimeout(toastTimer);
  toast.querySelector("[data-words]").textContent = text;
  toast.querySelector("button").hidden = !undo;
  toast.hidden = false;
  const hide = () => {
    if (toast.matches(":hover, :focus-within")) toastTimer = setTimeout(hide, 2000);
    else toast.hidden = true;
  };
  toastTimer = setTimeout(hide, 6000);
}

// Changing

const acts = new Acts({ store, outbox, given });

/** Apply codes to stretches, or take them off where all of them are there. */
function apply(codeIds, stretches = chooser.chosen ? [chooser.chosen] : []) {
  if (!given.mayCode || !stretches.length) return;
  performance.mark("passages:applied");
  const done = acts.apply(codeIds, stretches);
  requestAnimationFrame(() => setTimeout(() => performance.mark("passages:painted")));
  for (const code of codeIds) palette.used(code);
  const names = codeIds.map((code) => codeById.get(code).name).join(", ");
  const text = (done === "withdrawn" ? words.withdrawn : words.applied).replace("{code}", names);
  if (done === "withdrawn" || stretches.length > 1) tell(text);
  else say(text);
}

function withdraw(id) {
  const coding = store.codings.get(plain(id));
  if (!acts.isMine(coding)) {
    if (coding && given.mayCode) notify(words.onlyMine);
    return;
  }
  acts.withdraw([coding]);
  tell(words.withdrawn.replace("{code}", codeById.get(coding.code).name));
}

/** Say what was done, with a way back. */
function tell(text) {
  say(text);
  notify(text, { undo: true });
}

function undo(redo = false) {
  if (!acts.reverse(redo)) {
    say(redo ? words.cannotRedo : words.cannotUndo);
    return;
  }
  toast.hidden = true;
  say(redo ? words.redone : words.undone);
}

/** The next coding of mine with the same code, which this one could be merged with. */
function neighbour(coding) {
  const same = store.list().filter((other) => acts.isMine(other) && other.code === coding.code && other.id !== coding.id);
  return same.find((other) => other.start >= coding.start) ?? same.at(-1);
}

/** Where a coding would be split: before what is chosen in it, or where it was last clicked. */
function splitPoint(coding) {
  const point = chooser.chosen?.start ?? cycle.point;
  return coding.start < point && point < coding.end ? point : null;
}

const doers = {
  withdraw: (coding) => withdraw(coding.id),
  recode: (coding) => openPalette({ at: coding, then: ([code]) => acts.recode(coding, code) }),
  ends: () => grips.focus(),
  split(coding) {
    const point = splitPoint(coding);
    const first = point && map.trim(coding.start, point);
    const rest = point && map.trim(point, coding.end);
    if (!first || !rest) return notify(words.splitWhere);
    acts.split(coding, { end: first.end, start: rest.start });
    tell(words.splitDone);
  },
  merge(coding) {
    const other = neighbour(coding);
    if (!other) return notify(words.mergeNone);
    acts.merge(coding, other);
    tell(words.mergeDone);
  },
  move(coding) {
    if (!chooser.chosen) return notify(words.chooseFirst);
    acts.resize(coding, chooser.chosen);
    tell(words.moveDone);
  },
  copy(coding) {
    if (!chooser.chosen) return notify(words.chooseFirst);
    const together = store.list().filter((other) => other.start === coding.start && other.end === coding.end);
    apply([...new Set(together.map((other) => other.code))]);
  },
};

/** Do something to a coding of mine; anybody's can be copied from. */
function doTo(coding, act) {
  if (!coding || !given.mayCode) return;
  if (act !== "copy" && !acts.isMine(coding)) return notify(words.onlyMine);
  doers[act](coding);
}

function updateButtons() {
  for (const button of document.querySelectorAll("[data-do=undo]")) button.disabled = !store.done.length;
  for (const button of document.querySelectorAll("[data-do=redo]")) button.disabled = !store.undone.length;
  const code = document.getElementById("code-button");
  if (code) code.disabled = !chooser.chosen;
}

acts.addEventListener("change", () => {
  const present = active && store.codings.get(active.id);
  if (active && present !== active) open(present ?? null);
  updateButtons();
});
acts.addEventListener("refused", ({ detail }) => {
  notify(detail.find(Boolean) ?? words.refused.replace("{n}", String(detail.length)));
  // What was built on a refused change is refused too, and cannot be taken back from here: look at what there is.
  refresh().catch(() => {});
});

// Looking

function goTo(start, { focus = false } = {}) {
  const turn = Math.max(0, map.turnAt(start));
  const rect = map.range(start, start + 1).getBoundingClientRect();
  const box = page.getBoundingClientRect();
  if (rect.top < box.top + 40 || rect.bottom > box.bottom - 40)
    page.scrollTop += rect.top - box.top - box.height / 3;
  if (focus) enter(turn);
}

/** Make a coding the active one, with all that lie at the same words; null closes. */
function open(coding, together) {
  active = coding;
  stripes.active = coding?.id ?? null;
  painter.mark("active", coding && [coding], 20);
  stripes.draw();
  grips.show(acts.isMine(coding) ? coding : null);
  panel.show(coding, together ?? (coding ? [coding] : undefined));
  if (coding) say(`${codeById.get(coding.code).path}, ${store.coders.get(coding.coder) ?? ""}`);
}

/** Where there is no room for stripes, each turn says how many codings it has. */
const narrow = matchMedia("(max-width: 759px)");
function countTurns() {
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
}

function enter(turn, { scroll = true } = {}) {
  if (turn < 0 || turn >= map.turns.length) return;
  if (current >= 0) map.turns[current].tabIndex = -1;
  current = turn;
  map.turns[turn].tabIndex = 0;
  map.turns[turn].focus({ preventScroll: true });
  if (scroll) map.turns[turn].scrollIntoView({ block: "nearest" });
  tellTurn();
}

function tellTurn() {
  const [first] = painter.visible();
  const turn = current >= 0 && map.turns[current].contains(document.activeElement) ? current : first;
  const text = words.turnOf.replace("{n}", String(Math.min(turn, map.turns.length - 1) + 1));
  document.getElementById("turn-of").textContent = map.turns.length
    ? text.replace("{all}", String(map.turns.length))
    : "";
}

/** Walk to the next coded segment, or the one before; with `same`, of the active coding's code only. */
function walk(direction, same = false) {
  const list = store.list().filter((coding) => !same || !active || coding.code === active.code);
  if (!list.length) return;
  let at = active ? list.findIndex((coding) => coding.id === active.id) : -1;
  if (at < 0) {
    const from = map.turnStart[Math.max(0, current >= 0 ? current : painter.visible()[0])] ?? 0;
    at = list.findIndex((coding) => coding.start >= from) - (direction > 0 ? 1 : 0);
  }
  const next = list[(at + direction + list.length) % list.length];
  goTo(next.start, { focus: true });
  open(next);
}

/** Go to the next turn of a respondent that bears no code. */
function toUncoded() {
  const turns = map.turns.length;
  for (let step = 1; step <= turns; step += 1) {
    const turn = (Math.max(0, turnNow()) + step) % turns;
    if (map.turns[turn].hasAttribute("data-interviewer") || store.inTurn(turn).length) continue;
    chooser.clear();
    enter(turn);
    return;
  }
  notify(words.allCoded);
}

let picked = apply; // what the palette's next code is for

/** Open the palette at a stretch; `then` gets the codes that are picked. */
function openPalette({ at = chooser.chosen, then = apply } = {}) {
  if (!given.mayCode || !at) return;
  picked = then;
  const rects = map.range(at.start, at.end).getClientRects();
  palette.open(rects[rects.length - 1] ?? page.getBoundingClientRect(), codePoints(map.words(at.start, at.end)));
}

/** What a memo would be on, for the module of the memos. */
const aboutMemo = ({ id = null, start, end }) => ({
  coding: id,
  start,
  end,
  words: map.words(start, Math.min(end, start + 200)),
});

function writeMemo() {
  if (!given.mayCode) return;
  const on = chooser.chosen ?? active;
  document.dispatchEvent(new CustomEvent("passages:memo", { detail: on && aboutMemo(on) }));
}

// Clicks

const caretAt = (x, y) => {
  if (document.caretPositionFromPoint) {
    const found = document.caretPositionFromPoint(x, y);
    return found && [found.offsetNode, found.offset];
  }
  const range = document.caretRangeFromPoint?.(x, y);
  return range && [range.startContainer, range.startOffset];
};

const grips = new Grips({ article, map, painter, chooser, caretAt, words });
grips.addEventListener("resize", ({ detail: { coding, start, end } }) => {
  acts.resize(coding, { start, end });
  tell(words.moveDone);
});
grips.addEventListener("move", ({ detail }) => say(map.words(detail.start, detail.end).slice(-80)));
grips.addEventListener("leave", () => enter(map.turnAt(active?.start ?? 0), { scroll: false }));

const find = new Find({ map, painter, words });
find.addEventListener("hit", ({ detail }) => {
  goTo(detail.start);
  if (detail.say) say(map.words(Math.max(0, detail.start - 30), detail.end + 30));
});
find.addEventListener("code-all", ({ detail }) => openPalette({ at: detail[0], then: (ids) => apply(ids, detail) }));
find.addEventListener("close", () => enter(turnNow(), { scroll: false }));

let cycle = { point: -1, index: 0 };
article.addEventListener("click", (event) => {
  if (!document.getSelection().isCollapsed || event.target.closest("a, canvas")) return;
  const place = caretAt(event.clientX, event.clientY);
  if (!place || !map.byNode.has(place[0])) return;
  const point = map.fromDom(...place);
  const turn = map.turnAt(point);
  const rect = map.range(point, point + 1).getBoundingClientRect();
  if (Math.abs((rect.top + rect.bottom) / 2 - event.clientY) > rect.height) return; // the margin, not the words
  if (turn >= 0) enter(turn, { scroll: false });
  const under = store.at(point, turn);
  const same = Math.abs(cycle.point - point) < 2;
  cycle = { point, index: same ? cycle.index + 1 : 0 };
  open(under.length ? under[cycle.index % under.length] : null, under);
  if (under.length) layout.reveal();
});

stripes.addEventListener("open", ({ detail }) => {
  open(detail);
  layout.reveal();
});
stripes.addEventListener("hover", ({ detail }) => painter.mark("hovered", detail && [detail], 10));
panel.addEventListener("open", ({ detail }) => {
  const coding = store.codings.get(detail);
  layout.show("text");
  goTo(coding.start, { focus: true });
  open(coding);
});
panel.addEventListener("act", ({ detail: { id, act } }) => doTo(store.codings.get(id), act));
panel.addEventListener("close", () => {
  open(null);
  if (current >= 0) enter(current);
});
tree.addEventListener("pick", ({ detail }) => {
  if (chooser.chosen) apply([detail]);
  else describe(tree.gist, codeById.get(detail));
});
palette.addEventListener("apply", ({ detail }) => picked([detail]));
palette.addEventListener("close", ({ detail }) => {
  if (!detail.back) return;
  enter(map.turnAt(chooser.chosen?.start ?? 0), { scroll: false });
  chooser.show();
});
chooser.addEventListener("change", () => {
  updateButtons();
  const { chosen } = chooser;
  document.dispatchEvent(new CustomEvent("passages:chosen", { detail: chosen && aboutMemo(chosen) }));
  if (!chosen || !chooser.focus) return;
  const text = map.words(chosen.start, chosen.end);
  say(words.selected.replace("{n}", String(codePoints(text))).replace("{words}", text.slice(0, 200)));
});
painter.addEventListener("window", countTurns);
narrow.addEventListener("change", countTurns);
article.addEventListener("click", (event) => {
  const button = event.target.closest(".turn-count");
  if (!button) return;
  layout.show("codings");
  panel.goTo(map.indexOfTurn.get(button.closest(".turn")));
});
outbox.addEventListener("settled", ({ detail }) => {
  // What was made on an older text has other positions in this one.
  if (detail.batch.some((entry) => entry.revision !== given.revision)) refresh().catch(() => {});
});
painter.addEventListener("scroll", tellTurn);

document.addEventListener("click", (event) => {
  const act = event.target.closest("[data-do]")?.dataset.do;
  if (act === "code") openPalette();
  else if (act === "undo") undo();
  else if (act === "redo") undo(true);
  else if (act === "find") find.open();
});

page.addEventListener("copy", (event) => {
  const { chosen } = chooser;
  if (!chosen || !event.clipboardData) return;
  event.clipboardData.setData("text/plain", map.words(chosen.start, chosen.end));
  event.preventDefault();
});

// Keys: letters work while the focus is in the transcript

const inText = () => page.contains(document.activeElement) || document.activeElement === document.body;
const turnNow = () => (current >= 0 ? current : painter.visible()[0]);
const go = (direction, options) => {
  const turn = chooser.move(turnNow(), direction, options);
  if (turn !== current) enter(turn);
  chooser.show();
  if (chooser.chosen) goTo(direction > 0 ? chooser.chosen.end - 1 : chooser.chosen.start);
};
const toTurn = (step) => {
  chooser.clear();
  enter(current < 0 ? painter.visible()[0] : Math.max(0, Math.min(map.turns.length - 1, current + step)));
};

shortcuts({
  inText,
  isBusy: () => palette.isOpen || Boolean(document.querySelector("dialog[open]")),
  keys: {
    c: () => openPalette(),
    Enter: () => openPalette(),
    z: () => undo(),
    "Shift+Z": () => undo(true),
    j: () => toTurn(1),
    k: () => toTurn(-1),
    ArrowDown: () => toTurn(1),
    ArrowUp: () => toTurn(-1),
    ArrowRight: () => go(1),
    ArrowLeft: () => go(-1),
    "Shift+ArrowRight": () => go(1, { extend: true }),
    "Shift+ArrowLeft": () => go(-1, { extend: true }),
    "Shift+ArrowDown": () => go(1, { extend: true, bySentence: true }),
    "Shift+ArrowUp": () => go(-1, { extend: true, bySentence: true }),
    s: () => chooser.chooseSentence(turnNow()),
    t: () => chooser.chooseTurn(turnNow()),
    n: () => walk(1),
    p: () => walk(-1),
    "Shift+N": () => walk(1, true),
    "Shift+P": () => walk(-1, true),
    u: toUncoded,
    f: () => find.open(chooser.chosen ? map.words(chooser.chosen.start, chooser.chosen.end) : ""),
    e: () => doTo(active, "ends"),
    r: () => doTo(active, "recode"),
    x: () => doTo(active, "split"),
    g: () => doTo(active, "merge"),
    y: () => doTo(active, "copy"),
    m: writeMemo,
    Delete: () => active && withdraw(active.id),
    "/": () => {
      layout.show("codes");
      document.getElementById("code-filter").focus();
    },
    Escape: () => {
      chooser.clear();
      open(null);
    },
    ...Object.fromEntries(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [
        String(n),
        () => chooser.chosen && palette.recent[n - 1] && apply([palette.recent[n - 1]]),
      ]),
    ),
  },
  always: { "Control+z": () => undo(), "Control+Shift+Z": () => undo(true), "Control+y": () => undo(true) },
});

// Beginning

/** Show the codings as the server has them now, with what waits in this browser; gives the event they are of. */
async function refresh() {
  const answer = await fetch(given.segments); // preloaded by the page: a header of its own would fetch it again
  if (!answer.ok) throw new Error(String(answer.status));
  const codings = await answer.json();
  performance.mark("passages:codings");
  if (isOlder(codings)) return codings.event;
  const waiting = await outbox.mine();
  store.load(codings);
  fillCoders();
  for (const entry of waiting)
    if (entry.transcript === given.transcript && entry.revision === given.revision) store.change(entry.added, entry.removed);
  if (active && !store.codings.has(active.id)) open(null);
  return codings.event;
}

async function load() {
  const [event] = await Promise.all([refresh(), outbox.open()]);
  requestAnimationFrame(() => setTimeout(() => performance.mark("passages:drawn")));
  page.dataset.ready = "true";
  follow(given.changes, event, takeOver);
  outbox.send();
  tellTurn();
  goToHash();
}

/** Whether this page's text is older than the codings: they lie elsewhere in it, so none are taken, and a note says so. */
function isOlder({ revision, edited_by: who }) {
  if (revision === given.revision) return false;
  const note = document.getElementById("text-edited");
  const said = note.querySelector("[data-words]");
  const text = words.textEdited.replace("{who}", who || words.somebody);
  if ((note.hidden || who) && said.textContent !== text) said.textContent = text;
  note.hidden = false;
  return true;
}

/** What others changed: my own waiting changes stay as I see them. */
function takeOver(answer) {
  if (isOlder(answer)) return;
  store.know(answer.coders);
  fillCoders();
  const rows = answer.id.map((id, i) => ({
    id: plain(id),
    start: answer.start[i],
    end: answer.end[i],
    code: answer.code[i],
    coder: answer.coder[i],
  }));
  const theirs = (coding) => coding.coder !== given.user || !outbox.waiting;
  const known = rows.filter(theirs);
  const changed = known.flatMap((row) => {
    const old = store.codings.get(row.id);
    return old && (old.start !== row.start || old.end !== row.end || old.code !== row.code) ? [old] : [];
  });
  const gone = answer.gone.map((id) => store.codings.get(plain(id))).filter((coding) => coding && theirs(coding));
  store.change([], [...changed, ...gone]);
  store.change(known, []);
  if (active && !store.codings.has(active.id)) open(null);
}

/** The choice of whose codings are shown: everyone's, mine, each other coder's. */
function fillCoders() {
  const choice = document.getElementById("whose");
  const others = [...store.coders].filter(([id]) => id !== given.user);
  const wanted = given.mayCode || store.coders.has(given.user) ? [[given.user, words.mine], ...others] : others;
  for (const [id, name] of wanted) {
    if (choice.querySelector(`input[value="${id}"]`)) continue;
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: "who", value: String(id) });
    label.append(input, name);
    choice.append(label);
  }
}
document.getElementById("whose").addEventListener("change", (event) => {
  open(null);
  store.show(event.target.value ? Number(event.target.value) : null);
});

function goToHash() {
  const turn = map.turns.findIndex((element) => `#${element.id}` === location.hash);
  const at = /^#at(\d+)-(\d+)$/.exec(location.hash);
  if (at) {
    goTo(Number(at[1]), { focus: true });
    chooser.choose(Number(at[1]), Number(at[2]));
  } else if (turn >= 0) {
    map.turns[turn].scrollIntoView({ block: "start" });
    enter(turn, { scroll: false });
  }
  painter.renew();
}
addEventListener("hashchange", goToHash);

function failed() {
  const note = document.createElement("div");
  note.className = "note";
  note.dataset.kind = "danger";
  note.setAttribute("role", "alert");
  const text = document.createElement("span");
  text.textContent = words.loadFailed;
  const again = document.createElement("button");
  again.className = "button";
  again.textContent = words.tryAgain;
  again.addEventListener("click", () => {
    note.remove();
    load().catch(failed);
  });
  note.append(text, again);
  page.prepend(note);
}

article.toggleAttribute("data-long", map.turns.length > 3000);
if (map.turns.length) map.turns[0].tabIndex = 0;
page.addEventListener("focusin", (event) => {
  const turn = map.indexOfTurn.get(event.target.closest(".turn"));
  if (turn !== undefined && turn !== current) {
    if (current >= 0) map.turns[current].tabIndex = -1;
    current = turn;
    map.turns[turn].tabIndex = 0;
    tellTurn();
  }
});
updateButtons();
load().catch(failed);
