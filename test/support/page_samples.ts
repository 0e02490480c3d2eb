/**
 * The TypeScript of the pages, written as files: each piece of code is a module, in a folder of its
 * page, and imports this project where a user imports the package.
 *
 * A first line such as `// tasks.ts` names the file, so that other pieces of the page import it. A
 * comment before the code says more: `<!-- sample: order.ts -->` names the file and has a test run
 * it, `<!-- not compiled: the reason -->` leaves it out, and so does `<!-- template: hono/k8s.yaml -->`,
 * which names the file of a project of `rl init` that has this code.
 *
 * @module
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fencesOf, pages } from "./pages.ts";
import { read, root } from "./tree.ts";

/** A piece of TypeScript in a page. */
export interface Sample {
  /** The page, and the line in it. */
  readonly place: string;
  /** The file it is written to, from the folder of all samples. */
  readonly file: string;
  /** The name by which a test runs it. */
  readonly run: string | undefined;
  readonly code: string;
}

/** Values that a piece of code may use without a definition, because the page explains them. */
const assumed = `import type { Relier, TaskContext, Worker } from "@relier/core";
import type { Hono } from "hono";
declare global {
  interface Env {
    readonly REST_URL: string;
    readonly REST_TOKEN: string;
    readonly TASKS_TOKEN: string;
  }
  interface Ctx {
    waitUntil(work: Promise<unknown>): void;
  }
  const env: Env;
  const app: Hono;
  const rl: Relier;
  const worker: Worker;
  const ctx: TaskContext;
  function processOrder(order: string): Promise<unknown>;
  function chargeCard(order: string, key?: string): Promise<string>;
  function sendReceipt(order: string, charge: string): Promise<void>;
  function sendMail(to: string, text?: string): Promise<void>;
}
`;

/** A module that the samples of README import. */
const charge = `import { rlTask } from "@relier/core";
export const charge = rlTask("charge", { idempotent: true }, (order: string) => order);
`;

/** A folder for samples: in the project, where an import finds its dependencies. */
export function folderOf(name: string): string {
  return join(root, ".samples", name);
}

/** Every piece of TypeScript in the pages, but those with a reason not to be compiled. */
export function samples(): Sample[] {
  return pages().flatMap(({ path, text }) =>
    fencesOf(text).flatMap(({ line, info, comment, code }) => {
      if (!/^ts\b/.test(info) || /^(not compiled|template): /.test(comment)) return [];
      const [, run] = /^sample: (\S+)$/.exec(comment) ?? [];
      const [, named] = /^\/\/ (\S+\.ts)$/m.exec(code.split("\n")[0]!) ?? [];
      const file = join(path.replace(/\.md$/, ""), run ?? named ?? `line_${line}.ts`);
      return [{ place: `${path}:${line}`, file, run, code }];
    })
  );
}

/** Writes the samples, and a project that compiles them, into `folder`. */
export function writeSamples(folder: string, edit: (sample: Sample) => string): void {
  rmSync(folder, { recursive: true, force: true });
  const write = (file: string, text: string): void => {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, importsHere(dirname(path), text));
  };
  const all = samples();
  for (const sample of all) write(sample.file, edit(sample));
  for (const page of new Set(all.map(({ file }) => dirname(file)))) {
    if (!all.some(({ file }) => file === `${page}/charge.ts`)) write(`${page}/charge.ts`, charge);
  }
  write("assumed.ts", assumed);
  write("package.json", '{ "type": "module" }');
  const compilerOptions = {
    noUnusedLocals: false,
    noUnusedParameters: false,
    noPropertyAccessFromIndexSignature: false,
    isolatedDeclarations: false,
    rootDir: relative(folder, root),
  };
  const project = {
    extends: join(relative(folder, root), "tsconfig.json"),
    compilerOptions,
    include: ["**/*.ts"],
    exclude: [],
  };
  write("tsconfig.json", JSON.stringify(project));
}

const entries = Object.entries<string>(JSON.parse(read("deno.json")).exports);

/** The code `text` in `folder`, with the files of this project in place of the package. */
function importsHere(folder: string, text: string): string {
  const here = relative(folder, root);
  return text.replaceAll(/"@relier\/core(\/[\w-]+)?"/g, (whole, path: string = "") => {
    const entry = entries.find(([name]) => name === `.${path}`)?.[1];
    return entry === undefined ? whole : JSON.stringify(join(here, entry));
  });
}
