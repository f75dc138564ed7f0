import assert from "node:assert/strict";
import test from "node:test";

test("a vendored module is found by its bare name", async () => {
  const { default: fuzzysort } = await import("fuzzysort");
  assert.equal(fuzzysort.go("team", ["Team return", "Barriers"])[0].target, "Team return");
  assert.match(import.meta.resolve("fuzzysort"), /static\/vendor/);
});
