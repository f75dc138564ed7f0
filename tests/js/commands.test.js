import assert from "node:assert/strict";
import { test } from "node:test";

import { Catalogue } from "passages/catalogue";
import { inVivo } from "passages/newcode";
import { COMMANDS, bindings, commandOf, conflicts, isLetter, mayBe, partsOf, rebind } from "passages/commands";

test("at the beginning every command has a key, and no key two commands", () => {
  const bound = bindings();
  assert.deepEqual(conflicts(bound), []);
  for (const { id, keys } of COMMANDS) {
    assert.ok(keys.length, id);
    for (const key of keys) assert.ok(mayBe(key) && commandOf(bound, key) === id, key);
  }
});

test("a key goes to a command in the place of another, and can be taken away", () => {
  const changed = rebind({}, "next-coding", "w", "n");
  assert.deepEqual(bindings(changed)["next-coding"], ["w"]);
  assert.equal(commandOf(bindings(changed), "n"), null);
  assert.deepEqual(bindings(rebind(changed, "next-coding", null, "w"))["next-coding"], []);
  assert.deepEqual(bindings(rebind({}, "turn", "b")).turn, ["t", "b"]);
});

test("a key that another command has leaves it", () => {
  const bound = bindings(rebind({}, "turn", "c"));
  assert.deepEqual([bound.turn, bound.code], [["t", "c"], ["Enter"]]);
  assert.deepEqual(conflicts(bound), []);
});

test("whatever is changed, no key is left with two commands, and the recent codes keep theirs", () => {
  const some = ["a", "b", "1", "Control+k", "ArrowUp", "Enter", "Shift+N"];
  let seed = 7;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  let changed = {};
  for (let round = 0; round < 500; round += 1) {
    const { id, fixed } = COMMANDS[random(COMMANDS.length)];
    if (fixed) continue;
    const [instead = null] = bindings(changed)[id];
    changed = rebind(changed, id, some[random(some.length)], random(2) ? instead : null);
    assert.deepEqual(conflicts(bindings(changed)), []);
  }
  assert.deepEqual(bindings(changed)["recent-1"], ["1"]);
});

test("what is kept in a browser is not trusted", () => {
  const bound = bindings({ nonsense: ["q"], turn: "t", sentence: ["Tab", 7, "q"], "recent-1": ["x"] });
  assert.deepEqual([bound.turn, bound.sentence, bound["recent-1"]], [["t"], ["q"], ["1"]]);
});

test("letters, and the keys that browsers need, are known as such", () => {
  assert.ok(["c", "Shift+Z", "?", "1", "/"].every(isLetter));
  assert.ok(!["Control+z", "ArrowUp", "Enter", "Shift+ArrowUp"].some(isLetter));
  assert.ok(!["Tab", "Shift+Tab", "F5", "Shift", "Dead"].some(mayBe));
  assert.ok(["+", "Control++", "Delete", "é"].every(mayBe));
});

test("keys are written as on keyboards", () => {
  assert.deepEqual(partsOf("Control+Shift+ArrowDown"), ["Ctrl", "Shift", "↓"]);
  assert.deepEqual([partsOf("c"), partsOf("+"), partsOf("Control++"), partsOf("Escape")], [["C"], ["+"], ["Ctrl", "+"], ["Esc"]]);
});

const code = (id, parent = null) => ({ id, parent, name: `Code ${id}`, path: `Code ${id}`, look: "hue-red" });

test("a catalogue knows what is below a code, and what others changed", () => {
  const catalogue = new Catalogue(/** @type {any} */ ([code(1), code(2, 1), code(3, 2), code(4)]), "New");
  assert.deepEqual([...catalogue.subtree(1)], [1, 2, 3]);
  assert.equal(catalogue.get(9).name, "New");
  let heard = 0;
  const same = structuredClone(catalogue.list);
  catalogue.addEventListener("change", () => (heard += 1));
  catalogue.renew(same); // nothing new, so nobody need hear of it
  catalogue.renew(/** @type {any} */ ([code(4), code(9, 4)]));
  assert.deepEqual([heard, catalogue.get(9).name, catalogue.has(1), [...catalogue.subtree(4)].length], [1, "Code 9", false, 2]);
});

test("chosen words become a name: one line, without the marks around them, not too long", () => {
  assert.equal(inVivo("  “we decided\n together,” "), "we decided together");
  assert.equal(inVivo("下海！"), "下海");
  assert.equal(inVivo("H-1B (visa)"), "H-1B (visa)");
  assert.equal(inVivo("…?!"), "…?!");
  assert.equal(Array.from(inVivo("𬭎".repeat(300))).length, 200);
});
