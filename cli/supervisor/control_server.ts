/**
 * How a command talks to a cluster that runs: HTTP on the loopback interface,
 * with a key that only its user can read. The answer carries the id of the run,
 * so that whoever got that port or that pid later is never taken for it.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { CliError } from "../framework/cli_error.ts";
import { type ControlAddress, dropAddress, readAddress, type StateDir } from "./state_dir.ts";

/** What can be asked of a cluster, and what it answers. */
export interface ControlActions {
  status(): Promise<ClusterStatus>;
  scale(size: number): Promise<ClusterStatus>;
  reload(): Promise<ClusterStatus>;
  /** Drains for this long at most; answers when everything has ended. */
  down(timeoutMs: number | undefined): Promise<{ exit: number }>;
}

/** What a cluster says of itself. */
export interface ClusterStatus {
  readonly name: string;
  readonly pid: number;
  readonly startedAt: string;
  /** Where its Redis is, without a password. */
  readonly redis: string;
  readonly prefix: string;
  /** The address of its dashboard, which holds the token; null without one. */
  readonly dashboard: string | null;
  readonly workers: readonly {
    readonly name: string;
    readonly pid: number;
    readonly id: string;
    readonly state: string;
    readonly restarts: number;
    readonly running: number;
    readonly completed: number;
  }[];
}

/** An open ear. */
export interface ControlServer {
  readonly address: ControlAddress;
  close(): void;
}

/** Opens an ear for `answers`. */
export async function openControlServer(answers: ControlActions): Promise<ControlServer> {
  const [id, key] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { "content-type": "application/json", connection: "close" });
      response.end(JSON.stringify({ id, ...body }));
    });
  });
  // A drain may take as long as it may take.
  server.requestTimeout = 0;

  async function answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const verb = request.url?.slice(1) as keyof ControlActions;
    const known = request.headers.authorization === `Bearer ${key}`;
    if (request.method !== "POST" || !known || !Object.hasOwn(answers, verb)) {
      request.resume();
      return { status: 403, body: {} };
    }
    try {
      let text = "";
      for await (const chunk of request.setEncoding("utf8")) text += chunk;
      const argument = JSON.parse(text) ?? undefined;
      return { status: 200, body: { answer: await answers[verb](argument as never) } };
    } catch (error) {
      const { message, hint, exit = 1 } = error as Partial<CliError>;
      return { status: 500, body: { error: { message, hint, exit } } };
    }
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const startedAt = new Date().toISOString();
  return {
    address: { id, key, port, pid: process.pid, startedAt },
    close: () => void server.close(),
  };
}

interface Reply<V extends keyof ControlActions> {
  readonly id?: string;
  readonly answer?: Awaited<ReturnType<ControlActions[V]>>;
  readonly error?: Pick<CliError, "message" | "exit" | "hint">;
}

/** Asks the cluster at `address`; resolves to `undefined` if it is not there any more. */
export async function callControl<V extends keyof ControlActions>(
  address: ControlAddress,
  verb: V,
  argument?: Parameters<ControlActions[V]>[0],
  signal?: AbortSignal,
): Promise<Awaited<ReturnType<ControlActions[V]>> | undefined> {
  const { id, key, port } = address;
  let reply: Reply<V>;
  try {
    const response = await fetch(`http://127.0.0.1:${port}/${verb}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(argument ?? null),
      ...(signal && { signal }),
    });
    reply = await response.json() as Reply<V>;
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
 * Asks the cluster at `place`.
 *
 * @throws {CliError} 4 if none is up there. What a run that was killed left behind is removed.
 */
export async function callCluster<V extends keyof ControlActions>(
  place: StateDir,
  verb: V,
  argument?: Parameters<ControlActions[V]>[0],
  signal?: AbortSignal,
): Promise<Awaited<ReturnType<ControlActions[V]>>> {
  const address = readAddress(place);
  const reply = address && await callControl(address, verb, argument, signal);
  if (reply !== undefined) return reply;
  if (address) dropAddress(place, address.id);
  const since = address &&
    `: the one of ${address.startedAt} was killed, its workers ended by themselves`;
  throw new CliError(4, `Cannot find a cluster "${place.name}" that is up${since ?? ""}`, {
    hint: 'start it with "rl cluster up", or name another with --name',
  });
}
