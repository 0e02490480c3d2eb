/**
 * The contents of the matrix: the files for each cell, and the tests that cannot hold
 * there. The exceptions are data, so that no omission is silent.
 *
 * @module
 */

/** A runtime, and the client through which it reaches Redis. */
export type Cell = `${"node" | "bun" | "deno" | "workerd"}+${
  | "ioredis"
  | "cluster"
  | "bun"
  | "upstash"
  | "memory"}`;

/** The tests of queues and tasks, which need only a client and its workers, in any place. */
export const queueSuite: readonly string[] = [
  "adapters/dashboard/access",
  "adapters/dashboard/actions",
  "adapters/dashboard/costs",
  "adapters/dashboard/dead_letters",
  "adapters/dashboard/pages",
  "adapters/dashboard/task",
  "adapters/dashboard/tasks",
  "core/base/histogram",
  "core/client/idempotency_lock",
  "core/client/scoped_client",
  "core/console/prometheus",
  "core/execution/attempt_notes",
  "core/execution/bad_handlers",
  "core/execution/cancellation",
  "core/execution/fence",
  "core/execution/retries",
  "core/execution/steps",
  "core/execution/task_context",
  "core/execution/timeouts",
  "core/inspection/queue_history",
  "core/inspection/task_list",
  "core/operations/delete_queue",
  "core/operations/operator_log",
  "core/operations/paused_queue",
  "core/operations/queue_operations",
  "core/operations/run_again",
  "core/operations/stored_limits",
  "core/producer/admission",
  "core/producer/admission_check",
  "core/producer/bad_payloads",
  "core/producer/dead_keys",
  "core/producer/plain_pushes",
  "core/producer/idempotency",
  "core/producer/rates",
  "core/producer/retention",
  "core/producer/wait_until",
  "core/recovery/clock_steps",
  "core/recovery/damage",
  "core/recovery/fleet",
  "core/recovery/foreign_keys",
  "core/recovery/phoenix",
  "core/recovery/repair",
  "core/redis/databases",
  "core/redis/event_stream",
  "core/redis/followers",
  "core/redis/plain_turns",
  "core/redis/repeated_calls",
  "core/redis/scripts",
  "core/states",
  "core/task/bad_input",
  "core/task/bad_options",
  "core/task/payload_versions",
  "core/task/schemas",
  "core/task/task_ref",
  "core/task/tasks",
  "core/telemetry/metrics_and_events",
  "core/telemetry/traces",
  "core/threads/stall_guard",
  "core/worker/call_sizes",
  "core/worker/claim_order",
  "core/worker/events",
  "core/worker/lane",
  "core/worker/leaving",
  "core/worker/many_queues",
  "core/worker/metered_profile",
  "core/worker/read_ahead",
  "core/worker/routing",
  "core/worker/tick",
  "core/worker/worker",
  "core/worker/worker_commands",
  "core/worker/worker_limits",
].map((name) => `test/${name}.test.ts`);

/** A test that is left out in some cells, and the reason. */
export interface Skip {
  /** The name of the test, or the path of a file that is left out completely. */
  readonly test: string;
  readonly cells: readonly Cell[];
  readonly reason: string;
}

const overHttp: readonly Cell[] = ["node+upstash", "workerd+upstash"];
const noBell = "over HTTP no command blocks, so no bell is heard";
const noListen = "over HTTP there is nothing to listen on";
const byBeat = "over HTTP a worker hears of it with its next beat, not at once";
const ofServer = "it is a matter of the server, not of the client";

