/** The transcript page: brings its parts together. Each part knows its own job; only this module knows them all. */

import { Acts } from "passages/acts";
import { Carry } from "passages/carry";
import { Catalogue } from "passages/catalogue";
import { CodeTree, describe } from "passages/codes";
import { COMMANDS } from "passages/commands";
import { counted } from "passages/counted";
import { turnCounts } from "passages/counts";
import { csrf } from "passages/csrf";
import { Find } from "passages/find";
import { Grips } from "passages/grips";
import { KeyList } from "passages/keylist";
import { Keys, shortcuts } from "passages/keys";
import { Lights } from "passages/lights";
import { follow } from "passages/live";
import { Outbox } from "passages/outbox";
import { Painter } from "passages/painter";
import { Palette } from "passages/palette";
import { Panel } from "passages/panel";
import { NewCode, inVivo } from "passages/newcode";
import { panes } from "passages/panes";
import { presence } from "passages/presence";
import { Reader } from "passages/reader";
import { Refusals } from "passages/refusals";
import { Reshape } from "passages/reshape";
import { Chooser } from "passages/selection";
import { sending } from "passages/sending";
import { Shown } from "passages/shown";
import { Store } from "passages/store";
import { Stripes } from "passages/stripes";
import { Sync } from "passages/sync";
import { Tapped } from "passages/tapped";
import { TextMap, codePoints } from "passages/textmap";
import { Voice } from "passages/voice";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const given = read("workspace-data");
const words = document.getElementById("words").dataset;
const page = document.getElementById("page");
const article = document.getElementById("text");

const map = new TextMap(page);
requestAnimationFrame(() => setTimeout(() => performance.mark("passages:text")));
const catalogue = new Catalogue(read("codes-data"), words.newCode);
const store = new Store({ turnsOf: (start, end) => map.turnsOf(start, end), turns: map.turns.length, me: given.user });
const lookOf = (code) => catalogue.get(code).look;
const nameOf = (coding) => `${catalogue.get(coding.code).path}, ${store.coders.get(coding.coder) ?? ""}`;
const painter = new Painter({ map, store, page, hueOf: (code) => lookOf(code).split(" ")[0] });
const looks = () => new Set(["hue-blue", ...catalogue.list.map((code) => code.look)]);
const stripes = new Stripes({
  canvas: document.getElementById("stripes"),
  map,
  store,
  painter,
  looks: looks(),
  lookOf,
  titleOf: nameOf,
});
const voice = new Voice();
const reader = new Reader({ map, store, painter, page, words });
const chooser = new Chooser({ map, root: page, painter });
const panel = new Panel({ map, store, painter, codes: catalogue, words, mayCode: given.mayCode });
const tree = new CodeTree({ catalogue, store });
const palette = new Palette({ catalogue, study: given.study, words, mayAdd: given.mayAddCodes });
const outbox = new Outbox({ user: given.user, csrf });
const acts = new Acts({ store, outbox, given, catalogue });
const layout = panes();
const steady = (change) => reader.steady(change);
const shown = new Shown({ store, catalogue, words, mayCode: given.mayCode, steady });
const tapped = new Tapped({ catalogue, store, words });
const lights = new Lights({ store, painter, stripes });
const sync = new Sync({ given, store, outbox, catalogue, words, steady });
const newCode = new NewCode({ given, catalogue, words, csrf });
const keys = new Keys(given.user);
const keyList = new KeyList({ keys, words });
const find = new Find({ map, painter, words });
const caretAt = (x, y) => {
  if (document.caretPositionFromPoint) {
    const found = document.caretPositionFromPoint(x, y);
    return found && [found.offsetNode, found.offset];
  }
  const range = document.caretRangeFromPoint?.(x, y);
  return range && [range.startContainer, range.startOffset];
};
const grips = new Grips({ article, map, painter, chooser, caretAt, words });
turnCounts({ map, store, painter, words });
const refusals = new Refusals({
  outbox,
  words,
  given,
  nameOf: (code) => catalogue.get(code).name,
  wordsAt: (start, end) => map.words(start, end),
});
const status = sending({ outbox, refusals, words, signIn: given.signIn });

