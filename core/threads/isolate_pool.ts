/**
 * The isolates of a worker: threads and processes that run one attempt at a time
 * and can be killed for it. One that has finished is used again for the same
 * modules; there are never more than the worker has slots.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import type { Definition } from "../task/definition.ts";
import { RelierError } from "../base/errors.ts";
import {
  type FromIsolate,
  type Isolate,
  type IsolateKind,
  thrown,
  type ToIsolate,
  told,
} from "./isolate_messages.ts";
import type { RedisPort } from "../port.ts";
import type { TelemetryOptions } from "../telemetry/load_observer.ts";
import { type Threads, threads } from "./host_threads.ts";

/** What is heard of one attempt. */
export type Ear = (
  message: Exclude<FromIsolate, { what: "open" | "broken" | "closed" }>,
) => void;

/** One attempt in an isolate. */
export interface Job {
  post(message: ToIsolate): void;
  /** Asks the handler to stop, and kills it soon after; resolves when it is gone. */
  end(error: RelierError): Promise<void>;
  /** Nothing of the attempt goes on: the isolate is free again. */
  free(): void;
  /** Resolves when the isolate is free or gone. */
  readonly over: Promise<void>;
}

/** The isolates of a worker. */
export interface Isolates {
  /** Whether the task runs in one. */
  takes(definition: Definition): boolean;
  /** @throws TypeError if a task is to be isolated that cannot be. */
  prepare(definitions: readonly Definition[]): Promise<void>;
  /** Runs `claim`; `onStart` is called when it begins, `onCrash` if its isolate ends or cannot begin. */
  run(definition: Definition, claim: Claim, ear: Ear, on: JobEvents): Job;
  /** Kills them all; resolves when they are gone, soon. */
  close(): Promise<void>;
}

/** What happens to an isolate while it runs an attempt. */
export interface JobEvents {
  start(): void;
  crash(error: RelierError): void;
}

interface Cell {
  readonly key: string;
  readonly isolate: Isolate;
  open: boolean;
  idle: boolean;
  hear: (message: FromIsolate) => void;
  gone: (why: string) => void;
}

/** How long a handler may clean up once its signal is aborted. */
const killGraceMs = 250;
/** How long an isolate may take to export what was observed in it, before it is killed. */
const closeMs = 1000;
/** How long the modules of an isolate may take to load. */
const openMs = 30_000;