/** All tests that are left out. */
export const skips: readonly Skip[] = [
  {
    test: "test/core/worker/many_queues.test.ts",
    cells: ["node+memory", "node+upstash", "workerd+upstash"],
    reason: "hundreds of queues take minutes through its engine, or a request for each",
  },
  ...[
    "an idle worker of 300 queues makes few calls a second, and none of them for each queue",
    "a tick of many queues asks only where there is something to do",
  ].map((test) => ({
    test,
    cells: ["node+cluster"] as const,
    reason: "queues are on several nodes there, and each has calls of its own",
  })),
  {
    test: "two hundred idle workers make hardly more sweeps than one",
    cells: ["node+memory", "node+upstash", "workerd+upstash"],
    reason: "a call takes longer than the pauses between sweeps",
  },
  {
    test:
      "a condition of blanks without an equals sign is refused in the time that reading it takes",
    cells: ["workerd+upstash"],
    reason: "an isolate does not measure its CPU time",
  },
  {
    test: "a scrape asks for each queue once, and for no more than the latest thousand",
    cells: ["workerd+upstash"],
    reason: "requests share no answer there",
  },
  {
    test: "a handler that calls process.exit takes its process along, and runs again elsewhere",
    cells: ["node+cluster", "node+memory"],
    reason: "the process beside it would look for one server",
  },
  ...[
    "large payloads stay where they are: a page shows their names",
    "a paused queue keeps no worker busy, however much waits and comes in",
  ].map((test) => ({
    test,
    cells: ["node+cluster"] as const,
    reason: "it counts what one server did",
  })),
  ...[
    "following continues when the connection was cut",
    "the events of a task that ended unheard end as well",
    "a follower goes on after Redis was flushed",
  ].map((test) => ({
    test,
    cells: ["node+memory"] as const,
    reason: "the engine cuts no connections",
  })),
  {
    test: "test/core/redis/databases.test.ts",
    cells: ["node+cluster", "node+memory", ...overHttp],
    reason: "it is one database",
  },
  {
    test: "test/core/recovery/foreign_keys.test.ts",
    cells: ["node+memory"],
    reason: "the engine has no DUMP, which puts a key aside",
  },
  {
    test: "a page of 100,000 tasks is as quick as one of a hundred, at both ends",
    cells: ["node+memory"],
    reason: ofServer,
  },
  {
    test: "large payloads stay where they are: a page shows their names",
    cells: ["node+memory"],
    reason: ofServer,
  },
  {
    test: "every metric has the unit, the bounds and the kind of the table, and no id",
    cells: ["node+memory"],
    reason: "the engine does not say how much memory it uses",
  },
  {
    test: "a manual sweep leaves a worker alone that has a longer lease",
    cells: ["node+memory"],
    reason: "it looks into packed bytes",
  },
  ...[
    "a reader that is too slow loses the oldest events, and learns their number",
    "a client that closes while apushMany sends its pages waits for all of them",
  ].map((test) => ({
    test,
    cells: ["node+memory"] as const,
    reason: "the engine copies a hash to read of it: ten thousand tasks would take minutes",
  })),
  ...[
    "a handler that blocks the loop for three leases keeps its task, and others find the loop free",
    "a thread that ends is replaced",
  ].map((test) => ({
    test,
    cells: ["node+memory"] as const,
    reason: "a thread cannot reach the memory of another one",
  })),
  ...[
    "a follower of a queue receives every move, with its worker and its reason",
    "a follower of a queue gets the name, the error, the time and the next retry of a failed attempt",
    "nothing is published without followers, and nothing more once all have left",
    "a reader that is too slow loses the oldest events, and learns their number",
    "following continues when the connection was cut",
    "a handle and its queue report the same about a task",
    "all events of a task can be followed until it is final",
    "following ends when its signal aborts",
    "test/core/redis/followers.test.ts",
    "a worker reports its identity, its tasks and its state",
    "a follower that comes between two pushes sees the second one",
  ].map((test) => ({ test, cells: overHttp, reason: noListen })),
  ...[
    "with a bell, it rests for a minute and is woken by a push",
    "as many tasks of a queue run at once as its limit allows, over all workers",
    "an idle worker is woken by a push, without polling",
    "when idempotencyTtl is over the key is free again",
    "tasks of a worker that is known to have died run again at once, with the reason",
  ].map((test) => ({ test, cells: overHttp, reason: noBell })),
  ...[
    "a running task that is cancelled and cooperates is cancelled at once",
    "a running task that is cancelled and returns anyway has completed",
    "a running task that ignores its cancellation is abandoned after five seconds",
  ].map((test) => ({ test, cells: overHttp, reason: byBeat })),
  ...[
    "a handler that blocks the loop for three leases keeps its task, and others find the loop free",
    "a thread that ends is replaced",
  ].map((test) => ({
    test,
    cells: overHttp,
    reason: "a thread stands in where there are connections, and HTTP holds none",
  })),
  ...[
    "a handler that calls process.exit takes its process along, and runs again elsewhere",
    "refusals of Redis, lost calls and conflicts are reported without the payload",
    "every script works on a full Redis but those that add a task, which change nothing",
    "a worker that never reached Redis still stops, soon",
    "a worker refuses a Redis that evicts tasks, and starts once that is fixed",
    "close() with an unreachable Redis ends, and every push is reported",
    "the address for a thread is data, or absent, and is never the printed form of a port",
    "a worker whose thread cannot connect reports that, and works",
    "loading, defining tasks and making a client and a worker has no effect yet",
  ].map((test) => ({
    test,
    cells: ["workerd+upstash"] as const,
    reason: "workerd has no processes, no threads, and no connections but HTTP",
  })),
  {
    test: "after a tick there is no timer, no subscription and no worker",
    cells: ["workerd+upstash"],
    reason: "workerd does not list its timers",
  },
  {
    test: "a task that keeps failing is dead, with its payload, its error and its history",
    cells: ["workerd+upstash"],
    reason: "it looks for its file in a stack, and a bundle is one file",
  },
  {
    test:
      "the dashboard and the alerts ask for existing metrics by existing labels, and for nothing else",
    cells: ["workerd+upstash"],
    reason: "it reads them from the files that are shipped, and workerd has none",
  },
  ...["traces", "metrics_and_events"].map((name) => ({
    test: `test/core/telemetry/${name}.test.ts`,
    cells: ["workerd+upstash"] as const,
    reason: "the SDK they register is one for Node and what is like it",
  })),
  {
    test: "the text of a script is assembled only for a server that does not know it",
    cells: overHttp,
    reason: "the adapter first tries each script with a line of Upstash's own",
  },
];

