/**
 * The producing side: a call becomes a row, the rows of one tick become one
 * call to Redis.
 *
 * @module
 */

import { type Home, homeOf, idOf } from "./keys.ts";
import { currentRun, type Run } from "./context.ts";
import type { Definition } from "./definition.ts";
import { toMs } from "./duration.ts";
import { writeEnvelope } from "./envelope.ts";
import { AdmissionRejectedError, PayloadValidationError, RelierError } from "./errors.ts";
import { canonical, encodePayload } from "./json.ts";
import type { Outcome } from "./handle.ts";
import { derivedLocal, randomLocal } from "./local_id.ts";
import { keyOption } from "./options.ts";
import { type Confirm, RedisError, type Reply } from "./port.ts";
import type { PushOptions } from "./push_options.ts";
import { call, type Caller } from "./script.ts";
import { push as pushScript } from "./scripts.ts";
import { validate } from "./standard_schema.ts";

/** A push on its way. */
export interface Parcel {
  readonly home: Home;
  readonly local: string;
  readonly id: string;
  readonly row: Row;
  readonly task: string;
  /** Whether finding the task there is an answer, or only our own first try. */
  readonly joins: boolean;
  readonly run: Run | undefined;
  readonly confirm: Confirm | undefined;
}

interface Row {
  readonly id: string;
  readonly delayMs: number;
  readonly atMs: number;
  readonly priority: number;
  readonly print: string;
  readonly limit: string;
  readonly envelope: string;
}

/**
 * Makes the parcel of a call. A promise only if the schema of the task is
 * asynchronous.
 *
 * @throws {RelierError} `RL_VALIDATION`, `RL_PAYLOAD_TOO_LARGE`
 */
export function parcel(
  definition: Definition,
  args: unknown[],
  options: PushOptions,
  prefix: string,
): Parcel | Promise<Parcel> {
  if (!definition.input) return pack(definition, args, args, options, prefix);
  const checked = validate(definition.input, args[0]);
  const accept = (result: Awaited<typeof checked>): Parcel => {
    if (result.issues) throw new PayloadValidationError(definition.name, result.issues);
    return pack(definition, args[0], args, options, prefix);
  };
  return checked instanceof Promise ? checked.then(accept) : accept(checked);
}

function pack(
  definition: Definition,
  value: unknown,
  args: unknown[],
  options: PushOptions,
  prefix: string,
): Parcel {
  const { name } = definition;
  const payload = encodePayload(value, name).text;
  const home = homeOf(options.queue ?? definition.queue, 0, prefix);
  const key = options.idempotencyKey ??
    (typeof definition.key === "function"
      ? keyOption(`idempotent of "${name}"`, definition.key(...args))
      : undefined);
  const run = currentRun();
  const local = key !== undefined
    ? derivedLocal("key", name, key)
    : definition.key === "payload"
    ? derivedLocal("payload", name, canonical(JSON.parse(payload)))
    : run
    ? child(run, name, payload)
    : randomLocal();
  return {
    home,
    local,
    id: idOf(home, local),
    task: name,
    joins: key !== undefined || definition.key === "payload" || run !== undefined,
    run,
    confirm: confirmOf(options.durability),
    row: {
      id: local,
      delayMs: options.delay === undefined ? 0 : toMs("delay", options.delay),
      atMs: options.at?.getTime() ?? 0,
      priority: options.priority ?? definition.priority,
      print: key === undefined ? "" : derivedLocal(canonical(JSON.parse(payload))),
      limit: String(definition.maxResurrections ?? ""),
      envelope: writeEnvelope({
        name,
        taskVersion: definition.version,
        payload,
        key,
        headers: options.headers,
      }),
    },
  };
}

/**
 * The id of a task pushed from inside another: it follows from the parent, what
 * is pushed and how often that was pushed before, so a second run of the parent
 * pushes the same tasks and not more of them.
 */
function child(run: Run, name: string, payload: string): string {
  const what = derivedLocal(name, payload);
  const occurrence = run.pushed.get(what) ?? 0;
  run.pushed.set(what, occurrence + 1);
  return derivedLocal("child", run.taskId, what, String(occurrence));
}

const confirmMs = 5000;

function confirmOf(durability: PushOptions["durability"]): Confirm | undefined {
  if (durability === undefined || durability === "memory") return undefined;
  return durability === "fsync"
    ? { fsync: true, timeoutMs: confirmMs }
    : { replicas: durability.replicas, timeoutMs: confirmMs };
}

