import assert from "node:assert/strict";
import { test } from "node:test";

import { APART, Store, lanes, plain, slices, uuid } from "passages/store";

let seed = 11;
const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
let made = 0;
const coding = (start, end, code = 1, coder = 1) => ({ id: `c${(made += 1)}`, start, end, code, coder });
const anyCodings = (n, length, codes = 3) =>
  Array.from({ length: n }, () => {
    const start = random(length - 1);
    return coding(start, start + 1 + random(length - start - 1), 1 + random(codes), 1 + random(2));
  });

// Turns of ten characters each, a gap of one between them.
const turnsOf = (start, end) => {
  const first = start % 11 === 10 ? Math.floor(start / 11) + 1 : Math.floor(start / 11);
  return [first, Math.floor((end - 1) / 11)];
};
const makeStore = () => new Store({ turnsOf, turns: 10, me: 1 });
const ids = (codings) => codings.map(({ id }) => id).sort();

test("slices say of every position which codes lie on it", () => {
  for (let round = 0; round < 300; round += 1) {
    const codings = anyCodings(random(9), 40);
    const from = random(20);
    const to = from + 1 + random(20);
    const found = slices(codings, from, to);
    for (let i = 1; i < found.length; i += 1) assert.ok(found[i - 1].end <= found[i].start);
    for (let at = 0; at < 42; at += 1) {
      const slow = new Set(codings.filter((c) => c.start <= at && at < c.end && from <= at && at < to).map((c) => c.code));
      const slice = found.find((s) => s.start <= at && at < s.end);
      assert.deepEqual(new Set(slice?.codes), slow);
      assert.equal(slice?.codes.length ?? 0, slow.size);
    }
  }
});

test("slices are no shorter than they must be", () => {
  assert.deepEqual(slices([coding(0, 5), coding(5, 9)], 0, 20), [{ start: 0, end: 9, codes: [1] }]);
});

test("no two stripes of one lane come near each other", () => {
  for (let round = 0; round < 200; round += 1) {
    const codings = anyCodings(30, 1000);
    const lane = lanes(codings);
    assert.equal(lane.size, codings.length);
    for (const a of codings)
      for (const b of codings)
        if (a !== b && lane.get(a.id) === lane.get(b.id)) assert.ok(a.end + APART <= b.start || b.end + APART <= a.start);
  }
});

