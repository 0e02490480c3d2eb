/**
 * Export and import of dead tasks: an exported task comes back unchanged. An invalid
 * line stops the import before it starts.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { rlTask } from "../../mod.ts";
import { type Lab, withRelier } from "../support/relier.ts";
import { rl, type RlResult } from "../support/rl.ts";
import { temporary } from "../support/server.ts";

const charge = rlTask("act-exported", (n: number) => n);
const mail = rlTask("act-mail", { queue: "mails" }, () => 1);

/** Runs `rl` on the Redis of a test. */
function on({ url, prefix }: Lab, stdin = ""): (...args: string[]) => Promise<RlResult> {
  return (...args) => rl(args, { url, prefix, stdin });
}

const error = JSON.stringify({ name: "TypeError", message: "declined", stack: "at x" });
const note = JSON.stringify({ name: "TypeError", message: "declined", log: ["a line"] });
const deadIn = async (lab: Lab): Promise<number> => (await lab.queue.stats()).counts.dead;

test(
  "exported and discarded tasks come back unchanged, however often they are imported",
  withRelier(async (lab) => {
    const run = on(lab);
    const file = join(temporary(), "dead.ndjson");
    const list = Array.from({ length: 250 }, (_, i) => [i] as [number]);
    const [one] = await lab.rl.apushMany(charge, list, { tenant: "acme" });
    for (const slots of [200, 50]) {
      const { tasks } = await lab.moves.turn({ slots });
      for (const claim of tasks) {
        await lab.moves.settle(claim, "bury", { text: `attempts\t${note}`, error });
      }
    }
    await lab.rl.apush(mail);
    const before = await lab.queue.inspect(one!.id);
    assert.deepEqual([before.reason, before.history[0]?.log], ["attempts", ["a line"]]);
    const written = await run("dlq", "export", "--out", file);
    assert.match(written.stderr, new RegExp(`250 dead tasks written to ${file}`));
    assert.equal((await run("dlq", "export", "--out", file)).exit, 5, "it overwrites nothing");
    const piped = await run("dlq", "export");
    assert.deepEqual(
      piped.stdout.split("\n").sort(),
      readFileSync(file, "utf8").split("\n").sort(),
    );
    assert.equal((await run("dlq", "export", "--where", "name=nobody")).stdout, "");

    await run("dlq", "discard", "--all", "-y");
    assert.equal((await run("dlq", "import", file)).exit, 9);
    const dry = await run("dlq", "import", file, "--dry-run");
    assert.match(dry.stdout, /would import 250 dead tasks of queue "default"/);
    assert.equal(await deadIn(lab), 0);
    assert.equal((await run("dlq", "import", file, "-y")).stdout, "imported 250 dead tasks\n");
    const again = await run("dlq", "import", file, "-y", "--json");
    assert.deepEqual(again.lines(), [{ imported: 0, existed: 250 }]);
    const after = await lab.queue.inspect(one!.id);
    for (const name of ["payload", "error", "reason", "history", "enqueuedAt", "at"] as const) {
      assert.deepEqual(after[name], before[name], name);
    }
    assert.equal(after.facts["tenant"], "acme");
    assert.match((await run("dlq", "release", "--all", "-y")).stdout, /released 250 tasks/);
  }),
);

test(
  "an import with an invalid line names it, and imports nothing",
  withRelier(async (lab) => {
    const id = (n: number): string => `default~0~${String(n).padStart(22, "0")}`;
    const good = JSON.stringify({ id: id(1), name: "act-imported", payload: [1] });
    const bad: [string, RegExp][] = [
      ["{", /line 3 of "-": /],
      ["null", /line 3 of "-": it is not an object/],
      ["[]", /line 3 of "-": its "id"/],
      ['{"name":"x","payload":[]}', /line 3 of "-": its "id"/],
      [JSON.stringify({ id: "x", name: "x" }), /line 3 of "-": its "id"/],
      [JSON.stringify({ id: id(2) }), /line 3 of "-": its "name"/],
      [JSON.stringify({ id: id(2), name: "x", state: "ready" }), /line 3 of "-": its "state"/],
      [JSON.stringify({ id: id(2), name: "x" }), /line 3 of "-": it needs an envelope/],
      [JSON.stringify({ id: id(2), name: "x", payload: [], history: 5 }), /line 3.*"history"/],
    ];
    for (const [line, says] of bad) {
      const { exit, stderr } = await on(lab, `${good}\n\n${line}\n`)("dlq", "import", "-", "-y");
      assert.equal(exit, 2, `${line}: ${stderr}`);
      assert.match(stderr, says);
      assert.equal(await deadIn(lab), 0, line);
    }
    const run = on(lab, `${good}\n`);
    assert.equal((await run("dlq", "import", "-", "-y")).stdout, "imported 1 dead task\n");
    assert.equal((await run("dlq", "import", "no-such-file", "-y")).exit, 2);
    assert.equal((await run("dlq", "export", "--out", "no/such/folder/x")).exit, 2);
    assert.equal(existsSync("no"), false);
  }),
);
