/**
 * Import laws. The direction of every import between folders is a decision, so it is a
 * row with a reason; an import without a row fails.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { importsOf } from "./support/imports.ts";
import { files, read } from "./support/tree.ts";

/** One permission: files that match `from` may import paths that match `to`. */
interface Law {
  readonly from: RegExp;
  readonly to: RegExp;
  readonly because: string;
  /** Only `import()` is allowed. */
  readonly lazy?: true;
}

/**
 * The rooms of core, low to high, and the rooms each may import. The four contract files
 * (states, port, redis_url, defaults) import nothing of core and may be imported by all.
 */
// deno-fmt-ignore
const rooms: readonly (readonly [room: string, imports: readonly string[], because: string])[] = [
  ["base",       [],                                                              "it knows no domain: errors, options, durations, JSON, timers, the host"],
  ["protocol",   ["base"],                                                        "it says what Redis stores, and makes no call"],
  ["telemetry",  ["base", "protocol"],                                            "it observes: others report facts to it, and it drives nothing"],
  ["log",        ["base", "protocol"],                                            "it writes lines about events, and drives nothing"],
  ["redis",      ["base", "protocol", "telemetry"],                               "it calls scripts; a caller carries the observer's type"],
  ["task",       ["base", "protocol", "log", "redis"],                                   "a task knows its definition; the client is found at the call"],
  ["inspection", ["base", "protocol", "redis"],                                   "it reads what Redis stores, and changes nothing"],
  ["recovery",   ["base", "protocol", "log", "telemetry", "redis", "inspection"],        "a resurrection is reported with the details of the task"],
  ["operations", ["base", "protocol", "telemetry", "redis", "task", "inspection", "recovery"], "an operator reads, repairs and releases; payloads are validated by their task"],
  ["execution",  ["base", "protocol", "log", "telemetry", "redis", "task"],              "one claimed task needs its definition, and knows no worker and no isolate"],
  ["producer",   ["base", "protocol", "log", "telemetry", "redis", "task"],              "a push needs its definition and a call, and knows no worker"],
  ["client",     ["base", "protocol", "log", "telemetry", "redis", "task", "inspection", "operations", "producer"], "it wires producer, queues and telemetry"],
  ["threads",    ["base", "protocol", "log", "telemetry", "redis", "task", "recovery", "execution", "client"], "an isolate runs an attempt with a client of its own"],
  ["worker",     ["base", "protocol", "log", "telemetry", "redis", "task", "recovery", "execution", "client", "threads"], "it claims, and hands each task to execution or to a thread"],
  ["console",    ["base", "protocol", "log", "client", "inspection"],                                             "it shows what users have: mod.ts, and values from their own files"],
];

const contracts = /^core\/(states|port|redis_url|defaults)\.ts$/;