test("ids are UUIDs of version 4, each another, and compared without dashes", () => {
  const many = new Set(Array.from({ length: 1000 }, uuid));
  assert.equal(many.size, 1000);
  for (const id of many) assert.match(id, /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  assert.equal(plain("2b1c7e1e-0000-4000-8000-000000000000"), "2b1c7e1e000040008000000000000000");
});

test("what is listed for a turn is what touches it, after any changes", () => {
  for (let round = 0; round < 60; round += 1) {
    const store = makeStore();
    let all = [];
    for (let step = 0; step < 20; step += 1) {
      const added = anyCodings(random(4), 109);
      const removed = all.filter(() => !random(3));
      store.change(added, removed);
      all = all.filter((c) => !removed.includes(c)).concat(added);
      assert.deepEqual(ids(store.list()), ids(all));
      for (let turn = 0; turn < 10; turn += 1) {
        const touching = all.filter((c) => c.start < turn * 11 + 10 && c.end > turn * 11);
        assert.deepEqual(ids(store.inTurn(turn)), ids(touching));
        const shown = store.inTurn(turn);
        for (let i = 1; i < shown.length; i += 1) assert.ok(shown[i - 1].start <= shown[i].start);
      }
      const slow = new Map();
      for (const { code } of all) slow.set(code, (slow.get(code) ?? 0) + 1);
      assert.deepEqual(store.counts(), slow);
    }
  }
});

test("what is there already is not added again, what is gone not taken again", () => {
  const store = makeStore();
  const one = coding(0, 5);
  assert.deepEqual(store.change([one], []), { added: [one], removed: [] });
  assert.deepEqual(store.change([{ ...one }], []), { added: [], removed: [] });
  assert.deepEqual(store.change([], [one, one]), { added: [], removed: [one] });
});

test("the same id may go and come back in one change", () => {
  const store = makeStore();
  const one = coding(0, 5);
  store.change([one], []);
  store.change([{ ...one, code: 9 }], [one]);
  assert.equal(store.codings.get(one.id).code, 9);
  assert.equal(store.inTurn(0).length, 1);
});

test("loading takes the place of all that was there, ids with dashes or without", () => {
  const store = makeStore();
  store.change([coding(0, 5)], []);
  store.load({ id: ["a-b", "cd"], start: [0, 22], end: [4, 30], code: [1, 2], coder: [1, 2], coders: { 1: "a", 2: "b" } });
  assert.deepEqual(ids(store.list()), ["ab", "cd"]);
  assert.deepEqual([...store.coders], [[1, "a"], [2, "b"]]);
  assert.equal(store.inTurn(2)[0].id, "cd");
});

test("at one place the shortest comes first, and only of those shown", () => {
  const store = makeStore();
  const [long, short, theirs] = [coding(0, 9), coding(2, 4), coding(2, 5, 1, 2)];
  store.change([long, short, theirs], []);
  assert.deepEqual(store.at(3, 0).map((c) => c.id), [short.id, theirs.id, long.id]);
  store.filter({ coders: new Set([1]) });
  assert.deepEqual(store.at(3, 0).map((c) => c.id), [short.id, long.id]);
  assert.deepEqual(store.countsByCoder(), new Map([[1, 2], [2, 1]]));
  store.filter({ coders: null });
  assert.equal(store.list().length, 3);
});

test("what is hidden is counted, and nothing that shows or counts tells of it", () => {
  const store = makeStore();
  store.change([coding(0, 9, 1), coding(2, 4, 2), coding(2, 5, 2, 2), coding(3, 6, 3, 2)], []);
  store.filter({ hidden: new Set([2]) });
  assert.deepEqual(store.tally(), { mine: 1, others: 1, hidden: 2 });
  assert.deepEqual(store.list().map(({ code }) => code), [1, 3]);
  assert.deepEqual([...store.counts()].sort(), [[1, 1], [3, 1]]);
  assert.equal(store.inTurn(0).length, 2);
  store.filter({ coders: new Set([1]) }); // the hidden codes stay so
  assert.deepEqual(store.tally(), { mine: 1, others: 0, hidden: 3 });
  store.change([coding(0, 3, 1, 7)], []); // a coder who comes later is hidden too
  assert.deepEqual(store.tally(), { mine: 1, others: 0, hidden: 4 });
  store.filter({ coders: null, hidden: new Set() });
  assert.deepEqual(store.tally(), { mine: 2, others: 3, hidden: 0 });
});

test("my coding of the same words with the same code is found, in turns and outside them", () => {
  const store = makeStore();
  const [inside, outside] = [coding(0, 5), coding(10, 11)];
  store.change([inside, outside, coding(0, 5, 2), coding(0, 5, 1, 2)], []);
  assert.equal(store.mine(0, 5, 1)?.id, inside.id);
  assert.equal(store.mine(10, 11, 1)?.id, outside.id);
  assert.equal(store.mine(0, 4, 1), undefined);
});

function act(store, added, removed) {
  const changes = [...added, ...removed].map(() => uuid());
  store.change(added, removed);
  store.remember({ changes, added, removed });
  return changes;
}

test("undoing everything leads back to the beginning, redoing to the end", () => {
  for (let round = 0; round < 40; round += 1) {
    const store = makeStore();
    const states = [ids(store.list())];
    for (let step = 0; step < 12; step += 1) {
      const present = store.list();
      if (present.length && random(3) === 0) act(store, [], [present[random(present.length)]]);
      else act(store, anyCodings(1, 109), []);
      states.push(ids(store.list()));
    }
    for (const state of states.slice(0, -1).reverse()) {
      assert.ok(store.reverse());
      assert.deepEqual(ids(store.list()), state);
    }
    assert.equal(store.reverse(), null);
    for (const state of states.slice(1)) {
      assert.ok(store.reverse(true));
      assert.deepEqual(ids(store.list()), state);
    }
    assert.equal(store.reverse(true), null);
  }
});

test("an undo is sent as the undoing of each change, the last first; a redo undoes the undoing", () => {
  const store = makeStore();
  const sent = act(store, [coding(0, 5), coding(0, 5, 2)], []);
  const back = store.reverse();
  assert.deepEqual(back.changes.map((c) => [c.do, c.target]), [["undo", sent[1]], ["undo", sent[0]]]);
  const forth = store.reverse(true);
  assert.deepEqual(forth.changes.map((c) => c.target), back.changes.map((c) => c.id).reverse());
});

test("a new act ends what could be redone", () => {
  const store = makeStore();
  act(store, [coding(0, 5)], []);
  store.reverse();
  act(store, [coding(0, 6)], []);
  assert.equal(store.reverse(true), null);
});

test("a refused act is no longer undone or redone", () => {
  const store = makeStore();
  const [first] = act(store, [coding(0, 5)], []);
  const [second] = act(store, [coding(0, 6)], []);
  store.forget(first);
  const { changes } = store.reverse();
  assert.equal(changes[0].target, second);
  assert.equal(store.reverse(), null);
  store.forget(changes[0].id);
  assert.equal(store.reverse(true), null);
});

test("listeners hear which turns a change touches", () => {
  const store = makeStore();
  const heard = [];
  store.addEventListener("change", ({ detail }) => heard.push(detail.turns && [...detail.turns]));
  store.change([coding(5, 25)], []);
  store.change([], [coding(0, 1)]);
  store.filter({ coders: new Set([2]) });
  assert.deepEqual(heard, [[0, 1, 2], null]);
});
