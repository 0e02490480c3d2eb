/** The API reference: one page for each public symbol, from its docstring. */
import { readFileSync } from "node:fs";

const { exports } = JSON.parse(
  readFileSync(new URL("../deno.json", import.meta.url), "utf8"),
);
const { "./cli": _, ...entries } = exports;

export default {
  entryPoints: Object.values(entries).map((path) => `../${path}`),
  tsconfig: "../tsconfig.json",
  plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme"],
  out: "reference/api",
  docsRoot: ".",
  readme: "none",
  name: "API reference",
  disableSources: true,
  excludeInternal: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  // The gate checks the types, with the compiler of the project.
  skipErrorChecking: true,
};
