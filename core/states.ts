/**
 * The life of a task, as data.
 *
 * Everything that depends on the life cycle is derived from this table: the
 * moves a Lua script is able to make, the keys it declares, the diagram in
 * the docs, and the test that tries every event in every state.
 *
 * @module
 */

/** The states of a task. Each state is one sorted set; `score` names what orders it. */
export const states = {
  scheduled: { score: "due time", final: false },
  ready: { score: "priority, then arrival", final: false },
  running: { score: "lease deadline", final: false },
  quarantined: { score: "due time", final: false },
  completed: { score: "purge time", final: true },
  dead: { score: "time of death", final: true },
  cancelled: { score: "purge time", final: true },
} as const;

/** The name of a state. */
export type TaskState = keyof typeof states;

/** One legal move. `null` stands for a task that does not exist. */
export interface Transition {
  /** The event. */
  readonly on: string;
  /** The state of the task before the move. */
  readonly from: TaskState | null;
  /** The state of the task after the move. */
  readonly to: TaskState | null;
  /** The party that makes the move. */
  readonly by: "producer" | "worker" | "phoenix" | "operator";
  /** The condition, in words. */
  readonly if: string;
}

/**
 * Every legal move; a move that is not listed cannot happen. A worker's moves
 * need the nonce of its claim.
 */
// deno-fmt-ignore
export const transitions = [
  { on: "push",       from: null,          to: "ready",       by: "producer", if: "the id is new" },
  { on: "push",       from: "cancelled",   to: "ready",       by: "producer", if: "it is pushed again" },
  { on: "push",       from: "completed",   to: "ready",       by: "producer", if: "its key or its result has ended" },
  { on: "push",       from: "dead",        to: "ready",       by: "producer", if: "its key is pushed again" },
  { on: "schedule",   from: null,          to: "scheduled",   by: "producer", if: "the id is new" },
  { on: "schedule",   from: "cancelled",   to: "scheduled",   by: "producer", if: "it is pushed again" },
  { on: "schedule",   from: "completed",   to: "scheduled",   by: "producer", if: "its key or its result has ended" },
  { on: "schedule",   from: "dead",        to: "scheduled",   by: "producer", if: "its key is pushed again" },
  { on: "promote",    from: "scheduled",   to: "ready",       by: "phoenix",  if: "it is due" },
  { on: "claim",      from: "ready",       to: "running",     by: "worker",   if: "it is first in line" },
  { on: "claim",      from: "scheduled",   to: "running",     by: "worker",   if: "it was deferred, and this worker knows it" },
  { on: "claim",      from: "quarantined", to: "running",     by: "worker",   if: "the worker is empty, or no worker was for 30 s" },
  { on: "beat",       from: "running",     to: "running",     by: "worker",   if: "always" },
  { on: "complete",   from: "running",     to: "completed",   by: "worker",   if: "the handler returned" },
  { on: "complete",   from: "scheduled",   to: "completed",   by: "worker",   if: "presumed dead, and no other worker started it" },
  { on: "complete",   from: "ready",       to: "completed",   by: "worker",   if: "presumed dead, and no other worker started it" },
  { on: "complete",   from: "quarantined", to: "completed",   by: "worker",   if: "presumed dead, and no other worker started it" },
  { on: "retry",      from: "running",     to: "scheduled",   by: "worker",   if: "the handler failed, attempts remain" },
  { on: "bury",       from: "running",     to: "dead",        by: "worker",   if: "the handler failed, attempts are spent" },
  { on: "defer",      from: "running",     to: "scheduled",   by: "worker",   if: "this worker does not know the task or its version" },
  { on: "defer",      from: "ready",       to: "scheduled",   by: "worker",   if: "another worker knows it, and this one does not" },
  { on: "handoff",    from: "running",     to: "ready",       by: "worker",   if: "it is shutting down" },
  { on: "resurrect",  from: "running",     to: "scheduled",   by: "phoenix",  if: "its worker died, for the first time" },
  { on: "quarantine", from: "running",     to: "quarantined", by: "phoenix",  if: "its worker died, again" },
  { on: "abandon",    from: "running",     to: "dead",        by: "phoenix",  if: "its worker died, too often" },
  { on: "condemn",    from: "scheduled",   to: "dead",        by: "phoenix",  if: "its record cannot be read" },
  { on: "condemn",    from: "ready",       to: "dead",        by: "worker",   if: "its record cannot be read" },
  { on: "condemn",    from: "running",     to: "dead",        by: "phoenix",  if: "its record cannot be read" },
  { on: "condemn",    from: "quarantined", to: "dead",        by: "worker",   if: "its record cannot be read" },
  { on: "release",    from: "dead",        to: "ready",       by: "operator", if: "asked" },
  { on: "cancel",     from: "scheduled",   to: "cancelled",   by: "operator", if: "asked" },
  { on: "cancel",     from: "ready",       to: "cancelled",   by: "operator", if: "asked" },
  { on: "cancel",     from: "quarantined", to: "cancelled",   by: "operator", if: "asked" },
  { on: "stop",       from: "running",     to: "cancelled",   by: "worker",   if: "cancelling was asked" },
  { on: "withdraw",   from: "running",     to: "cancelled",   by: "phoenix",  if: "its worker died, and cancelling was asked" },
  { on: "lock",       from: null,          to: "running",     by: "producer", if: "no one else holds the lock" },
  { on: "lock",       from: "completed",   to: "running",     by: "producer", if: "its result is over" },
  { on: "lock",       from: "running",     to: "running",     by: "producer", if: "it renews, or its holder died" },
  { on: "unlock",     from: "running",     to: null,          by: "producer", if: "it lets go without a result" },
  { on: "purge",      from: "completed",   to: null,          by: "phoenix",  if: "its retention ended" },
  { on: "purge",      from: "cancelled",   to: null,          by: "phoenix",  if: "its retention ended" },
  { on: "discard",    from: "dead",        to: null,          by: "operator", if: "asked" },
  { on: "discard",    from: "completed",   to: null,          by: "operator", if: "asked" },
  { on: "discard",    from: "cancelled",   to: null,          by: "operator", if: "asked" },
  { on: "restore",    from: null,          to: "dead",        by: "operator", if: "it comes from an export" },
] as const;

/** The name of an event: what can happen to a task. */
export type TransitionName = typeof transitions[number]["on"];

/** Returns true if a task in `state` can only be purged, discarded or released. */
export function isFinal(state: string): boolean {
  return states[state as TaskState]?.final === true;
}

/** Returns true for the name of a state. */
export function isState(word: string): word is TaskState {
  return Object.hasOwn(states, word);
}
