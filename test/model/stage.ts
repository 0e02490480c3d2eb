/**
 * The stage for steps: a queue and some locks on the model, the calls made there, and
 * the expected outcome of each.
 *
 * @module
 */

import { type Partition, partitionOf } from "../../core/protocol/keys.ts";
import type { TaskState } from "../../core/states.ts";
import { admit, type Answer } from "./admission.ts";
import { expectedOf, type Held } from "./held.ts";
import * as operator from "./operator.ts";
import { sweep } from "./phoenix.ts";
import * as producer from "./producer.ts";
import { argumentsOf, type Call, type ScriptName, type Values } from "./rig.ts";
import * as worker from "./worker.ts";
import { emptyWorld, lineOf, type World } from "./world.ts";

/** A call and its expected outcome. */
export interface Move extends Call {
  /** The arguments by name, without rows. */
  readonly named: Values;
  /** The word, and the values after epoch and sequence. */
  readonly answer: Answer;
  readonly held: Held;
  /** True for a repetition of the previous call at the same moment. */
  readonly again: boolean;
}

type Rule = (world: World, args: never, rows: never) => Answer;

/** The rule of the model for each script. */
const rules: Partial<Record<ScriptName, Rule>> = {
  checkAdmission: admit,
  push: producer.push,
  taskStatus: producer.poll,
  lock: producer.lock,
  unlock: producer.unlock,
  purgeLocks: producer.purgeLocks,
  settleAndClaim: worker.turn,
  heartbeat: worker.beat,
  renew: worker.renew,
  step: worker.step,
  sweep,
  cancel: operator.cancel,
  release: operator.release,
  promote: operator.promoteEarly,
  discard: operator.discard,
  restore: operator.restore,
  pause: operator.pause,
  resume: operator.resume,
  setLimits: operator.limit,
  hear: operator.hear,
};

/** A partition and its expected contents. */
export interface Place {
  readonly partition: Partition;
  readonly world: World;
}

/** A call by name. */
export interface Sent {
  readonly place: Place;
  readonly script: ScriptName;
  readonly args: Values;
  readonly rows: readonly Values[];
}

/** The queue and locks of a run, and the meaning of a step's numbers. */
export interface Stage {
  nowUs: number;
  readonly queue: Place;
  /** No worker sweeps here: locks are no tasks. */
  readonly locks: Place;
  readonly moves: readonly Move[];
  /** Makes a call; `again` if it is the one before once more, at the same moment. */
  send(call: Sent, again?: boolean): void;
  /** Makes a call from before once more. */
  echo(back: number): void;
  task(n: number): { readonly id: string };
  /** A task to which something can be done, if there is any; the last number stands for any task. */
  one(n: number, ...at: readonly TaskState[]): { readonly id: string };
  /** A claim, counted from the last one back: it may be over. */
  claim(back: number): { readonly id: string; readonly nonce: string };
  /** A worker that runs something, if there is any. */
  busy(n: number): string;
  /** A nonce or a token that was not there before. */
  fresh(name: string): string;
}

/** A name as long as a local id. */
export function local(name: string, n: number): string {
  return `${name}${n}`.padEnd(22, "_");
}

/** An empty stage, in partitions of `prefix`. */
export function openStage(prefix: string, nowUs: number): Stage {
  const place = (queue: string): Place => ({
    partition: partitionOf(queue, 0, prefix),
    world: emptyWorld(),
  });
  const moves: Move[] = [];
  const sent: Sent[] = [];
  const claims = new Map<string, { readonly id: string; readonly nonce: string }>();
  let made = 0;

  const stage: Stage = {
    nowUs,
    queue: place("default"),
    locks: place("locks"),
    moves,
    send(call, again = false) {
      const { place: { partition, world }, script, args, rows } = call;
      world.nowUs = stage.nowUs;
      const answer = rules[script]!(world, args as never, rows as never);
      const values = argumentsOf(script, args, rows);
      const held = expectedOf(world);
      moves.push({
        script,
        partition,
        nowUs: stage.nowUs,
        args: values,
        named: args,
        answer,
        held,
        again,
      });
      if (!again) sent.push(call);
      if (script !== "settleAndClaim") return;
      const nonce = args["nonce"] as string;
      for (const [id] of answer[1] as [string][]) claims.set(id + nonce, { id, nonce });
    },
    echo(back) {
      const call = sent.at(-1 - back);
      if (call) stage.send(call);
    },
    task: (n) => ({ id: local("task", n) }),
    one(n, ...at) {
      const fit = at.flatMap((state) => lineOf(stage.queue.world, state));
      return n < 4 && fit.length > 0 ? { id: fit[n % fit.length]!.id } : stage.task(n);
    },
    claim(back) {
      const all = [...claims.values()];
      const none = { ...stage.task(0), nonce: local("never", 0) };
      return all.at(-1 - back % Math.max(1, all.length)) ?? none;
    },
    busy: (n) => n < 3 && lineOf(stage.queue.world, "running").at(n)?.worker || `w${n}`,
    fresh: (name) => local(name, made++),
  };
  return stage;
}
