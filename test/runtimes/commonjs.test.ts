/**
 * The package in projects that compile to CommonJS or test with Jest, in their
 * default settings: types and code of each tool, installed from the registry.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { makeConsumer } from "../support/consumer.ts";
import { scaled } from "../support/machine_speed.ts";
import { offline } from "../support/online.ts";
import { executable } from "../support/runtimes.ts";

const run = promisify(execFile);
const consumer = makeConsumer();
after(() => consumer.remove());

const skip = await offline();
const timeout = scaled(120_000);
const project = join(consumer.folder, "project");
const tools = [
  ...["@nestjs/common@11.1.28", "@nestjs/core@11.1.28", "reflect-metadata@0.2.2", "rxjs@7.8.2"],
  ...["@types/jest@30.0.0", "@types/node@20", "jest@30.5.2", "ts-jest@29.4.15"],
  ...["ts-node@10.9.2", "typescript@5.9.3"],
];

function save(file: string, text: string): void {
  const path = join(project, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Runs a program of the project, and returns all it prints. */
async function use(command: string, ...args: string[]): Promise<string> {
  const local = join(project, "node_modules", ".bin", command);
  const environment = { ...process.env, NO_COLOR: "1", NODE_ENV: undefined };
  const { stdout, stderr } = await run(
    command === "node" ? process.execPath : command.startsWith("/") ? command : local,
    args,
    { cwd: project, env: environment, timeout },
  ).catch(({ stdout, stderr }) => assert.fail(`${command} ${args.join(" ")}: ${stdout}${stderr}`));
  return stdout + stderr;
}

const compilerOptions = {
  ...{ target: "es2022", lib: ["es2022", "dom", "esnext.disposable"], types: ["node", "jest"] },
  ...{ strict: true, skipLibCheck: false, esModuleInterop: true, outDir: "out" },
};

before(async () => {
  if (skip) return;
  save("package.json", `{"name":"mine","private":true}`);
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...tools], {
    cwd: project,
  });
  await run("npm", ["install", "--prefer-offline", "--no-audit", consumer.tarball], {
    cwd: project,
  });
  save(
    "src/tasks.ts",
    `import { createRelier, createWorker, RelierError, rlTask } from "@relier/core";
    import { memory } from "@relier/core/memory";
    export const double = rlTask("double", async (n: number) => {
      if (n < 0) throw new RelierError("RL_REFUSED", "it is negative");
      return n * 2;
    });
    export async function doubled(n: number): Promise<number> {
      const rl = createRelier({ redis: memory() });
      const worker = createWorker(rl, { handleSignals: false, logger: false });
      await worker.start();
      const result = await (await double.apush(n)).result({ timeout: "20s" });
      await worker.drain();
      await rl.close();
      return result;
    }`,
  );
  save("src/main.ts", `import { doubled } from "./tasks"; doubled(21).then(console.log);`);
  save(
    "src/tasks.test.ts",
    `import { createTestRelier } from "@relier/core/testing";
    import { double, doubled } from "./tasks";
    test("a task runs", async () => {
      expect(await doubled(21)).toBe(42);
      const rl = await createTestRelier();
      const handle = await double.apush(2);
      await rl.drain();
      expect(await handle.result()).toBe(4);
      await rl.close();
    });`,
  );
});

for (
  const [module, moduleResolution] of [
    ["commonjs", "node10"],
    ["node16", "node16"],
    ["node18", "node16"],
    ["node20", "node16"],
    ["nodenext", "nodenext"],
  ]
) {
  test(`TypeScript compiles and runs it with module ${module}`, { skip, timeout }, async () => {
    const options = { ...compilerOptions, module, moduleResolution };
    const config = `tsconfig.${module}.json`;
    save(config, JSON.stringify({ compilerOptions: options, include: ["src"] }));
    await use("tsc", "-p", config);
    assert.equal(await use("node", "out/main.js"), "42\n");
  });
}

const nest = {
  ...{ ...compilerOptions, module: "commonjs", moduleResolution: "node10" },
  ...{ experimentalDecorators: true, emitDecoratorMetadata: true, skipLibCheck: true },
};

test("ts-node runs it", { skip, timeout }, async () => {
  save("tsconfig.json", JSON.stringify({ compilerOptions: nest, include: ["nest"] }));
  assert.equal(await use("ts-node", "src/main.ts"), "42\n");
});

test("Jest runs it in its default mode, and so does ts-jest", { skip, timeout }, async () => {
  save("tsconfig.json", JSON.stringify({ compilerOptions: nest }));
  save("jest.config.js", `module.exports = { preset: "ts-jest", roots: ["src", "plain"] };`);
  save(
    "plain/plain.test.js",
    `const { rlTask } = require("@relier/core");
    const { createTestRelier } = require("@relier/core/testing");
    const triple = rlTask("triple", (n) => n * 3);
    test("a task runs", async () => {
      const rl = await createTestRelier();
      const handle = await triple.apush(2);
      await rl.killWorker({ during: "triple" });
      await rl.tick("35s");
      expect(await handle.result()).toBe(6);
      await rl.close();
    });`,
  );
  const said = await use("jest");
  assert.match(said, /Tests: +2 passed, 2 total/);
  assert.doesNotMatch(said, /did not exit|warn/i);
});

test("NestJS runs it, compiled as its command line compiles", { skip, timeout }, async () => {
  save("tsconfig.json", JSON.stringify({ compilerOptions: nest, include: ["nest"] }));
  save(
    "nest/main.ts",
    `import "reflect-metadata";
    import { Injectable, Module } from "@nestjs/common";
    import { NestFactory } from "@nestjs/core";
    import { memory } from "@relier/core/memory";
    import { RelierModule, Task, taskOf } from "@relier/core/nestjs";

    @Injectable()
    class Mailer {
      send(to: string): string {
        return "sent to " + to;
      }
    }
    @Task("send-receipt")
    class SendReceipt {
      constructor(private readonly mailer: Mailer) {}
      async run(to: string): Promise<string> {
        return this.mailer.send(to);
      }
    }
    @Module({
      imports: [RelierModule.forRoot({ redis: memory(), tasks: [SendReceipt], worker: { logger: false } })],
      providers: [Mailer, SendReceipt],
    })
    class AppModule {}

    async function main(): Promise<void> {
      const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
      console.log(await taskOf(SendReceipt).call("you"));
      await app.close();
    }
    void main();`,
  );
  await use("tsc");
  assert.equal(await use("node", "out/main.js"), "sent to you\n");
});

for (const runtime of ["node", "bun", "deno"] as const) {
  test(`require and import give one copy of it on ${runtime}`, () => {
    writeFileSync(
      join(consumer.folder, "same.cjs"),
      `const name = "@relier/core";
      const { rlTask } = require(name);
      import(name).then((module) => console.log(module.rlTask === rlTask));`,
    );
    const args = { node: [], bun: ["run"], deno: ["run", "-A", "--node-modules-dir=manual"] };
    assert.equal(consumer.run(executable(runtime), [...args[runtime], "same.cjs"]), "true");
  });
}
