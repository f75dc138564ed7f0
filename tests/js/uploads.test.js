import assert from "node:assert/strict";
import { test } from "node:test";

import { inWords, percent, startable, timeRead } from "passages/uploads";

test("at most so many files are under way at once", () => {
  assert.deepEqual(startable([1, 2, 3, 4], 0, 3), [1, 2, 3]);
  assert.deepEqual(startable([1, 2], 2, 3), [1]);
  assert.deepEqual(startable([1, 2], 3, 3), []);
  assert.deepEqual(startable([1, 2], 5, 3), []);
});

test("a hundred percent means that all of it was sent", () => {
  assert.equal(percent(999, 1000), 99);
  assert.equal(percent(1000, 1000), 100);
  assert.equal(percent(0, 0), 0);
});

test("sizes are written as the server writes them", () => {
  assert.equal(inWords(0), "0 bytes");
  assert.equal(inWords(1023), "1,023 bytes");
  assert.equal(inWords(6415), "6.3 KB");
  assert.equal(inWords(20 * 1024 * 1024), "20.0 MB");
  assert.equal(inWords(1024 ** 3), "1.0 GB");
  assert.equal(inWords(1024 ** 4), "1,024.0 GB");
});

test("how long a file is read is said from the second second on, and never more than it may take", () => {
  assert.deepEqual(timeRead(1, 20), { share: 5, said: false });
  assert.deepEqual(timeRead(6, 20), { share: 30, said: true });
  assert.deepEqual(timeRead(21, 20), { share: 100, said: false });
});
