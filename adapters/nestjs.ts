/**
 * A module for NestJS 11 and 12: tasks are providers with dependencies, and the worker starts
 * and drains with the application. For HTTP use `@relier/core/express` or `@relier/core/fastify`.
 *
 * @example
 * ```ts
 * import { RelierModule, Task, taskOf } from "@relier/core/nestjs";
 *
 * @Task("send-receipt", { retry: { attempts: 5 } })
 * export class SendReceipt {
 *   constructor(private readonly mailer: Mailer) {}
 *   async run(order: string) {
 *     await this.mailer.send(order);
 *   }
 * }
 *
 * @Module({
 *   imports: [RelierModule.forRoot({ tasks: [SendReceipt], worker: { concurrency: 10 } })],
 *   providers: [Mailer, SendReceipt],
 * })
 * export class AppModule {}
 *
 * await taskOf(SendReceipt).apush("o-1"); // in any provider
 * ```
 *
 * @module
 */

import { type DynamicModule, Inject, Injectable, Module } from "@nestjs/common";
import { ModuleRef } from "@nestjs/core";
import {
  createRelier,
  createWorker,
  type Relier,
  type RelierOptions,
  rlTask,
  type StandardSchema,
  type Task as AnyTask,
  type TaskContext,
  type TaskOptions,
  type Worker,
  type WorkerOptions,
} from "../mod.ts";

/** The token of the client: `@Inject(RELIER) relier: Relier`. */
export const RELIER: unique symbol = Symbol("RELIER");
/** The token of the worker, undefined without one: `@Inject(WORKER) worker?: Worker`. */
export const WORKER: unique symbol = Symbol("WORKER");
const OPTIONS = Symbol("RELIER_OPTIONS");

/** A class with {@linkcode Task}. */
export type TaskClass<A extends any[] = any[], R = unknown> = new (...args: any[]) => {
  /** The handler; with an `input` schema it gets the input and the context of the task. */
  run(...args: A): R;
};

/** Options of {@linkcode RelierModule}: those of the client, and two more. */
export interface RelierModuleOptions extends Omit<RelierOptions, "tasks"> {
  /** The classes of the tasks that this application pushes or runs. */
  tasks: readonly TaskClass[];
  /** The worker of this process; without it, the application only pushes. */
  worker?: WorkerOptions;
}

/** Options that depend on providers, such as a ConfigService. */
export interface RelierModuleAsyncOptions {
  /** The modules of these providers. */
  imports?: DynamicModule["imports"];
  /** The tokens of these providers. */
  inject?: any[];
  /** Makes the options from these providers. */
  useFactory: (...args: any[]) => RelierModuleOptions | Promise<RelierModuleOptions>;
}

/** The arguments of a push of a task whose handler takes `A`. */
export type PushedArguments<A extends any[]> = A extends [infer I, TaskContext<any>] ? [I] : A;

const tasks = new WeakMap<TaskClass, AnyTask>();
const named = new Map<string, string>();
const hosts = new WeakMap<TaskClass, ModuleRef>();

/**
 * Makes a provider of a class, and a task of its method `run`. The provider must not be
 * request-scoped.
 *
 * @throws TypeError, RangeError if an option is invalid, or another class has the name.
 */
export function Task(
  name: string,
  options: TaskOptions<any, any, any> & { input?: StandardSchema<any, any> } = {},
): (type: TaskClass) => void {
  return (type) => {
    if ((named.get(name) ?? type.name) !== type.name) {
      throw new TypeError(
        `Cannot define task "${name}" of class ${type.name}: class ${named.get(name)} has the ` +
          "name; choose another",
      );
    }
    const run = (...args: unknown[]): unknown => instanceOf(name, type).run(...args);
    tasks.set(type, rlTask(name, { ...options, replace: true }, run));
    named.set(name, type.name);
    Injectable()(type);
  };
}

/** The task of a class. @throws TypeError if the class has no {@linkcode Task}. */
export function taskOf<A extends any[], R>(
  type: TaskClass<A, R>,
): AnyTask<string, PushedArguments<A>, Awaited<R>> {
  const task = tasks.get(type);
  if (task) return task;
  throw new TypeError(`Cannot find the task of class ${type.name}: put @Task(name) before it`);
}

