/**
 * Calls the control server of a running cluster.
 *
 * @module
 */

import { CliError } from "../framework/cli_error.ts";
import type { ControlActions, ControlReply } from "./control_server.ts";
import { type ControlAddress, dropAddress, readAddress, type StateDir } from "./state_dir.ts";

type Result<A extends keyof ControlActions> = Awaited<ReturnType<ControlActions[A]>>;

/** Calls the cluster at `address`; resolves to undefined if it is gone. */
export async function callControl<A extends keyof ControlActions>(
  address: ControlAddress,
  action: A,
  argument?: Parameters<ControlActions[A]>[0],
  signal?: AbortSignal,
): Promise<Result<A> | undefined> {
  const { id, key, port } = address;
  let reply: ControlReply<A>;
  try {
    const response = await fetch(`http://127.0.0.1:${port}/${action}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(argument ?? null),
      ...(signal && { signal }),
    });
    reply = await response.json() as ControlReply<A>;
  } catch (error) {
    if (signal?.aborted) throw error;
    return undefined;
  }
  if (reply.id !== id) return undefined;
  const { error } = reply;
  if (error) {
    const { message, exit, hint } = error;
    throw new CliError(exit, message, hint === undefined ? {} : { hint });
  }
  return reply.answer;
}

/**
 * Calls the cluster of `stateDir`. Removes the address of a run that was killed.
 *
 * @throws {CliError} 4 if no cluster is up.
 */
export async function callCluster<A extends keyof ControlActions>(
  stateDir: StateDir,
  action: A,
  argument?: Parameters<ControlActions[A]>[0],
  signal?: AbortSignal,
): Promise<Result<A>> {
  const address = readAddress(stateDir);
  const reply = address && await callControl(address, action, argument, signal);
  if (reply !== undefined) return reply;
  if (address) dropAddress(stateDir, address.id);
  const killed = address &&
    `: the one of ${address.startedAt} was killed, its workers ended by themselves`;
  throw new CliError(4, `Cannot find a cluster "${stateDir.name}" that is up${killed ?? ""}`, {
    hint: 'start it with "rl cluster up", or name another with --name',
  });
}
