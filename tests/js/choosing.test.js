import assert from "node:assert/strict";
import { test } from "node:test";

import { matching } from "passages/codes";
import { nameOf } from "passages/keys";
import { recently, search } from "passages/palette";
import { within } from "passages/panes";
import { initials } from "passages/pinyin";

const CODES = [
  { id: 1, parent: null, name: "Return", path: "Return", definition: "" },
  { id: 2, parent: 1, name: "Team return", path: "Return › Team return", definition: "Going back together" },
  { id: 3, parent: null, name: "Barriers", path: "Barriers", definition: "" },
  { id: 4, parent: 3, name: "Cost", path: "Barriers › Cost", definition: "" },
  { id: 5, parent: null, name: "关系 Guanxi", path: "关系 Guanxi", definition: "" },
];
const found = (typed) => [...(matching(CODES, typed) ?? ["all"])].sort();

test("a filter keeps codes whose name or path holds all words, with their ancestors", () => {
  assert.deepEqual(found("team"), [1, 2]);
  assert.deepEqual(found("RETURN te"), [1, 2]);
  assert.deepEqual(found("barriers"), [3, 4]);
  assert.deepEqual(found("关系"), [5]);
  assert.deepEqual(found("ｔｅａｍ"), [1, 2]);
  assert.deepEqual(found("nothing"), []);
  assert.deepEqual(found("  "), ["all"]);
});

const key = (name, held = {}) => nameOf({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

test("keys have one name each, whatever the system", () => {
  assert.equal(key("c"), "c");
  assert.equal(key("Z", { shiftKey: true }), "Shift+Z");
  assert.equal(key("z", { ctrlKey: true }), "Control+z");
  assert.equal(key("z", { metaKey: true }), "Control+z");
  assert.equal(key("z", { metaKey: true, shiftKey: true }), "Control+Shift+Z");
  assert.equal(key("Z", { ctrlKey: true, shiftKey: true }), "Control+Shift+Z");
  assert.equal(key("Z", { ctrlKey: true }), "Control+z"); // caps lock
  assert.equal(key("ArrowDown", { shiftKey: true }), "Shift+ArrowDown");
  assert.equal(key("?", { shiftKey: true }), "?");
  assert.equal(key("/"), "/");
  assert.equal(key("j", { altKey: true }), "Alt+j");
});

test("caps lock does not take the letters away", () => {
  assert.equal(key("C"), "c");
});

test("what was used last comes first, once, and the list stays short", () => {
  assert.deepEqual(recently([1, 2, 3], 2), [2, 1, 3]);
  assert.deepEqual(recently([], 4), [4]);
  assert.equal(recently([1, 2, 3, 4, 5, 6, 7, 8, 9], 10).length, 9);
});

const names = (typed, limit) => search(CODES, typed, limit).found.map(({ code }) => code.name);

test("the palette finds by name first, then by path and definition", () => {
  assert.equal(names("cost")[0], "Cost");
  assert.equal(names("team ret")[0], "Team return");
  assert.ok(names("together").includes("Team return"));
  assert.ok(names("barriers cost").includes("Cost"));
  assert.deepEqual(names("关系"), ["关系 Guanxi"]);
  assert.deepEqual(names("qqqq"), []);
  const teams = ["Team return", "Team break-up", "Team formation", "Reform"].map((name, id) => ({
    id,
    name,
    path: name,
    definition: "How teams form, fail and return",
  }));
  const first = (typed) => search(teams, typed).found[0].code.name;
  assert.equal(first("Team f"), "Team formation");
  assert.equal(first("ＴＥＡＭ ｆ"), "Team formation");
  assert.equal(first("form"), "Team formation");
  assert.equal(first("break"), "Team break-up");
});

test("Chinese codes are found by the initials of their sounds", () => {
  assert.equal(initials("落叶归根 (return)"), "lygg");
  assert.equal(initials("海归与团队 🙂 老𬭎"), "hgytdlh");
  assert.equal(initials("Team return"), "");
  const first = "安八擦大二发高哈家看来妈那欧怕七然三他为下一在";
  assert.equal(initials(first), "abcdefghjklmnopqrstwxyz");
  assert.equal(names("gx")[0], "关系 Guanxi");
  assert.deepEqual(found("gx"), [5]);
});

test("the palette says how many more there are", () => {
  const { found: shown, more } = search(CODES, "r", 1);
  assert.equal(shown.length, 1);
  assert.ok(more >= 1);
});

test("an area is never narrower or wider than it may be", () => {
  assert.deepEqual([within(10), within(300), within(9999)], [200, 300, 520]);
});