function instanceOf(name: string, type: TaskClass): InstanceType<TaskClass> {
  const host = hosts.get(type);
  if (host) return host.get(type, { strict: false });
  throw new TypeError(
    `Cannot run task "${name}": no application has it; list ${type.name} in the tasks of ` +
      "RelierModule, and in the providers of a module",
  );
}

/**
 * Has the client and the worker of the application. The worker drains in `onModuleDestroy`, so
 * that tasks may use what closes in a later hook, or in a module that is global.
 */
export class RelierModule {
  readonly #options: RelierModuleOptions;
  readonly #relier: Relier;
  readonly #worker: Worker | undefined;
  readonly #host: ModuleRef;

  /** Called by NestJS. */
  constructor(
    options: RelierModuleOptions,
    relier: Relier,
    worker: Worker | undefined,
    host: ModuleRef,
  ) {
    this.#options = options;
    this.#relier = relier;
    this.#worker = worker;
    this.#host = host;
  }

  /** The module with these options. */
  static forRoot(options: RelierModuleOptions): DynamicModule {
    return RelierModule.forRootAsync({ useFactory: () => options });
  }

  /** The module with options that `useFactory` returns for the providers in `inject`. */
  static forRootAsync(
    { imports = [], inject = [], useFactory }: RelierModuleAsyncOptions,
  ): DynamicModule {
    const providers: DynamicModule = {
      module: RelierProviders,
      global: true,
      imports,
      providers: [
        { provide: OPTIONS, inject, useFactory },
        { provide: RELIER, inject: [OPTIONS], useFactory: clientOf },
        { provide: WORKER, inject: [OPTIONS, RELIER], useFactory: workerOf },
        RelierHealth,
      ],
      exports: [OPTIONS, RELIER, WORKER, RelierHealth],
    };
    return { module: RelierModule, imports: [providers] };
  }

  /** Starts the worker, once every provider is ready. */
  async onApplicationBootstrap(): Promise<void> {
    for (const type of this.#options.tasks) hosts.set(type, this.#host);
    if (!this.#worker) return;
    // A class without a provider fails here, and not in each attempt.
    for (const type of this.#options.tasks) this.#host.get(type, { strict: false });
    await this.#worker.start();
  }

  /** Drains the worker. */
  async onModuleDestroy(): Promise<void> {
    await this.#worker?.drain();
  }

  /** Sends the pushes of the last requests, and closes the client. */
  async onApplicationShutdown(): Promise<void> {
    await this.#relier.close();
  }
}

/** Global, so that NestJS destroys it after all others; {@linkcode RelierModule} drains before. */
class RelierProviders {}

function clientOf({ tasks, worker: _, ...options }: RelierModuleOptions): Relier {
  return createRelier({ ...options, tasks: tasks.map((type) => taskOf(type)) });
}

function workerOf({ worker }: RelierModuleOptions, relier: Relier): Worker | undefined {
  return worker && createWorker(relier, worker);
}

/** A health indicator for `@nestjs/terminus`: `health.check([() => relier.isHealthy()])`. */
export class RelierHealth {
  readonly #relier: Relier;
  readonly #worker: Worker | undefined;

  /** Called by NestJS. */
  constructor(relier: Relier, worker: Worker | undefined) {
    this.#relier = relier;
    this.#worker = worker;
  }

  /**
   * Down while the worker takes no tasks, as when it drains or Redis is away; without a worker,
   * while Redis does not answer within two seconds.
   */
  async isHealthy<K extends string = "relier">(
    key: K = "relier" as K,
  ): Promise<Record<K, { status: "up" | "down"; message?: string }>> {
    const up = this.#worker ? this.#worker.health().consuming : await answers(this.#relier);
    const message = this.#worker ? "the worker takes no tasks" : "Redis does not answer";
    const state = up ? { status: "up" as const } : { status: "down" as const, message };
    return { [key]: state } as Record<K, typeof state>;
  }
}

async function answers(relier: Relier): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(false), 2_000));
  const answered = relier.queues().then(() => true, () => false);
  return await Promise.race([answered, late]).finally(() => clearTimeout(timer));
}

// Decorators as calls: this file is compiled without them.
for (const [i, token] of [OPTIONS, RELIER, WORKER, ModuleRef].entries()) {
  Inject(token)(RelierModule, undefined, i);
}
for (const [i, token] of [RELIER, WORKER].entries()) Inject(token)(RelierHealth, undefined, i);
Injectable()(RelierHealth);
Module({})(RelierProviders);
Module({})(RelierModule);