let active = null;

// Changing

/**
 * Apply codes to stretches, or take them off where all of them are there, if it `takesOff`; `made` are the changes that
 * made the codes.
 */
function apply(codes, { made = [], stretches = chooser.chosen ? [chooser.chosen] : [], takesOff = true } = {}) {
  if (!given.mayCode || !stretches.length) return;
  performance.mark("passages:applied");
  shown.reveal(codes);
  const done = acts.apply(codes, stretches, { made, takesOff });
  requestAnimationFrame(() => setTimeout(() => performance.mark("passages:painted")));
  for (const code of codes) palette.used(code);
  const names = codes.map((code) => acts.nameOf(code)).join(", ");
  if (done === "already") return voice.notify(words.alreadyThere.replace("{code}", names));
  const text = (done === "withdrawn" ? words.withdrawn : words.applied).replace("{code}", names);
  if (done === "withdrawn" || stretches.length > 1) voice.tell(text);
  else voice.say(text);
}

function undo(redo = false) {
  if (!acts.reverse(redo)) return voice.say(redo ? words.cannotRedo : words.cannotUndo);
  voice.hush();
  voice.say(redo ? words.redone : words.undone);
}

let picked = apply; // what the palette's next code is for

/** Open the palette at a stretch; `then` gets the codes that are picked. */
function openPalette({ at = chooser.chosen, then = apply } = {}) {
  if (!given.mayCode || !at) return;
  picked = then;
  const rects = map.range(at.start, at.end).getClientRects();
  palette.open(rects[rects.length - 1] ?? page.getBoundingClientRect(), codePoints(map.words(at.start, at.end)));
}

/** Ask for a new code, for what the palette was opened for. */
function askNewCode(name = "") {
  if (!given.mayAddCodes) return voice.notify(words.newCodeLead);
  const { chosen } = chooser;
  newCode.open({ name, quote: given.mayCode && chosen ? map.words(chosen.start, Math.min(chosen.end, chosen.start + 200)) : "" });
}

/** A code named by the chosen words themselves. */
function nameByWords() {
  const { chosen } = chooser;
  if (!chosen) return voice.notify(words.chooseFirst);
  picked = apply;
  askNewCode(inVivo(map.words(chosen.start, chosen.end)));
}

const reshape = new Reshape({ acts, store, map, chooser, grips, voice, words, openPalette, apply });

function updateButtons() {
  for (const button of document.querySelectorAll("[data-do=undo]")) button.disabled = !store.done.length;
  for (const button of document.querySelectorAll("[data-do=redo]")) button.disabled = !store.undone.length;
  const code = document.getElementById("code-button");
  if (!code) return;
  code.disabled = !chooser.chosen;
  document.getElementById("code-touch").hidden = !chooser.chosen;
}

acts.addEventListener("change", () => {
  const present = active && store.codings.get(active.id);
  if (active && present !== active) open(present ?? null);
  updateButtons();
});
acts.addEventListener("unseen", () => {
  document.dispatchEvent(new CustomEvent("passages:memos-undone"));
  sync.refresh().catch(() => {});
});
document.addEventListener("passages:memo-changed", ({ detail }) => acts.note(detail));
acts.addEventListener("refused", ({ detail }) => {
  voice.notify(detail.find(Boolean) ?? words.refused.replace("{n}", String(detail.length)));
  // What was built on a refused change is refused too, and cannot be taken back from here: look at what there is.
  sync.refresh().catch(() => {});
});

// Looking

/** What an act is for: the active coding, else the newest of mine on the chosen words, which becomes it. */
function subject() {
  if (active || !chooser.chosen) return active;
  const { start, end } = chooser.chosen;
  const here = [...store.codings.values()].filter((coding) => coding.start === start && coding.end === end);
  const newest = here.findLast((coding) => acts.isMine(coding));
  if (newest) open(newest);
  return newest ?? null;
}

