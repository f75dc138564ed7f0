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
