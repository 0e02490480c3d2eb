/**
 * Finds the task that a command line names: as a module defines it, or only by its
 * name. An operator needs no code of the task to push it.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { resolve } from "node:path";
import * as v from "valibot";
import { isForeign, tsxNear } from "../../../adapters/node/tsx_loader.ts";
import { type PushOptions, type Relier, rlTask, type Task, type TaskHandle } from "../../../mod.ts";
import type { Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";
import { listWorkers, usedQueues } from "../../../core/console/mod.ts";

/** A task to push. */
export interface KnownTask {
  /** Pushes the task once for each payload. */
  push(list: readonly unknown[][], options: PushOptions): Promise<TaskHandle[]>;
  /** Warning to print before the push. */
  readonly remark?: string;
}

/** The option that names the file of a task. */
export const moduleArg = {
  type: "string",
  valueHint: "file",
  description: "File that exports the task; its schema, queue, version and key apply",
} as const;

/** Loads the task `name` that the file `module` exports. @throws {CliError} 2 */
export async function exported(module: string, name: string, cwd: string): Promise<Task> {
  const path = resolve(cwd, module);
  let found: Record<string, unknown>;
  try {
    if (isForeign(path)) (await tsxNear(path))?.register();
    found = await import(pathToFileURL(path).href);
  } catch (cause) {
    throw new CliError(2, `Cannot load module "${short(module)}": ${(cause as Error).message}`, {
      cause,
      hint: isForeign(path)
        ? "run Node 22.18 or newer, Bun or Deno, or install tsx in the project"
        : "name the file that defines the task, such as ./tasks.js",
    });
  }
  // The exports of a CommonJS module may be in its default export only.
  const all = [...Object.values(found), ...Object.values(found["default"] ?? {})];
  const tasks = all.filter((each): each is Task =>
    typeof each === "function" && typeof (each as Partial<Task>).apushMany === "function"
  );
  const task = tasks.find((each) => each.name === name);
  if (task) return task;
  const names = tasks.map((each) => `"${each.name}"`).join(", ");
  throw new CliError(2, `Cannot find task "${short(name)}" in module "${short(module)}"`, {
    hint: names === "" ? "it exports no task" : `it exports ${names}`,
  });
}

/** Finds the task to push: in its module if one is named, else as workers publish it. */
export async function knownTask(
  context: Pick<Context, "relier" | "host">,
  name: string,
  { module, queue: given, input }: { module?: string; queue?: string; input: boolean },
): Promise<KnownTask> {
  const { relier, host } = context;
  if (module !== undefined) {
    const task = await exported(module, name, host.cwd);
    return { push: (list, options) => pushOwn(relier, task, list, options) };
  }
  const { queue, version } = await publishedTask(relier, given, name);
  const never = (): never => {
    throw new Error("The command line does not run tasks");
  };
  const task: Task = input
    ? rlTask(name, { replace: true, queue, version: version ?? 1, input: v.unknown() }, never)
    : rlTask(name, { replace: true, queue, version: version ?? 1 }, never);
  const push: KnownTask["push"] = (list, options) => relier.apushMany(task, list as [], options);
  return version !== undefined
    ? { push }
    : { push, remark: `no worker of queue "${queue}" knows task "${name}" yet` };
}

/** Pushes a task of a module. Only the copy of this package that made the task can push it. */
async function pushOwn(
  relier: Relier,
  task: Task,
  list: readonly unknown[][],
  options: PushOptions,
): Promise<TaskHandle[]> {
  try {
    return await relier.apushMany(task, list, options);
  } catch (error) {
    const foreign = error instanceof TypeError && error.message.includes("not made by rlTask");
    if (!foreign) throw error;
    throw new CliError(
      2,
      `Cannot push "${task.name}": its module uses another copy of @relier/core`,
      {
        hint: "run the rl of your project, with npx rl",
      },
    );
  }
}

/**
 * The task `name` as live workers publish it, the highest version first: its version, undefined if
 * none knows it, and its own queue where none is `given`.
 */
async function publishedTask(
  relier: Relier,
  given: string | undefined,
  name: string,
): Promise<{ readonly queue: string; readonly version: number | undefined }> {
  const workers = await listWorkers(
    relier,
    given === undefined ? await usedQueues(relier) : [given],
  );
  const [latest] = workers.flatMap(({ info }) => info.tasks).filter((task) => task.name === name)
    .sort((a, b) => b.version - a.version);
  return { queue: given ?? latest?.queue ?? "default", version: latest?.version };
}
