import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "passages/outbox";

globalThis.addEventListener ??= () => {};
/** @type {any} */ (globalThis).document ??= { addEventListener() {} };
delete globalThis.BroadcastChannel; // an open one keeps a test from ending

const answerWith = (status, body) => {
  globalThis.fetch = async () => new Response(JSON.stringify(body), { status });
};

test("a refused change that is tried again is not called saved before it is", async () => {
  const outbox = new Outbox({ user: 1, csrf: () => "" });
  await outbox.open(); // without IndexedDB, memory holds what waits
  answerWith(404, { detail: "" });
  await outbox.add([{ address: "/", revision: 1, change: { id: "a" } }]);
  const [entry] = await outbox.refused();
  assert.deepEqual([outbox.state, outbox.waiting, entry.refused.why], ["saved", 0, "removed"]);

  const seen = [];
  outbox.addEventListener("refused", () => seen.push([outbox.state, outbox.waiting]));
  outbox.addEventListener("settled", () => seen.push("settled"));
  answerWith(200, { results: [{ id: "a", state: "done" }] });
  await outbox.again(entry);
  assert.deepEqual(seen, [["saving", 1], "settled"]);
  assert.deepEqual([outbox.state, outbox.waiting, await outbox.refused()], ["saved", 0, []]);
});

test("nothing is called saved while a change is on its way into the outbox", async () => {
  globalThis.fetch = async (_address, { body }) =>
    Response.json({ results: JSON.parse(body).changes.map(({ id }) => ({ id, state: "done" })) });
  for (let hops = 0; hops < 12; hops += 1) {
    const outbox = new Outbox({ user: 1, csrf: () => "" });
    await outbox.open();
    let pending = 0;
    const add = (id) => {
      pending += 1;
      return outbox.add([{ address: "/", revision: 1, change: { id } }]);
    };
    const added = Promise.withResolvers();
    outbox.addEventListener("settled", () => (pending -= 1));
    const untrue = [];
    outbox.addEventListener("state", () => outbox.state === "saved" && pending && untrue.push(hops));
    outbox.addEventListener(
      "settled",
      async () => {
        for (let step = 0; step < hops; step += 1) await null;
        added.resolve(add("b"));
      },
      { once: true },
    );
    await add("a");
    await added.promise;
    for (let turn = 0; turn < 50 && outbox.state !== "saved"; turn += 1) await new Promise((done) => setTimeout(done));
    assert.deepEqual([outbox.state, pending, untrue], ["saved", 0, []]);
  }
});