interface Sending {
  readonly parcel: Parcel;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

const rowsPerCall = 200;
const charactersPerCall = 2_000_000;

/** Sends parcels; those of one tick and one home go together. */
export interface Sender {
  send(parcel: Parcel): Promise<Outcome>;
  /** Resolves once everything handed over so far is settled. */
  flush(): Promise<void>;
}

/** Makes the sender of a client; `depthOf` is how many tasks may wait in a queue, 0 for any. */
export function createSender(caller: Caller, depthOf: (queue: string) => number): Sender {
  const groups = new Map<string, Sending[]>();
  const flying = new Set<Promise<void>>();

  function take(parcel: Parcel): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const { home, run, confirm } = parcel;
      const group = `${home.root} ${run?.taskId} ${run?.nonce} ${JSON.stringify(confirm)}`;
      const waiting = groups.get(group);
      if (waiting) return void waiting.push({ parcel, resolve, reject });
      groups.set(group, [{ parcel, resolve, reject }]);
      queueMicrotask(() => {
        const sendings = groups.get(group)!;
        groups.delete(group);
        for (const page of pages(sendings)) track(deliver(page));
      });
    });
  }

  function track(work: Promise<void>): void {
    flying.add(work);
    void work.then(() => flying.delete(work));
  }

  async function deliver(page: readonly Sending[]): Promise<void> {
    const { home, run, confirm } = page[0]!.parcel;
    try {
      const [parent, nonce] = run ? await parentOf(run, home) : ["", ""];
      const args = { parent, nonce, depth: depthOf(home.queue) };
      const rows = page.map(({ parcel }) => parcel.row);
      const [word, , , odd, retryMs] = await call(caller, home, pushScript, args, rows, confirm);
      if (word === "stale") throw leaseLost(run!);
      settle(page, odd, retryMs);
    } catch (error) {
      for (const sending of page) sending.reject(asConnection(error, sending.parcel));
    }
  }

  /**
   * The parent, if the push itself can check that it is still held. In another
   * slot it cannot: then the parent is asked just before.
   */
  async function parentOf(run: Run, home: Home): Promise<[string, string]> {
    const { id, nonce, home: own, beatOnce } = run;
    if (own.root === home.root) return [id, nonce];
    await beatOnce();
    return ["", ""];
  }

  return {
    send: take,
    async flush() {
      await Promise.resolve();
      while (flying.size > 0) await Promise.all(flying);
    },
  };
}

function* pages(sendings: readonly Sending[]): Generator<Sending[]> {
  let page: Sending[] = [];
  let characters = 0;
  for (const sending of sendings) {
    characters += sending.parcel.row.envelope.length;
    if (page.length === rowsPerCall || (page.length > 0 && characters > charactersPerCall)) {
      yield page;
      page = [];
      characters = sending.parcel.row.envelope.length;
    }
    page.push(sending);
  }
  yield page;
}

function settle(page: readonly Sending[], odd: readonly Reply[], retryMs: number): void {
  const words = new Map<number, string>();
  for (let i = 0; i < odd.length; i += 2) words.set(odd[i] as number, odd[i + 1] as string);
  page.forEach(({ parcel, resolve, reject }, i) => {
    const word = words.get(i);
    if (word === "conflict") {
      reject(
        new RelierError(
          "RL_CONFLICT",
          `Cannot push "${parcel.task}": its key belongs to task "${parcel.id}" with another payload`,
          { hint: "use another key, or the same payload" },
        ),
      );
    } else if (word === "full") {
      reject(new AdmissionRejectedError(parcel.home.queue, "it is full", retryMs));
    } else {
      resolve(parcel.joins && word ? word as Outcome : "created");
    }
  });
}

function leaseLost(run: Run): RelierError {
  return new RelierError(
    "RL_LEASE_LOST",
    `Cannot push from task "${run.taskId}": another worker has it now`,
  );
}

function asConnection(error: unknown, { task, id }: Parcel): unknown {
  if (!(error instanceof RedisError)) return error;
  const arrived = error.failure === "unknown" ? "; it may have arrived" : "";
  return new RelierError(
    "RL_CONNECTION",
    `Cannot push "${task}" as "${id}"${arrived}: ${error.message}`,
    {
      cause: error,
      hint: error.failure === "unsupported"
        ? "choose another durability"
        : "push again: for an idempotent task that is safe",
    },
  );
}