/** Makes the isolates of a worker; none is opened before it is needed. */
export function createIsolates(
  port: RedisPort,
  setup: {
    worker: string;
    prefix: string;
    concurrency: number;
    modules: readonly string[];
    preload: readonly string[];
    telemetry: TelemetryOptions | false;
    /** For tasks that do not say. */
    isolate: IsolateKind["isolate"] | undefined;
  },
): Isolates {
  const cells = new Set<Cell>();
  let host: Threads | undefined;
  let origin: unknown;

  const modulesOf = ({ module }: Definition): readonly string[] =>
    module === undefined ? setup.modules : [module];

  const kindOf = ({ isolate = setup.isolate }: Definition) => isolate;

  function cellFor(definition: Definition): Cell {
    const { memoryMb } = definition;
    const isolate = kindOf(definition);
    const modules = [...setup.preload, ...modulesOf(definition)];
    const key = JSON.stringify([isolate, memoryMb, modules]);
    const idle = [...cells].filter((cell) => cell.idle);
    const same = idle.find((cell) => cell.key === key);
    if (same) return same;
    if (!host) throw cannot(definition, "it was defined after the worker had started");
    if (idle[0] && cells.size >= setup.concurrency) {
      void dismiss(idle[0]);
    }
    const nothing = () => {};
    const made: Cell = {
      key,
      isolate: host.openIsolate(
        { isolate: isolate!, memoryMb },
        (message) => made.hear(message),
        (why) => {
          cells.delete(made);
          made.gone(why);
        },
      ),
      open: false,
      idle: true,
      hear: nothing,
      gone: nothing,
    };
    cells.add(made);
    const { worker: workerId, prefix, telemetry } = setup;
    made.isolate.post({ do: "open", origin, prefix, workerId, telemetry, modules });
    return made;
  }

  /** Kills an isolate; an idle one may export first what was observed in it. */
  function dismiss(cell: Cell): Promise<void> {
    const { idle, isolate, gone } = cell;
    cell.idle = false;
    return new Promise((resolve) => {
      const late = setTimeout(() => isolate.kill(), closeMs);
      cell.gone = (why) => {
        clearTimeout(late);
        gone(why);
        resolve();
      };
      if (!idle) return isolate.kill();
      cell.hear = ({ what }) => what === "closed" && isolate.kill();
      isolate.post({ do: "close" });
    });
  }

  const crashed = (definition: Definition, why: string, cause?: unknown): RelierError =>
    new RelierError(
      "RL_ISOLATE",
      `The ${kindOf(definition)} of task "${definition.name}" ${why}`,
      { cause },
    );

  return {
    takes: (definition) => kindOf(definition) !== undefined,
    async prepare(definitions) {
      const isolated = definitions.filter((definition) => kindOf(definition) !== undefined);
      for (const definition of isolated) {
        if (modulesOf(definition).length === 0) {
          throw cannot(definition, "nobody knows which module defines it", {
            hint: "give the task `module: import.meta.url`, or the worker `modules`",
          });
        }
      }
      if (isolated.length === 0) return;
      host = await threads();
      const { limitsMemory } = host;
      const limitless = isolated.find((definition) =>
        definition.memoryMb !== undefined && !limitsMemory(kindOf(definition)!)
      );
      if (limitless) {
        const hint = kindOf(limitless) === "thread" && limitsMemory("process")
          ? 'use `isolate: "process"`'
          : "leave `memoryMb` out, or run this worker on Node.js";
        throw cannot(limitless, `this runtime does not keep to memoryMb ${limitless.memoryMb}`, {
          hint,
        });
      }
      origin = await port.origin?.();
      if (origin === undefined) {
        throw cannot(isolated[0]!, "its port cannot be opened again elsewhere", {
          hint: "give createRelier() a URL, or ioredis(client) without functions of your own",
        });
      }
    },
    run(definition, claim, ear, on) {
      const cell = cellFor(definition);
      let settle!: () => void;
      const over = new Promise<void>((resolve) => settle = resolve);
      let opening: ReturnType<typeof setTimeout> | undefined;
      const kill = (error: RelierError) => {
        on.crash(error);
        cell.isolate.kill();
      };

      function begin(): void {
        clearTimeout(opening);
        on.start();
        cell.isolate.post({ do: "run", claim });
      }

      cell.idle = false;
      cell.gone = (why) => {
        clearTimeout(opening);
        on.crash(crashed(definition, why));
        settle();
      };
      cell.hear = (message) => {
        if (message.what === "open") {
          cell.open = true;
          begin();
        } else if (message.what === "broken") {
          kill(
            crashed(
              definition,
              `cannot load its module: ${message.error.message}`,
              thrown(message.error),
            ),
          );
        } else if (message.what !== "closed") ear(message);
      };
      if (cell.open) begin();
      else {
        opening = setTimeout(
          () => kill(crashed(definition, `has not loaded its module within ${openMs} ms`)),
          openMs,
        );
      }
      return {
        post: (message) => cell.isolate.post(message),
        over,
        free() {
          cell.idle = true;
          settle();
        },
        end(error) {
          cell.hear = () => {};
          cell.isolate.post({ do: "abort", error: told(error) });
          setTimeout(() => cell.isolate.kill(), killGraceMs);
          return over;
        },
      };
    },
    async close() {
      await Promise.all([...cells].map(dismiss));
    },
  };
}

function cannot({ name }: Definition, why: string, { hint = "" } = {}): TypeError {
  return new TypeError(`Cannot isolate task "${name}": ${why}${hint && `; ${hint}`}`);
}
