/**
 * The module for NestJS: tasks are providers, and the worker lives as long as the application.
 *
 * @module
 */

import "reflect-metadata";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { type INestApplicationContext, Injectable, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import * as v from "valibot";
import {
  RELIER,
  RelierHealth,
  RelierModule,
  type RelierModuleOptions,
  Task,
  type TaskClass,
  taskOf,
} from "../../adapters/nestjs.ts";
import { createRelier, type Relier, type TaskContext } from "../../mod.ts";
import { shared } from "../support/redis.ts";
import { bounded, until } from "../support/until.ts";

/** A provider that tasks depend on. */
class Mailer {
  readonly sent: string[] = [];
  closed = false;
  onModuleDestroy(): void {
    this.closed = true;
  }
}

let finish = (): void => {};

class SendReceipt {
  readonly #mailer: Mailer;
  constructor(mailer: Mailer) {
    this.#mailer = mailer;
  }
  async run(order: string, wait = false): Promise<{ order: string; closed: boolean }> {
    if (wait) await new Promise<void>((resolve) => finish = resolve);
    this.#mailer.sent.push(order);
    return { order, closed: this.#mailer.closed };
  }
}

class Resize {
  run({ width }: { width: number }, ctx: TaskContext): string {
    return `${ctx.name} to ${width}`;
  }
}

class Unlisted {
  run(): void {}
}

Task("nest-receipt", { idempotent: (order: string) => order })(SendReceipt);
Task("nest-resize", { input: v.object({ width: v.number() }) })(Resize);
Task("nest-unlisted")(Unlisted);
Injectable()(Mailer);
Reflect.defineMetadata("design:paramtypes", [Mailer], SendReceipt);

const working = { worker: { handleSignals: false } };

/** An application with these options, on a shared Redis; its keys have a prefix of their own. */
async function start(
  options: Partial<RelierModuleOptions> = working,
  providers: readonly TaskClass[] = [SendReceipt, Resize],
): Promise<INestApplicationContext> {
  class App {}
  const mail = { module: class {}, global: true, providers: [Mailer], exports: [Mailer] };
  const imports = [
    mail,
    RelierModule.forRootAsync({
      useFactory: async () => ({
        redis: await shared(),
        prefix: `nest-${randomUUID()}`,
        tasks: [SendReceipt, Resize],
        ...options,
      }),
    }),
  ];
  Module({ imports, providers: [...providers] })(App);
  return await NestFactory.createApplicationContext(App, { logger: false, abortOnError: false });
}

test("a task of NestJS has the dependencies of its class", async () => {
  const app = await start();
  const relier: Relier = app.get(RELIER);
  const receipt = await taskOf(SendReceipt).apush("o-1");
  assert.deepEqual(await receipt.result({ timeout: "10s" }), { order: "o-1", closed: false });
  assert.equal((await taskOf(SendReceipt).apush("o-1")).outcome, "replayed");
  assert.deepEqual(app.get(Mailer).sent, ["o-1"]);
  const resized = await relier.apush(taskOf(Resize), { width: 10 });
  assert.equal(await resized.result({ timeout: "10s" }), "nest-resize to 10");
  assert.deepEqual(await relier.queue("default").audit(), []);
  await app.close();
});

test("an application of NestJS that closes lets a running task finish with its providers", async () => {
  const prefix = `nest-${randomUUID()}`;
  const app = await start({ ...working, prefix });
  const id = (await taskOf(SendReceipt).apush("o-2", true)).id;
  await until(
    "it runs",
    async () => (await app.get(RELIER).handle(id).status()).state === "running",
  );
  const closing = app.close();
  const health = app.get(RelierHealth);
  await until("it drains", async () => (await health.isHealthy()).relier.status === "down");
  finish();
  await bounded("it closes", closing);
  const relier = createRelier({ redis: await shared(), prefix });
  assert.deepEqual(await relier.handle(id).result(), { order: "o-2", closed: false });
  await relier.close();
});

test("the health of an application of NestJS is that of its worker, else that of Redis", async () => {
  const busy = await start();
  const health = busy.get(RelierHealth);
  await until("it works", async () => (await health.isHealthy()).relier.status === "up");
  await busy.close();
  assert.deepEqual(await health.isHealthy("tasks"), {
    tasks: { status: "down", message: "the worker takes no tasks" },
  });
  const web = await start({});
  assert.deepEqual(await web.get(RelierHealth).isHealthy(), { relier: { status: "up" } });
  await web.close();
});

test("a task of NestJS that no application can run is refused early, by name", async () => {
  const missing = start({ ...working, tasks: [Unlisted] }, []);
  await assert.rejects(missing, /Unlisted/);
  assert.throws(() => taskOf(Mailer as never), /put @Task\(name\) before it/);
  class Other {
    run(): void {}
  }
  assert.throws(() => Task("nest-receipt")(Other), /class SendReceipt has the name/);
  class Nowhere {
    run(): void {}
  }
  Task("nest-nowhere")(Nowhere);
  await assert.rejects(async () => await taskOf(Nowhere)(), /no application has it; list Nowhere/);
});