// deno-fmt-ignore
const laws: readonly Law[] = [
  { from: /^mod\.ts$/,              to: /^core\/(?!console)/,               because: "the face is made of core, so it pulls in no client" },
  { from: /^core\//,                to: /^(@opentelemetry\/api|valibot)$/,  because: "both run everywhere and do nothing unless they are used" },
  { from: /^core\//,                to: /^#client$/, lazy: true,            because: "a client is loaded only when we have to make one, and never on the edge" },
  { from: /^core\//,                to: /^#node$/, lazy: true,              because: "threads are asked for only by a worker, and never on the edge" },
  { from: /^core\/console\//,       to: /^(mod\.ts|core\/console\/\w+\.ts)$/, because: "it uses only what users have" },
  { from: /^core\/(?!console)/,     to: /^core\/(?!console)/,               because: "the rows of rooms above say which" },
  { from: /^core\/console\//,       to: /^core\/(states|base\/(duration|errors|format|options|version)|client\/idempotency_lock|inspection\/count_record|log\/\w+|protocol\/keys)\.ts$/, because: "values come from their own files, so that a tool loads no engine for them" },
  { from: /^adapters\//,            to: /^core\/(port|redis_url|states|defaults)\.ts$/, because: "these are the contract: the seam, its address, the states and the bounds" },
  { from: /^adapters\/\w+\.ts$/,    to: /^adapters\/(redis|memory|testing)\/\w+\.ts$/, because: "an adapter is a face, and this is what stands behind it" },
  { from: /^adapters\/redis\//,     to: /^adapters\/redis\//,              because: "it is what all ports over a connection share" },
  { from: /^adapters\/(ioredis|redis\/ioredis_origin)\.ts$/, to: /^ioredis$/, because: "it is this adapter's own client" },
  { from: /^adapters\/upstash\.ts$/, to: /^@upstash\/redis\/cloudflare$/,   because: "it is this adapter's own client, by the entry that asks nothing of its host" },
  { from: /^adapters\/(testing\.ts|testing\/\w+\.ts)$/, to: /^(mod\.ts|adapters\/testing\/\w+\.ts)$/, because: "the testing kit uses only what users have" },
  { from: /^adapters\/(testing\.ts|testing\/test_redis\.ts)$/, to: /^core\/(task\/(current_run|client_registry)|base\/(duration|host))\.ts$/, because: "it stands in for the client of the process, and reads options as core does" },
  { from: /^adapters\/testing\/test_redis\.ts$/, to: /^adapters\/memory\.ts$/, because: "that is where the tasks of a test go" },
  { from: /^adapters\/testing\/test_redis\.ts$/, to: /^#client$/, lazy: true, because: "a real Redis is reached by the client core would take" },
  { from: /^adapters\/memory\//,    to: /^adapters\/memory\//,             because: "the engine and its clock are one thing" },
  { from: /^adapters\/memory\/engine\.ts$/, to: /^(js-redis-server\/core|node:(buffer|net|timers))$/, because: "this is the one file that knows the Redis in memory, which speaks in buffers" },
  { from: /^adapters\/(node|conditions)\//, to: /^core\/threads\/\w+\.ts$/, because: "these are the parts of a worker that run in a thread or a process" },
  { from: /^adapters\/node\//,      to: /^(node:|adapters\/node\/)/,        because: "threads and processes are Node's" },
  { from: /^adapters\/node\/reopen_port\.ts$/, to: /^adapters\/(ioredis|bun)\.ts$/, because: "a thread opens the same Redis again, by the client it came from" },
  { from: /^adapters\/node\/(isolate_entry|tsx_loader)\.ts$/, to: /^\(/, lazy: true, because: "what an isolate runs is the user's, and so is what compiles it" },
  { from: /^adapters\/http\/node_server\.ts$/, to: /^(@hono\/node-server|node:(buffer|http))$/, because: "this is the one file that makes the web's requests of Node's" },
  { from: /^adapters\/http\//,      to: /^(mod\.ts|adapters\/http\/\w+\.ts)$/, because: "the HTTP side uses only what users have" },
  { from: /^adapters\/http\//,      to: /^core\/base\/(duration|options)\.ts$/, because: "options are read as core reads them" },
  { from: /^adapters\/http\/scope\.ts$/, to: /^core\/(base\/json|task\/task)\.ts$/, because: "a key that a task derives from its input belongs to a scope too" },
  { from: /^adapters\/http\/(?!node_server|buffered)\w+\.ts$/, to: /^hono(\/utils\/(buffer|encode))?$/, because: "routes, Base64 and comparisons come from a library that runs everywhere" },
  { from: /^adapters\/(hono|express|fastify)\.ts$/, to: /^(mod\.ts|adapters\/(http|dashboard)\/.*)$/, because: "they only fit to a framework what is written once for all" },
  { from: /^adapters\/(hono|fastify)\.ts$/, to: /^hono$/,                 because: "it is what this adapter fits to, and what mounts an app below a prefix" },
  { from: /^adapters\/(express|fastify|http\/(buffered_response|node_idempotency))\.ts$/, to: /^node:(buffer|http)$/, because: "Express and Fastify speak Node's HTTP" },
  { from: /^adapters\/nestjs\.ts$/, to: /^(mod\.ts|@nestjs\/(common|core))$/, because: "a module of NestJS uses only what users have" },
  { from: /^adapters\/conditions\//, to: /^adapters\/(ioredis|bun)\.ts$/,   because: "it only picks the adapter that #client stands for" },
  { from: /^adapters\/deno\.ts$/,   to: /^adapters\/ioredis\.ts$/,          because: "Deno's client is ioredis from npm" },
  { from: /^adapters\/dashboard\//, to: /^(mod\.ts|core\/console\/\w+\.ts|adapters\/dashboard\/.*)$/, because: "it shows only what users have" },
  { from: /^adapters\/dashboard\//, to: /^hono(\/(cookie|html|route|secure-headers|timing|utils\/(buffer|html)))?$/, because: "it is an application of Hono" },
  { from: /^adapters\/dashboard\//, to: /^(core\/base\/options|adapters\/http\/(sse|bounded_body))\.ts$/, because: "options are read as core reads them, and there is one stream of events and one bound of bodies" },
  { from: /^adapters\/dashboard\/assets\/build\.ts$/, to: /^node:/,          because: "it runs on a developer's machine" },
  { from: /^lua\//,                 to: /^(core\/(states|protocol\/keys)\.ts|lua\/)/, because: "the moves and the keys of the scripts are derived from these tables" },
  { from: /^(lua|cli|bench)\//,     to: /^node:/,                           because: "these run on a developer's or an operator's machine" },
  { from: /^(cli|bench)\//,         to: /^mod\.ts$/,                        because: "what they need and cannot reach is missing from the API" },
  { from: /^(cli|bench)\//,         to: /^adapters\/\w+\.ts$/,             because: "adapters are public too" },
  { from: /^cli\//,                 to: /^core\/console\/mod\.ts$/,         because: "what people see is worked out once, for a terminal and for a browser, and is public" },
  { from: /^cli\/framework\/signals\.ts$/, to: /^core\/base\/second_wish\.ts$/, because: "rl tells a repeated signal from a second wish as a worker does, and loads no engine for it" },
  { from: /^cli\/framework\/redact\.ts$/, to: /^core\/base\/safe_text\.ts$/, because: "passwords of URLs are hidden in one place, and no engine is loaded for it" },
  { from: /^cli\/framework\/suggest\.ts$/, to: /^core\/base\/options\.ts$/, because: "a misspelt name is corrected as a misspelt option is, and no engine is loaded for it" },
  { from: /^cli\/(supervisor\/(cluster|control_server|dashboard_server|health_server)|commands\/dashboard|lab\/demo\/ledger_process)\.ts$/, to: /^adapters\/http\/node_server\.ts$/, because: "it is served as any application of Node's is" },
  { from: /^(cli|bench)\//,         to: /^(citty|valibot)$/,                because: "arguments and files have to be read and checked" },
  { from: /^cli\/(framework\/config_file|commands\/tasks\/task_module)\.ts$/, to: /^adapters\/node\/tsx_loader\.ts$/, because: "TypeScript of a user's is compiled by what they have" },
  { from: /^cli\//,                 to: /^cli\//,                           because: "it is one program" },
  { from: /^cli\/(framework\/config_file|commands\/tasks\/task_module|supervisor\/load_modules)\.ts$/, to: /^\(/, lazy: true, because: "what users wrote is named by them" },
  { from: /^cli\/processes\/otlp_exporter\.ts$/, to: /^@opentelemetry\/sdk-node$/, lazy: true, because: "this is the one file that exports, for those who have installed what does" },
  { from: /^cli\/processes\/otlp_exporter\.ts$/, to: /^core\/telemetry\/otel_events\.ts$/, lazy: true, because: "a tool exports its events in the same form as the engine" },
  { from: /^cli\/supervisor\/(control|health)_server\.ts$/, to: /^hono$/,   because: "routes and refusals are a router's work" },
  { from: /^cli\/lab\/bench\/(admission|flood)\.ts$/, to: /^hono$/,         because: "a door is measured in an app, as it is used" },
  { from: /^cli\/lab\/bench\/(ping|meter)\.ts$/, to: /^ioredis$/,          because: "what work costs is asked of Redis itself" },
  { from: /^cli\/lab\/bench\/fill_history\.ts$/, to: /^ioredis$/,          because: "no call of the API writes the past" },
  { from: /^cli\/lab\/bench\/contestants\/(floor|groupmq)\.ts$/, to: /^ioredis$/, because: "the floor is bare calls, and groupmq takes a client" },
  { from: /^cli\/lab\/bench\/contestants\/load_peer\.ts$/, to: /^\(/, lazy: true, because: "a peer is measured where it is installed, and is no dependency" },
  { from: /^bench\/harness\.ts$/,   to: /^ioredis$/,                        because: "what work costs in Redis is asked of Redis itself" },
  { from: /^bench\//,               to: /^bench\//,                        because: "what work costs is measured one way" },
  { from: /^bench\/guard\.ts$/,    to: /^\(/, lazy: true,                  because: "the guard measures the compiled modules, as a user runs them" },
  { from: /^bench\/(guard|readme_table)\.ts$/, to: /^cli\/lab\/bench\/\w+\.ts$/, because: "the guard is a short form of rl bench, and the table shows its results" },
];

const governed = /^(mod\.ts$|core\/|adapters\/|lua\/|cli\/|bench\/)/;
/** Its texts are files of projects, and so are the imports in them. */
const projects = "cli/commands/init/generated/templates.ts";
const sources = files().filter((path) =>
  governed.test(path) && path.endsWith(".ts") && path !== projects
);

/** The room of a file of core; the name of the file for a contract. */
function roomOf(path: string): string {
  return contracts.test(path) ? "contracts" : path.split("/")[1]!;
}

/** Every import of the files below `folder`. */
function importsWithin(folder: string): { from: string; to: string }[] {
  return sources.filter((path) => path.startsWith(folder)).flatMap((from) =>
    importsOf(from, read(from)).map(({ to }) => ({ from, to }))
  );
}

/** Groups of files that reach each other, by Tarjan's algorithm. */
function circlesOf(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  function visit(file: string): void {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const next of edges.get(file)!) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) {
        lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
      }
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1 || edges.get(file)!.includes(file)) circles.push(circle);
  }
  for (const file of edges.keys()) if (!order.has(file)) visit(file);
  return circles;
}

for (const [room, imports, because] of rooms) {
  test(`core/${room} imports ${imports.join(", ") || "no other room"}: ${because}`, () => {
    const allowed = new Set([room, ...imports]);
    assert.deepEqual(
      importsWithin(`core/${room}/`).filter(({ to }) =>
        to.startsWith("core/") && !contracts.test(to) && !allowed.has(roomOf(to))
      ),
      [],
    );
  });
}

test("a room of core imports only rooms below it", () => {
  const order = rooms.map(([room]) => room);
  for (const [room, imports] of rooms) {
    assert.deepEqual(imports.filter((each) => order.indexOf(each) >= order.indexOf(room)), []);
  }
  const found = new Set(sources.filter((path) => path.startsWith("core/")).map(roomOf));
  assert.deepEqual(
    [...found].filter((room) => room !== "contracts" && !order.includes(room)),
    [],
    "each room has a row",
  );
});

test("the contract files of core import nothing but each other", () => {
  const broken = sources.filter((path) => contracts.test(path)).flatMap((path) =>
    importsOf(path, read(path)).filter(({ to }) => !contracts.test(to))
  );
  assert.deepEqual(broken, []);
});

test("nothing in core but the console imports the console or mod.ts", () => {
  const broken = sources.filter((path) => /^core\/(?!console)/.test(path)).flatMap((path) =>
    importsOf(path, read(path)).filter(({ to }) => /^(mod\.ts|core\/console\/)/.test(to))
  );
  assert.deepEqual(broken, []);
});

test("no file imports itself through others: types, values and lazy imports count", () => {
  const edges = new Map(sources.map((path) => [
    path,
    importsOf(path, read(path)).map(({ to }) => to).filter((to) => sources.includes(to)),
  ]));
  assert.deepEqual(circlesOf(edges), []);
});

test("every import between folders is one that the law allows", () => {
  const broken: string[] = [];
  for (const path of sources) {
    const mine = laws.filter((law) => law.from.test(path));
    for (const { to, lazy } of importsOf(path, read(path))) {
      if (mine.some((law) => law.to.test(to) && (lazy || !law.lazy))) continue;
      const allowed = mine.map((law) => `    ${law.to} ${law.because}`).join("\n");
      broken.push(`${path} imports ${to}; it may import only\n${allowed}`);
    }
  }
  assert.equal(broken.join("\n"), "");
});

for (const name of ["#client", "#node"]) {
  test(`at most one file of core can load ${name}`, () => {
    const loaders = sources.filter((path) =>
      path.startsWith("core/") && importsOf(path, read(path)).some(({ to }) => to === name)
    );
    assert.ok(loaders.length <= 1, `these files import ${name}: ${loaders.join(", ")}`);
  });
}

test("the reader of imports sees every form of import, and none in comments or strings", () => {
  const source = [
    `import "./a.ts";`,
    `import type { B } from "../core/b.ts";`,
    `import {\n  c,\n  type C,\n} from "c";`,
    `export * from "./d.ts";`,
    `export type { E } from './e.ts';`,
    `import h, { i as j } from "h";`,
    `const f = await import("#f");`,
    `const g: typeof import("node:g") = await import(name);`,
    `// import "no";`,
    `/** @example import { no } from "no"; */`,
    `const url = "http://no"; const text = 'say "import \\'no\\'"';`,
    `export const from = "no";`,
    "const text = `",
    `import "no";`,
    "`;",
  ].join("\n");
  assert.deepEqual(importsOf("adapters/x.ts", source), [
    { to: "adapters/a.ts", lazy: false, names: [] },
    { to: "core/b.ts", lazy: false, names: ["B"] },
    { to: "c", lazy: false, names: ["c", "C"] },
    { to: "adapters/d.ts", lazy: false, names: "*" },
    { to: "adapters/e.ts", lazy: false, names: ["E"] },
    { to: "h", lazy: false, names: ["default", "i"] },
    { to: "#f", lazy: true, names: "*" },
    { to: "node:g", lazy: true, names: "*" },
    { to: "(name)", lazy: true, names: "*" },
  ]);
});