const noWire = {
  cluster: "the cluster announces its own addresses to clients, past any wire",
  memory: "there is no wire to break between a port and an engine in its own process",
};
const noWait =
  "the engine has no WAIT: it refuses before anything runs, as a test of its own shows";
const noConfirm = "over HTTP no two commands share a connection";

const onTheWire = [
  "a call whose reply is lost is made again: it may run twice, and says what it says",
  "a refusal after a lost reply is unknown: the first attempt may have run",
  "a silent server makes a call reject by its deadline, and a later one works",
  "a connection that went silent is replaced within half of the deadline",
  "an absent server makes a call reject by its deadline, and is found when it is back",
  "wait() throws in bounded time when its connection breaks, and works again",
  "wait() on a connection that went silent ends soon after its time",
  "listen() reports a cut once, listens again by itself, and hears each message once",
  "listen() again finds out that a connection went silent, and replaces it",
  "listen() rejects by its deadline when nobody answers",
  "close() makes pending calls reject at once, and later ones too",
  "close() leaves no connection of the port behind",
];

function all(titles: readonly string[], reason: string): Record<string, string> {
  return Object.fromEntries(titles.map((title) => [title, reason]));
}

/** The tests of the port suite that cannot hold, by adapter, with the reason of each. */
export const portSkips: Readonly<
  Record<"cluster" | "upstash" | "memory", Record<string, string>>
> = {
  cluster: all(onTheWire, noWire.cluster),
  upstash: {
    "wait() returns when the bell rings, and takes the ring": noBell,
    "wait() returns for any of several bells": noBell,
    "wait() ends when its signal aborts, and works again afterwards": noBell,
    "several wait() at once each hear their own bell, and calls go on meanwhile": noBell,
    "wait() throws in bounded time when its connection breaks, and works again": noBell,
    "wait() on a connection that went silent ends soon after its time": noBell,
    "listen() hears each message once, and nothing once it is stopped": noListen,
    "listen() keeps channels apart": noListen,
    "listen() reports a cut once, listens again by itself, and hears each message once": noListen,
    "listen() again finds out that a connection went silent, and replaces it": noListen,
    "listen() rejects by its deadline when nobody answers": noListen,
    "close() makes pending calls reject at once, and later ones too": noListen,
    "close() leaves no connection of the port behind": noListen,
    "confirm by replicas that do not exist is unknown, says how many, and ran": noConfirm,
    "an unconfirmed call does not hold up the others": noConfirm,
  },
  memory: {
    ...all(onTheWire, noWire.memory),
    "confirm by replicas that do not exist is unknown, says how many, and ran": noWait,
    "an unconfirmed call does not hold up the others": noWait,
  },
};

/** The reason why the test `name` is left out in `cell`; `undefined` if it runs. */
export function skipped(name: string, cell: Cell): string | undefined {
  return skips.find((each) => each.test === name && each.cells.includes(cell))?.reason;
}

/** The tests left out in `cell`, with the reason of each. */
export function skipsOf(cell: Cell): Record<string, string> {
  return Object.fromEntries(
    skips.filter(({ cells }) => cells.includes(cell)).map(({ test, reason }) => [test, reason]),
  );
}
