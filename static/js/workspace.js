/** The transcript page: brings its parts together. Each part knows its own job; only this module knows them all. */

import { CodeTree, describe } from "passages/codes";
import { panes } from "passages/panes";
import { shortcuts } from "passages/keys";
import { follow } from "passages/live";
import { Outbox } from "passages/outbox";
import { Painter } from "passages/painter";
import { Palette } from "passages/palette";
import { Panel } from "passages/panel";
import { Chooser } from "passages/selection";
import { sending } from "passages/sending";
import { Store, plain, uuid } from "passages/store";
import { Stripes } from "passages/stripes";
import { TextMap, codePoints } from "passages/textmap";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const given = read("workspace-data");
const codes = read("codes-data");
const codeById = new Map(codes.map((code) => [code.id, code]));
const words = document.getElementById("words").dataset;
const page = document.getElementById("page");
const article = document.getElementById("text");
const spoken = document.getElementById("spoken");
const toast = document.getElementById("toast");
const csrf = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";

const map = new TextMap(page);
requestAnimationFrame(() => setTimeout(() => performance.mark("passages:text")));
const store = new Store({ turnsOf: (start, end) => map.turnsOf(start, end), turns: map.turns.length, me: given.user });
const hueOf = (code) => (codeById.get(code)?.look ?? "hue-blue").split(" ")[0];
const painter = new Painter({ map, store, page, hueOf });
const stripes = new Stripes({
  canvas: document.getElementById("stripes"),
  map,
  store,
  painter,
  looks: new Set(["hue-blue", ...codes.map((code) => code.look)]),
  lookOf: (code) => codeById.get(code)?.look ?? "hue-blue",
  titleOf: (coding) => `${codeById.get(coding.code)?.path}, ${store.coders.get(coding.coder) ?? ""}`,
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

function send(changes, added, removed) {
  return outbox.add(
    changes.map((change, index) => ({
      transcript: given.transcript,
      address: given.changes,
      revision: given.revision,
      change,
      added: index ? [] : added,
      removed: index ? [] : removed,
    })),
  );
}

/** Apply codes to the chosen words: seen at once, kept in this browser, then sent. */
function apply(ids, { start, end } = chooser.chosen ?? {}) {
  if (!given.mayCode || start === undefined) return;
  const added = ids
    .filter((code) => !store.mine(start, end, code))
    .map((code) => ({ id: uuid(), start, end, code, coder: given.user }));
  for (const code of ids) palette.used(code);
  const names = ids.map((code) => codeById.get(code).name).join(", ");
  say(words.applied.replace("{code}", names));
  if (!added.length) return;
  performance.mark("passages:applied");
  store.know({ [given.user]: given.userName });
  store.change(added, []);
  requestAnimationFrame(() => setTimeout(() => performance.mark("passages:painted")));
  const changes = added.map((coding) => ({ id: coding.id, do: "apply", start, end, code: coding.code }));
  store.remember({ changes: changes.map((change) => change.id), added, removed: [] });
  send(changes, added, []);
  updateButtons();
}

function withdraw(id) {
  const coding = store.codings.get(plain(id));
  if (!coding || coding.coder !== given.user || !given.mayCode) return;
  const change = { id: uuid(), do: "withdraw", target: coding.id };
  store.change([], [coding]);
  store.remember({ changes: [change.id], added: [], removed: [coding] });
  send([change], [], [coding]);
  if (active?.id === coding.id) open(null);
  const text = words.withdrawn.replace("{code}", codeById.get(coding.code).name);
  say(text);
  notify(text, { undo: true });
  updateButtons();
}

function undo(redo = false) {
  const reversed = store.reverse(redo);
  if (!reversed) {
    say(redo ? words.cannotRedo : words.cannotUndo);
    return;
  }
  send(reversed.changes, reversed.act.added, reversed.act.removed);
  if (active && !store.codings.has(active.id)) open(null);
  toast.hidden = true;
  say(redo ? words.redone : words.undone);
  updateButtons();
}

function updateButtons() {
  for (const button of document.querySelectorAll("[data-do=undo]")) button.disabled = !store.done.length;
  for (const button of document.querySelectorAll("[data-do=redo]")) button.disabled = !store.undone.length;
  const code = document.getElementById("code-button");
  if (code) code.disabled = !chooser.chosen;
}

/** What the server said of changes; what it refused is taken back here and said. */
function settle({ batch, results }) {
  const byId = new Map(results.map((result) => [plain(result.id), result]));
  let refused = false;
  for (const entry of batch) {
    const result = byId.get(plain(entry.change.id));
    if (!result || entry.transcript !== given.transcript) continue;
    if (result.state === "refused") {
      refused = true;
      store.change(entry.removed, entry.added);
      store.forget(entry.change.id);
      notify(result.reason || words.refused.replace("{n}", "1"));
    } else if (result.coded_segment) {
      const id = plain(result.coded_segment);
      const mine = entry.added.find((coding) => coding.id === plain(entry.change.id));
      if (mine && mine.id !== id) store.change([{ ...mine, id }], [mine]);
    }
  }
  // What was built on a refused change is refused too, and cannot be taken back from here: look at what there is.
  if (refused) refresh().catch(() => {});
  updateButtons();
}

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

/** Walk to the next coded segment, or the one before. */
function walk(direction) {
  const list = store.list();
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

function openPalette() {
  if (!given.mayCode || !chooser.chosen) return;
  const { start, end } = chooser.chosen;
  const rects = map.range(start, end).getClientRects();
  palette.open(rects[rects.length - 1] ?? page.getBoundingClientRect(), codePoints(map.words(start, end)));
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
panel.addEventListener("withdraw", ({ detail }) => withdraw(detail));
panel.addEventListener("close", () => {
  open(null);
  if (current >= 0) enter(current);
});
tree.addEventListener("pick", ({ detail }) => {
  if (chooser.chosen) apply([detail]);
  else describe(tree.gist, codeById.get(detail));
});
palette.addEventListener("apply", ({ detail }) => apply([detail]));
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
outbox.addEventListener("settled", ({ detail }) => settle(detail));
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
    c: openPalette,
    Enter: openPalette,
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
  const known = rows.filter((row) => codeById.has(row.code) && theirs(row));
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
