/**
 * Makes the calls that a model has played on real engines. It compares the replies, the
 * contents after each call, and the audit.
 *
 * @module
 */

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Reply } from "../../core/port.ts";
import { type Held, readHeld } from "./held.ts";
import { play } from "./play.ts";
import type { Rig } from "./rig.ts";
import type { Move } from "./stage.ts";
import type { Step } from "./steps.ts";

/** An engine under its name. */
export interface Engine {
  readonly name: string;
  readonly rig: Rig;
}

/** The reply to a push of new tasks; a plain push answers it in one word. */
const created: Reply = ["ok", [], [], []];
let sequences = 0;

/** Plays `steps` on the model and on every engine; throws at the first difference. */
export async function agree(steps: readonly Step[], engines: readonly Engine[]): Promise<void> {
  const moves = play(steps, `m${++sequences}`, engines[0]!.rig.nowUs());
  const outcomes = await Promise.all(engines.map(({ rig }) => rig.run(moves)));
  const seen = outcomes.map((outcome) =>
    outcome.map(([reply, dump]) => ({ reply, held: readHeld(dump as readonly Reply[]) }))
  );
  for (const [i, move] of moves.entries()) {
    const [first, ...others] = seen.map((each) => each[i]!);
    const at = `call ${i} (${move.again ? "once more " : ""}${described(move)})`;
    const { reply: [word, , , ...rest], held } = first as { reply: Reply[]; held: Held };
    same(
      word === "plain"
        ? created
        : [word, ...move.script === "settleAndClaim" ? inFull(rest) : rest],
      move.answer,
      `${at}: ${engines[0]!.name} answers not as the model does`,
    );
    same(modelled(held), move.held, `${at}: ${engines[0]!.name} holds not what the model does`);
    for (const [n, other] of others.entries()) {
      const names = `${engines[0]!.name} and ${engines[n + 1]!.name}`;
      same(other.reply, first!.reply, `${at}: ${names} answer differently`);
      same(other.held, held, `${at}: ${names} hold different things`);
    }
    if (move.again) repeats(moves[i - 1]!, move, seen[0]![i - 1]!.held, held, at);
  }
  const partitions = [...new Set(moves.map(({ partition }) => partition))];
  for (const { name, rig } of engines) {
    for (const partition of partitions) {
      same(await rig.audit(partition), [], `${name}: the audit of ${partition.queue}`);
    }
  }
}

/** The reply to a claim with the history of each held task, which a plain turn leaves out. */
function inFull([tasks, ...rest]: Reply[]): Reply[] {
  const unstarted = [0, 0, 0, 0, 0, 0, 0, "", "", [], 0, 0, "", 0];
  const full = (tasks as Reply[][]).map((task) =>
    task[4] === 0 ? [...task.slice(0, 4), unstarted] : task
  );
  return [full, ...rest];
}

/** Checks that the second identical call returns the first reply and changes nothing more. */
function repeats(first: Move, second: Move, before: Held, after: Held, at: string): void {
  if (first.script === "sweep") return;
  const { named, answer } = first;
  if (first.script === "settleAndClaim") {
    const [, tasks, stale] = answer as [string, unknown[], string[]];
    // The first claim returned no task, so the second may claim tasks that became ready.
    if (tasks.length === 0 && Number(named["slots"]) + Number(named["spare"]) > 0) return;
    same([second.answer[1], second.answer[2]], [tasks, stale], `${at}: it answers differently`);
  } else if (first.script !== "push") {
    same(second.answer, answer, `${at}: it answers differently`);
  }
  same(uncounted(after), uncounted(before), `${at}: it changes something`);
}

/** Without the counts of renewed leases and refused pushes, which a repeated call increases. */
function uncounted(held: Held): Held {
  const numbers = Object.entries(held.numbers)
    .filter(([name]) => !/^(seq|n:beat|n:lock|n:refused:.*)$/.test(name));
  return { ...held, numbers: Object.fromEntries(numbers) };
}

/** Without the data that the model omits: those by which a client notices a loss. */
function modelled(held: Held): Held {
  const { schema: _, epoch: __, seq: ___, ...numbers } = held.numbers;
  return { ...held, numbers };
}

function same(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  try {
    assert.deepStrictEqual(actual, expected);
  } catch (error) {
    throw new Error(`${what}\n${(error as Error).message}`);
  }
}

function described({ script, args, nowUs }: Move): string {
  return `${script} ${args.map((arg) => JSON.stringify(arg)).join(" ")} at ${nowUs}`;
}
