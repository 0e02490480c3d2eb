/**
 * The types of a task: its arguments and its result are those of the handler, or of the
 * schemas. The lines marked as errors are the test; they are compiled, and never run.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import {
  createRelier,
  createWorker,
  type PendingTask,
  rlTask,
  type Task,
  type TaskContext,
  type TaskHandle,
} from "../../../mod.ts";

/** Compiles only if `A` and `B` are the same type. */
function same<A, B>(
  ..._: (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? [] : [never]
): void {}

const plain = rlTask("typed-plain", (a: string, b?: number) => a.length + (b ?? 0));
const later = rlTask(
  "typed-later",
  { retry: 2 },
  async (a: string) => await Promise.resolve({ a }),
);
const counted = rlTask(
  "typed-counted",
  { idempotent: (id) => id, onSuccess: (_ctx, n) => void n.toFixed() },
  (id: string, n: number) => id.length + n,
);
const input = v.object({ at: v.pipe(v.string(), v.transform((text) => new Date(text))) });
const checked = rlTask("typed-checked", { input }, (given, ctx) => {
  same<typeof given, { at: Date }>();
  same<typeof ctx, TaskContext<unknown>>();
  return given.at.getTime();
});

/** An interface that contains itself is plain JSON. */
interface Tag {
  readonly name: string;
  readonly below?: Tag[];
}

async function steps(ctx: TaskContext) {
  const made = await ctx.step("made", () => Promise.resolve({ id: "a", tags: [] as Tag[] }));
  const nothing = await ctx.step("nothing", () => {});
  const open = await ctx.step("open", (): unknown => 1);
  return [made, nothing, open] as [{ id: string; tags: Tag[] }, void, unknown];
}

/** Never called. */
export async function compiled(): Promise<void> {
  const named: Task<"typed-plain", [a: string, b?: number], number> = plain;
  same<typeof named.name, "typed-plain">();
  same<Parameters<typeof counted.apush>, [id: string, n: number]>();
  same<ReturnType<typeof plain>, Promise<number>>();
  same<ReturnType<typeof later.apush>, Promise<TaskHandle<{ a: string }>>>();
  same<ReturnType<typeof later.push>, PendingTask<{ a: string }>>();
  same<Parameters<typeof checked.apush>, [{ at: string }]>();
  same<Awaited<ReturnType<typeof checked.call>>, number>();
  same<ReturnType<typeof plain.apushMany>, Promise<TaskHandle<number>[]>>();

  // @ts-expect-error: the argument is a string
  await plain.apush(1);
  // @ts-expect-error: one argument is missing
  await plain.apush();
  // @ts-expect-error: one argument is too many
  await later.with({ priority: 1 }).apush("a", "b");
  // @ts-expect-error: the schema takes a string, the handler gets the Date
  await checked.apush({ at: new Date() });
  // @ts-expect-error: lists of arguments, not arguments
  await plain.apushMany(["a"]);
  // @ts-expect-error: there is no such option
  plain.with({ dealy: "5s" });
  // @ts-expect-error: a duration has a unit
  plain.with({ delay: "5000" });
  // @ts-expect-error: there is no such option
  rlTask("typed-wrong", { maxAttemps: 3 }, () => {});
  // @ts-expect-error: the output schema is of another type than the result
  rlTask("typed-output", { input: v.string(), output: v.number() }, () => "text");
  // @ts-expect-error: a key is a string
  rlTask("typed-key", { idempotent: (n: number) => n }, (_n: number) => 1);
  // @ts-expect-error: there is no such option
  createRelier({ url: "redis://127.0.0.1" });
  // @ts-expect-error: concurrency is a number
  createWorker(createRelier(), { concurrency: "10" });
  // @ts-expect-error: a Map is no JSON
  rlTask("typed-map", () => Promise.resolve({ byId: new Map<string, number>() }));
  // @ts-expect-error: a Set is no JSON
  rlTask("typed-set", { retry: 1 }, () => [new Set<string>()]);
  // @ts-expect-error: a BigInt is no JSON
  rlTask("typed-bigint", { input: v.string() }, () => 5n);
  // @ts-expect-error: a class with methods is no JSON
  rlTask("typed-class", () => new Headers());
  // @ts-expect-error: the result of an attempt that repeats the step is text
  await ({} as TaskContext).step("typed", () => new Date());
  // @ts-expect-error: a BigInt is no JSON
  await ({} as TaskContext).step("typed", () => 5n);
  // @ts-expect-error: a Map is no JSON
  await ({} as TaskContext).step("typed", () => Promise.resolve([new Map()]));
  same<Awaited<ReturnType<typeof steps>>, [{ id: string; tags: Tag[] }, void, unknown]>();

  // @ts-expect-error: the handler would get text in place of the Date
  rlTask("typed-date-argument", (_at: Date) => 1);
  // @ts-expect-error: a function is no JSON
  rlTask("typed-function", { retry: 1 }, (_order: { onDone?: () => void }) => 1);
  // @ts-expect-error: the input of the schema is pushed, and a Date is no JSON
  rlTask("typed-date-input", { input: v.object({ at: v.date() }) }, () => 1);

  // @ts-expect-error: a result is not written
  (await plain.apush("a")).outcome = "created";
}

/** The values of JSON, as many projects write them. */
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

interface Row {
  readonly id: string;
  readonly at: Date;
  readonly price: { toJSON(): string; plus(n: number): void };
  readonly parts?: Row[];
  readonly span: readonly [from: Date, to: Date | null];
  readonly log: readonly Date[];
}

/** The row as JSON returns it. */
interface Read {
  readonly id: string;
  readonly at: string;
  readonly price: string;
  readonly parts?: Read[];
  readonly span: readonly [from: string, to: string | null];
  readonly log: readonly string[];
}

const row = rlTask("typed-row", (): Promise<Row | undefined> => Promise.resolve(undefined));

/** Never called. */
export async function read(): Promise<Read | undefined> {
  // Called directly, it is a function; behind a queue, its result has been JSON.
  same<ReturnType<typeof row>, Promise<Row | undefined>>();
  (await createRelier().apush(row)).result satisfies () => Promise<Read | undefined>;
  (await row.apushMany([[]]))[0]!.result satisfies () => Promise<Read | undefined>;
  return await row.with({ delay: "1s" }).call();
}

/** Defines a task around any handler: TypeScript sees neither its arguments nor its result. */
export function wrapped<A extends unknown[], R>(
  name: string,
  handler: (...args: A) => Promise<R>,
): Task<string, A, Awaited<R>> {
  return rlTask(name, { retry: 5 }, handler);
}

/** Never called. */
export async function open(): Promise<[unknown, number, Json]> {
  const anything = rlTask("typed-any", async (x: any): Promise<any> => await x);
  (await anything.call(new Map())).toFixed();
  const json = rlTask("typed-json", (given: Json) => given);
  const unknown = rlTask("typed-unknown", async (x: unknown): Promise<unknown> => await x);
  const never = rlTask("typed-never", (): never => {
    throw new Error("never");
  });
  await never.call();
  const twice = wrapped("typed-wrapped", async (n: number) => await Promise.resolve(n * 2));
  return [await unknown.call(5), await twice.call(1), await json.call({ a: [1] })];
}

test("a task has the types of its handler or of its schemas", () => {
  for (const each of [compiled, steps, read, open]) assert.equal(typeof each, "function");
});
