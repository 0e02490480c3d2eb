/**
 * Checks, when a worker starts, that the tasks it has to isolate can be isolated.
 *
 * @module
 */

import type { Definition } from "../task/definition.ts";
import type { IsolateKind, IsolateOpener } from "./isolate_messages.ts";

/** The rules by which a worker isolates a task. */
export interface IsolationRules {
  /** The kind of isolate that runs the task. */
  kindOf(definition: Definition): IsolateKind["isolate"];
  /** The modules that define the task. */
  modulesOf(definition: Definition): readonly string[];
}

/** Refuses a task for which no module is known. @throws TypeError */
export function refuseWithoutModule(isolated: readonly Definition[], rules: IsolationRules): void {
  const orphan = isolated.find((definition) => rules.modulesOf(definition).length === 0);
  if (!orphan) return;
  throw cannotIsolate(
    orphan,
    "the module that defines it is unknown",
    "give the task `module: import.meta.url`, or the worker `modules`",
  );
}

/** Refuses a limit of memory that the runtime does not keep. @throws TypeError */
export function refuseMemoryLimit(
  isolated: readonly Definition[],
  rules: IsolationRules,
  { limitsMemory }: IsolateOpener,
): void {
  const limitless = isolated.find((definition) =>
    definition.memoryMb !== undefined && !limitsMemory(rules.kindOf(definition))
  );
  if (!limitless) return;
  const fix = rules.kindOf(limitless) === "thread" && limitsMemory("process")
    ? 'use `isolate: "process"`'
    : "leave `memoryMb` out, or run this worker on Node.js";
  throw cannotIsolate(
    limitless,
    `this runtime does not keep to memoryMb ${limitless.memoryMb}`,
    fix,
  );
}

/** The refusal of a port that no thread and no process can open again. */
export function cannotReopen(definition: Definition): TypeError {
  return cannotIsolate(
    definition,
    "its port cannot be opened again elsewhere",
    "give createRelier() a URL, or ioredis(client) without functions of your own",
  );
}

/** The refusal of a task that cannot be isolated. */
function cannotIsolate({ name }: Definition, why: string, fix = ""): TypeError {
  return new TypeError(`Cannot isolate task "${name}": ${why}${fix && `; ${fix}`}`);
}
