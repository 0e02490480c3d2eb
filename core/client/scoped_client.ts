/**
 * A client bound to a piece of work, such as a request: tasks without a client of their own are pushed through
 * it, also after an `await`.
 *
 * @module
 */

import { AdmissionRejectedError } from "../base/errors.ts";
import { functionOption, keyOption, knownOptions } from "../base/options.ts";
import { type Producer, producerIn, registerScoped } from "../task/client_registry.ts";
import { currentClientScope, withinClient } from "../task/current_run.ts";
import { type PushOptions, readPushOptions } from "../task/push_options.ts";
import { definitionOf } from "../task/task.ts";
import type { Relier, WithinOptions } from "./relier.ts";

/** The part of a client that pushes. */
type PushMethods = Pick<Relier, "push" | "apush" | "apushMany">;

const baseClients = new WeakMap<Relier, Relier>();

/** The client that `relier` is a scoped form of; `relier` itself if it is not scoped. */
export function baseClient(relier: Relier): Relier {
  return baseClients.get(relier) ?? relier;
}

/** Makes the part of a client that pushes through `producer`. */
export function pushMethods(producer: () => Producer): PushMethods {
  return {
    push: (task, ...args) => producer().pushMany(definitionOf(task), [args], {})[0]!,
    apush: async (task, ...args) => await producer().apush(definitionOf(task), args, {}),
    apushMany: async (task, list, options = {}) =>
      await producer().apushMany(definitionOf(task), list, readPushOptions(options)),
  };
}

/** The producer that `relier` itself pushes through here, if it is bound to this call. */
export function scopedProducer(relier: Relier): Producer | undefined {
  const scope = currentClientScope();
  return scope?.client === relier ? producerIn(scope) : undefined;
}

/** Runs `work` with a scoped form of `relier`; see {@linkcode Relier.within}. */
export function runScoped<R>(
  relier: Relier,
  producer: Producer,
  options: WithinOptions,
  work: (relier: Relier) => R,
): R {
  knownOptions("within()", options, ["tenant", "onRefused"]);
  const { tenant, onRefused } = options;
  if (tenant !== undefined) keyOption("tenant", tenant, 128);
  if (onRefused !== undefined) functionOption("onRefused", onRefused);
  const scopedBy = withOptions(producer, options);
  const client = baseClient(relier);
  const scoped: Relier = {
    ...relier,
    ...pushMethods(() => scopedBy),
    within: (options, work) => runScoped(scoped, scopedBy, options, work),
  };
  baseClients.set(scoped, client);
  registerScoped(scoped, scopedBy);
  return withinClient({ client, producer: scopedBy }, () => work(scoped));
}

function withOptions(producer: Producer, { tenant, onRefused }: WithinOptions): Producer {
  const withTenant = (options: PushOptions): PushOptions => {
    const chosen = options.tenant ?? tenant;
    return chosen === undefined ? options : { ...options, tenant: chosen };
  };
  const observed = <P extends PromiseLike<unknown>>(push: P): P => {
    // Attached first, so `onRefused` runs before the caller's own handlers.
    if (onRefused) push.then(undefined, (error: unknown) => reportRefusal(onRefused, error));
    return push;
  };
  return {
    apush: (definition, args, options) =>
      observed(producer.apush(definition, args, withTenant(options))),
    pushMany: (definition, list, options) =>
      producer.pushMany(definition, list, withTenant(options)).map(observed),
    apushMany: (definition, list, options) =>
      observed(producer.apushMany(definition, list, withTenant(options))),
  };
}

function reportRefusal(onRefused: NonNullable<WithinOptions["onRefused"]>, error: unknown): void {
  if (!(error instanceof AdmissionRejectedError)) return;
  try {
    onRefused(error);
  } catch (thrown) {
    console.error("[relier] onRefused threw", thrown);
  }
}
