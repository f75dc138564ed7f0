import assert from "node:assert/strict";
import { test } from "node:test";

import { isUnsaved } from "passages/guard";

const form = (fields, unsaved = false) => ({ elements: fields, hasAttribute: () => unsaved });
const text = (value, defaultValue = "") => ({ type: "textarea", name: "text", value, defaultValue });

test("a form is unsaved once something was typed or chosen", () => {
  assert.equal(isUnsaved(form([text("")])), false);
  assert.equal(isUnsaved(form([text("As it came", "As it came")])), false);
  assert.equal(isUnsaved(form([text("Half a thought")])), true);
  assert.equal(isUnsaved(form([{ type: "radio", name: "shared", checked: true, defaultChecked: false }])), true);
});

test("what scripts fill in is nobody's work, and what came unsaved is unsaved", () => {
  assert.equal(isUnsaved(form([{ type: "hidden", name: "start", value: "3", defaultValue: "" }])), false);
  assert.equal(isUnsaved(form([text("")], true)), true);
});