/** Make a coding the active one, with all that lie at the same words; null closes. */
function open(coding, together) {
  active = coding;
  stripes.active = coding?.id ?? null;
  painter.mark("active", coding && [coding], 20);
  stripes.draw();
  grips.show(acts.isMine(coding) ? coding : null);
  panel.show(coding, together ?? (coding ? [coding] : undefined));
  tapped.show(coding, (together?.length ?? 1) - 1);
  if (coding) voice.say(nameOf(coding));
}

/** Walk to the next coded segment, or the one before; with `same`, of the active coding's code only. */
function walk(direction, same = false) {
  const next = reader.next(direction, active, same);
  if (!next) return;
  reader.goTo(next.start, { focus: true });
  open(next);
}

function toUncoded() {
  const turn = reader.uncoded();
  if (turn < 0) return voice.notify(words.allCoded);
  chooser.clear();
  reader.enter(turn);
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

// What the parts tell

grips.addEventListener("resize", ({ detail: { coding, start, end } }) => {
  reshape.resize(coding, { start, end });
});
grips.addEventListener("move", ({ detail }) => voice.say(map.words(detail.start, detail.end).slice(-80)));
grips.addEventListener("leave", () => reader.enter(map.turnAt(active?.start ?? 0), { scroll: false }));
find.addEventListener("hit", ({ detail }) => {
  reader.goTo(detail.start);
  if (detail.say) voice.say(map.words(Math.max(0, detail.start - 30), detail.end + 30));
});
find.addEventListener("code-all", ({ detail }) => openPalette({ at: detail[0], then: (ids, { made } = {}) => apply(ids, { made, stretches: detail, takesOff: false }) }));
find.addEventListener("close", () => reader.enter(reader.turn, { scroll: false }));
stripes.addEventListener("open", ({ detail }) => {
  open(detail);
  layout.reveal();
});
stripes.addEventListener("hover", ({ detail }) => lights.coding(detail));
tapped.addEventListener("open", () => layout.show("codings"));
panel.addEventListener("light", ({ detail: { id, by } }) => lights.coding(store.codings.get(id) ?? null, by));
panel.addEventListener("open", ({ detail }) => {
  const coding = store.codings.get(detail);
  layout.show("text");
  reader.goTo(coding.start, { focus: true });
  open(coding);
});
panel.addEventListener("act", ({ detail: { id, act } }) => reshape.do(store.codings.get(id), act));
panel.addEventListener("close", () => {
  open(null);
  if (reader.current >= 0) reader.enter(reader.current);
});
tree.addEventListener("pick", ({ detail }) => {
  if (chooser.chosen) apply([detail]);
  else describe(tree.gist, catalogue.get(detail));
});
tree.addEventListener("light", ({ detail: { codes, by } }) => lights.codes(codes, by));
tree.addEventListener("toggle", ({ detail }) => shown.toggle(detail));
tree.addEventListener("only", ({ detail }) => shown.only(detail));
palette.addEventListener("apply", ({ detail }) => picked([detail]));
palette.addEventListener("new", ({ detail }) => askNewCode(detail));
newCode.addEventListener("made", ({ detail: { id, change } }) => {
  if (chooser.chosen || picked !== apply) picked([id], { made: [change] });
  else voice.notify(words.codeMade.replace("{code}", acts.nameOf(id)));
});
newCode.addEventListener("close", () => {
  reader.enter(chooser.chosen ? map.turnAt(chooser.chosen.start) : reader.turn, { scroll: false });
  chooser.show();
});
catalogue.addEventListener("change", () => {
  stripes.learn(looks());
  store.filter({}); // colours may be others
  panel.renew();
});
palette.addEventListener("close", ({ detail }) => {
  if (!detail.back) return;
  reader.enter(map.turnAt(chooser.chosen?.start ?? 0), { scroll: false });
  chooser.show();
});
chooser.addEventListener("change", () => {
  updateButtons();
  const { chosen } = chooser;
  document.dispatchEvent(new CustomEvent("passages:chosen", { detail: chosen && aboutMemo(chosen) }));
  if (!chosen || !chooser.focus) return;
  const text = map.words(chosen.start, chosen.end);
  voice.say(counted(words, "selected", codePoints(text)).replace("{words}", text.slice(0, 200)));
});
refusals.addEventListener("again", ({ detail: entry }) => {
  if (entry.transcript === given.transcript && entry.revision === given.revision) store.change(entry.added, entry.removed);
  outbox.again(entry);
});
refusals.addEventListener("choose", ({ detail: { start, end, seq } }) => {
  goToPassage(start, end);
  status.close();
  openPalette({
    at: { start, end },
    then(codes, more) {
      apply(codes, { ...more, stretches: [{ start, end }] });
      outbox.dismiss([seq]);
    },
  });
});
refusals.addEventListener("place", ({ detail: { start, end, current, here, entry } }) => {
  // Where it is now is of the text as it is now, which this page may not have yet, nor have been told of.
  const old = sync.isOld || (current && entry.refused.why === "edited");
  if (here && !old) {
    status.close();
    goToPassage(start, end);
  } else {
    location.assign(`${location.pathname.replace(/\d+/, String(entry.transcript))}#at${start}-${end}`);
    if (here) location.reload();
  }
});
store.addEventListener("change", () => {
  if (active && store.codings.has(active.id) && !store.shows(active)) open(null);
});
sync.addEventListener("taken", () => {
  shown.fill();
  if (active && !store.codings.has(active.id)) open(null);
});

if (given.mayCode) {
  const carry = new Carry({ tree: tree.tree, page, map, chooser, painter, caretAt });
  carry.addEventListener("drop", ({ detail: { code, stretch } }) => apply([code], { stretches: [stretch] }));
  // The words stay chosen under the finger that presses it.
  document.getElementById("code-touch").addEventListener("pointerdown", (event) => event.preventDefault());
}

// Clicks

const STILL = 4; // pixels that a pointer may move while it clicks

let clicked = { point: -1, index: 0 };

/** Open what lies under a point of the text: the shortest first, with each click the next. */
function openAt(x, y) {
  const place = caretAt(x, y);
  if (!place || !map.byNode.has(place[0])) return;
  const point = map.fromDom(...place);
  const turn = map.turnAt(point);
  const rect = map.range(point, point + 1).getBoundingClientRect();
  if (Math.abs((rect.top + rect.bottom) / 2 - y) > rect.height) return; // the margin, not the words
  if (turn >= 0) reader.enter(turn, { scroll: false });
  const under = store.at(point, turn);
  const same = Math.abs(clicked.point - point) < 2;
  clicked = { point, index: same ? clicked.index + 1 : 0 };
  reshape.point = point;
  open(under.length ? under[clicked.index % under.length] : null, under);
  if (under.length) layout.reveal();
}

let down = null; // where the pointer was pressed
article.addEventListener("pointerdown", ({ clientX: x, clientY: y }) => (down = { x, y }));

/** Whether a click is on words that are selected still: browsers let go of them only after it. */
const isOnSelection = ({ clientX, clientY, shiftKey, detail }) =>
  down && detail === 1 && !shiftKey && Math.hypot(clientX - down.x, clientY - down.y) < STILL;

article.addEventListener("click", (event) => {
  const count = event.target.closest(".turn-count");
  if (count) {
    layout.show("codings");
    panel.goTo(map.indexOfTurn.get(count.closest(".turn")));
    return;
  }
  if (event.target.closest("a, canvas, .grip")) return;
  if (!document.getSelection().isCollapsed) {
    if (!isOnSelection(event)) {
      if (palette.opensItself) openPalette();
      return;
    }
    chooser.clear();
  }
  openAt(event.clientX, event.clientY);
});

const pressed = {
  code: () => openPalette(),
  undo: () => undo(),
  redo: () => undo(true),
  find: () => find.open(),
  "new-code"() {
    picked = apply;
    askNewCode();
  },
};
document.addEventListener("click", (event) => pressed[event.target.closest("[data-do]")?.dataset.do]?.());

document.addEventListener("copy", (event) => {
  // By position, not as selected: Firefox leaves out what it skips.
  const stretch = (page.contains(event.target) && chooser.chosen) || chooser.selected();
  if (!stretch || !event.clipboardData) return;
  event.clipboardData.setData("text/plain", map.words(stretch.start, stretch.end, "\n"));
  event.preventDefault();
});

// Keys

const choose = (direction, options) => {
  const turn = chooser.move(reader.turn, direction, options);
  if (turn !== reader.current) reader.enter(turn);
  chooser.show();
  if (chooser.chosen) reader.goTo(direction > 0 ? chooser.chosen.end - 1 : chooser.chosen.start);
};
const toTurn = (step) => {
  chooser.clear();
  reader.enter(reader.beside(step));
};
const recent = (n) => () => chooser.chosen && palette.recent[n - 1] && apply([palette.recent[n - 1]]);

shortcuts({
  keys,
  inText: () => page.contains(document.activeElement) || document.activeElement === document.body,
  isBusy: () => palette.isOpen || Boolean(document.querySelector("dialog[open]")),
  anywhere: new Set(COMMANDS.filter((command) => command.anywhere).map(({ id }) => id)),
  acts: {
    "next-word": () => choose(1),
    "previous-word": () => choose(-1),
    "extend-word": () => choose(1, { extend: true }),
    "shrink-word": () => choose(-1, { extend: true }),
    "extend-sentence": () => choose(1, { extend: true, by: "sentence" }),
    "shrink-sentence": () => choose(-1, { extend: true, by: "sentence" }),
    "extend-paragraph": () => choose(1, { extend: true, by: "paragraph" }),
    "shrink-paragraph": () => choose(-1, { extend: true, by: "paragraph" }),
    sentence: () => chooser.chooseUnit(reader.turn, "sentence"),
    paragraph: () => chooser.chooseUnit(reader.turn, "paragraph"),
    turn: () => chooser.chooseTurn(reader.turn),
    "let-go": () => {
      chooser.clear();
      open(null);
    },
    code: () => openPalette(),
    "in-vivo": nameByWords,
    memo: writeMemo,
    undo: () => undo(),
    redo: () => undo(true),
    "next-turn": () => toTurn(1),
    "previous-turn": () => toTurn(-1),
    "next-coding": () => walk(1),
    "previous-coding": () => walk(-1),
    "next-same": () => walk(1, true),
    "previous-same": () => walk(-1, true),
    uncoded: toUncoded,
    find: () => find.open(chooser.chosen ? map.words(chooser.chosen.start, chooser.chosen.end) : ""),
    filter() {
      layout.bring("codes");
      tree.filter.focus();
    },
    "show-all": () => shown.all(),
    keys: () => keyList.open(),
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [`recent-${n}`, recent(n)])),
    ...Object.fromEntries(
      ["recode", "ends", "move", "split", "merge", "copy", "withdraw"].map((act) => [act, () => reshape.do(subject(), act)]),
    ),
  },
});

// Beginning

async function load() {
  const [event] = await Promise.all([sync.refresh(), outbox.open()]);
  requestAnimationFrame(() => setTimeout(() => performance.mark("passages:drawn")));
  page.dataset.ready = "true";
  follow(given.changes, event, { take: (answer) => sync.take(answer), gone: (is) => sync.tellGone(is) });
  refusals.look();
  presence({ address: given.presence, csrf, words });
  outbox.send();
  reader.tell();
  goToHash();
}

function goToPassage(start, end) {
  layout.show("text");
  reader.goTo(start, { focus: true });
  chooser.choose(start, end);
}

function goToHash() {
  const turn = map.turns.findIndex((element) => `#${element.id}` === location.hash);
  const at = /^#at(\d+)-(\d+)$/.exec(location.hash);
  if (at) goToPassage(Number(at[1]), Number(at[2]));
  else if (turn >= 0) reader.enter(turn, { block: "start" });
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

updateButtons();
load().catch(failed);
