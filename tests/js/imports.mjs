/** Lets Node find vendored modules by the bare names the pages' import map gives them. */
import { globSync } from "node:fs";
import { registerHooks } from "node:module";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "..", "..");
const found = globSync("static/vendor/*/*.mjs", { cwd: root });
const vendored = new Map(found.map((path) => [basename(path, ".mjs"), pathToFileURL(join(root, path)).href]));

registerHooks({
  resolve: (name, context, next) =>
    vendored.has(name) ? { url: vendored.get(name), shortCircuit: true } : next(name, context),
});
