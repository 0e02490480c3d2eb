// Starts entry.ts where this tree runs as it is: a thread does not inherit
// what compiles its parent's modules. The build puts the compiled file here.
import process from "node:process";
import { isMainThread } from "node:worker_threads";

const { bun, deno } = process.versions;
const compiler = "tsx/esm/api";
if (!isMainThread && !bun && !deno) (await import(compiler)).register();
await import("./entry.ts");
