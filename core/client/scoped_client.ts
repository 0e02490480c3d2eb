/**
 * A client lent to a piece of work: whatever is pushed from within goes through
 * it, by tasks that know of no client and wherever the work waits meanwhile.
 *
 * @module
 */

import { lentHere, runLent } from "../task/current_run.ts";
import { AdmissionRejectedError } from "../base/errors.ts";
import { functionOption, keyOption, knownOptions } from "../base/options.ts";
import { adopt, type Producer } from "../task/client_registry.ts";
import { type PushOptions, readPushOptions } from "../task/push_options.ts";
import type { Relier } from "./create_relier.ts";
import { definitionOf } from "../task/task.ts";

/** Options of {@linkcode Relier.within}. */
export interface WithinOptions {
  /** For whom tasks are pushed that name no other tenant; 1 to 128 characters. */
  tenant?: string;
  /** Told of each push from within that a limit refused, before whoever pushes is. */
  onRefused?: (error: AdmissionRejectedError) => void;
}

/** The part of a client that pushes. */
type Pushing = Pick<Relier, "push" | "apush" | "apushMany">;

const lenders = new WeakMap<Relier, Relier>();

/** The client `relier` was lent by; itself if it was not lent. */
export function lenderOf(relier: Relier): Relier {
  return lenders.get(relier) ?? relier;
}

/** Makes the part of a client that pushes; `own` says through what. */
export function pushing(own: () => Producer): Pushing {
  return {
    push: (task, ...args) => own().push(definitionOf(task), args, {}),
    apush: async (task, ...args) => await own().apush(definitionOf(task), args, {}),
    apushMany: async (task, list, options = {}) =>
      await own().apushMany(definitionOf(task), list, readPushOptions(options)),
  };
}

/** What `relier` itself pushes through here, if it was lent to what goes on. */
export function lentBy(relier: Relier): Producer | undefined {
  const lent = lentHere();
  return lent?.client === relier ? lent.own : undefined;
}

/** Lends `relier`, whose pushes go through `own`, to `work`; see {@linkcode Relier.within}. */
export function lend<R>(
  relier: Relier,
  own: Producer,
  options: WithinOptions,
  work: (relier: Relier) => R,
): R {
  knownOptions("within()", options, ["tenant", "onRefused"]);
  const { tenant, onRefused } = options;
  if (tenant !== undefined) keyOption("tenant", tenant, 128);
  if (onRefused !== undefined) functionOption("onRefused", onRefused);
  const through = withOptions(own, options);
  const client = lenderOf(relier);
  const lent: Relier = {
    ...relier,
    ...pushing(() => through),
    within: (options, work) => lend(lent, through, options, work),
  };
  lenders.set(lent, client);
  adopt(lent, through);
  return runLent({ client, own: through }, () => work(lent));
}

function withOptions(own: Producer, { tenant, onRefused }: WithinOptions): Producer {
  const named = (options: PushOptions): PushOptions => {
    const whose = options.tenant ?? tenant;
    return whose === undefined ? options : { ...options, tenant: whose };
  };
  const told = <P extends PromiseLike<unknown>>(push: P): P => {
    // Who asks first is told first, and that is not whoever is given the push.
    if (onRefused) push.then(undefined, (error: unknown) => tell(onRefused, error));
    return push;
  };
  return {
    push: (definition, args, options) => told(own.push(definition, args, named(options))),
    apush: (definition, args, options) => told(own.apush(definition, args, named(options))),
    pushMany: (definition, list, options) =>
      own.pushMany(definition, list, named(options)).map(told),
    apushMany: (definition, list, options) => told(own.apushMany(definition, list, named(options))),
  };
}

function tell(onRefused: NonNullable<WithinOptions["onRefused"]>, error: unknown): void {
  if (!(error instanceof AdmissionRejectedError)) return;
  try {
    onRefused(error);
  } catch (thrown) {
    console.error("[relier] onRefused threw", thrown);
  }
}
