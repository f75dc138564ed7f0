import assert from "node:assert/strict";
import { test } from "node:test";

import { pngName } from "passages/pictures";

test("a PNG is called as the SVG it is made of", () => {
  assert.equal(pngName('attachment; filename="return-strips-2026-01-01.svg"'), "return-strips-2026-01-01.png");
  assert.equal(pngName("attachment; filename*=utf-8''%E8%BF%94%E5%9B%9E.svg"), "返回.png");
  assert.equal(pngName(""), "picture.png");
});
