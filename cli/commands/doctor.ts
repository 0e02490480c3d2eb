/**
 * `rl doctor`: checks whether an environment is safe for tasks.
 *
 * @module
 */

import { createRelier, RedisError, type RedisPort } from "../../mod.ts";
import { connect } from "../../adapters/ioredis.ts";
import { type Command, command, type Context } from "../framework/command.ts";
import { refusalOf } from "../framework/reachable.ts";
import { accessChecks } from "./doctor/access.ts";
import { type Check, fail, plural, serverChecks } from "../../core/console/mod.ts";
import { bounded, runChecks } from "./doctor/bounded_check.ts";
import { localChecks } from "./doctor/local_checks.ts";
import { queueChecks } from "./doctor/queues.ts";
import { program } from "../processes/find_program.ts";

const args = {
  check: { type: "boolean", description: "Exit with 7 for warnings, too" },
} as const;

const doctor: Command<typeof args> = command({
  summary: "Check the runtime, the configuration, Redis and the queues",
  details:
    "Changes nothing. Each check takes a few seconds at most. Exits with 7 if a check fails, " +
    "with 3 if Redis cannot be reached.",
  examples: ["rl doctor", "rl doctor --check --json"],
  args,
  async run(context): Promise<number> {
    const local = localChecks(context.settings);
    const reached = local.some(({ name, level }) => name === "url" && level === "fail")
      ? { checks: [], exit: 2 }
      : await remoteChecks(context);
    const checks = [...local, ...reached.checks];
    const count = (level: Check["level"]) => checks.filter((each) => each.level === level).length;
    const [failures, warnings] = [count("fail"), count("warn")];
    const unhealthy = failures > 0 || (context.args.check && warnings > 0);
    show(context, checks, { healthy: failures === 0, failures, warnings });
    return reached.exit ?? (unhealthy ? 7 : 0);
  },
});

export default doctor;

/** Checks Redis; returns an exit code if it cannot be reached. */
async function remoteChecks({ settings }: Context): Promise<{ checks: Check[]; exit?: number }> {
  const { url, prefix, env } = settings;
  const port = connect(url.value, { timeoutMs: 3000 });
  const relier = createRelier({
    redis: port,
    prefix: prefix.value,
    tasks: [],
    onDataLoss: () => {},
  });
  try {
    const absent = await connectionCheck(port, url.value);
    if (absent) return { checks: [absent], exit: 3 };
    const production = env.value === "production";
    const groups = [
      await runChecks("server", async () => serverChecks(await relier.server(), production)),
      await runChecks("access", () => accessChecks(port, prefix.value)),
      await runChecks("queues", () => queueChecks(relier)),
    ];
    return { checks: groups.flat() };
  } finally {
    await relier.close();
    await port.close();
  }
}

const logIn = ["NOAUTH", "WRONGPASS"];
const start = "start it, set RELIER_REDIS_URL, or pass --url";
const hello = program("hello", "return 1");

/** Tests the connection; a server that refuses a call for another reason than login counts as reached. */
async function connectionCheck(port: RedisPort, url: string): Promise<Check | undefined> {
  const refusal = await refusalOf(url);
  if (refusal !== undefined) {
    return fail("redis", `cannot be reached: no connection (${refusal})`, start);
  }
  try {
    await bounded(port.run(hello, ["relier"], []));
    return undefined;
  } catch (error) {
    const refused = error instanceof RedisError && error.failure === "refused";
    const { message, reply, hint } = error as RedisError;
    const fix = hint ?? start;
    const why = message.replace(/^Cannot run "hello": /, "").replace(`; ${fix}`, "");
    if (refused && !logIn.includes(reply)) return undefined;
    return refused
      ? fail("redis", `login refused: ${why}`, fix)
      : fail("redis", `cannot be reached: ${why}`, fix);
  }
}

function show({ out }: Context, checks: readonly Check[], verdict: object): void {
  const { green, yellow, red, dim, bold } = out.style;
  const marks = { ok: green("✓"), warn: yellow("!"), fail: red("✗") };
  out.record({ ...verdict, checks }, () => {
    const wide = Math.max(...checks.map(({ name }) => name.length));
    for (const { name, level, text, fix } of checks) {
      out.line(`${marks[level]} ${bold(name.padEnd(wide))}  ${text}`);
      if (fix !== undefined) out.line(`  ${" ".repeat(wide)}  ${dim(fix)}`);
    }
    const count = (level: Check["level"]) => checks.filter((each) => each.level === level).length;
    out.line("", `${count("ok")} ok, ${plural(count("warn"), "warning")}, ${count("fail")} failed`);
  });
}
