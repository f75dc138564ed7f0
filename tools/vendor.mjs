/**
 * Copies the third-party scripts Passages serves out of node_modules: `make vendor`.
 *
 * The copies are committed, so that running and testing need no Node; VENDOR.json beside each says what the files were
 * made of, and tests/test_vendor.py hashes them again.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** What is copied where: `{file in the package: file in our folder}`. */
const PARTS = [
  {
    name: "fuzzysort",
    under: "static/vendor",
    files: { "fuzzysort.min.js": "fuzzysort.mjs", "index.d.ts": "fuzzysort.d.mts" },
  },
  {
    name: "axe-core",
    under: "tests/vendor",
    files: { "axe.min.js": "axe.min.js", "LICENSE-3RD-PARTY.txt": "LICENSE-3RD-PARTY.txt" },
  },
];

for (const { name, under, files } of PARTS) {
  const source = join(ROOT, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  for (const old of readdirSync(join(ROOT, under), { withFileTypes: true })) {
    if (old.isDirectory() && old.name.startsWith(`${name}-`)) rmSync(join(ROOT, under, old.name), { recursive: true });
  }
  const target = join(ROOT, under, `${name}-${version}`);
  mkdirSync(target, { recursive: true });
  const sha256 = {};
  for (const [from, to] of Object.entries({ ...files, LICENSE: "LICENSE" })) {
    // Hashed static file names would need the map to be there too.
    const text = readFileSync(join(source, from), "utf8").replace(/^\/\/# sourceMappingURL=.*\n?/gm, "");
    writeFileSync(join(target, to), text);
    sha256[to] = createHash("sha256").update(text).digest("hex");
  }
  const record = { package: name, version, licence: license, sha256 };
  writeFileSync(join(target, "VENDOR.json"), `${JSON.stringify(record, null, 2)}\n`);
  console.log(`${under}/${name}-${version}`);
}
