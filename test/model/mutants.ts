/**
 * Safeguards removed from the Lua, one at a time. A model that agrees with
 * any of these proves nothing.
 *
 * @module
 */

import type { Patch } from "./rig.ts";

/** Lua with something missing. */
export interface LuaMutant {
  /** The missing safeguard, or its replacement. */
  readonly that: string;
  readonly patch: Patch;
}

/** The mutants. */
export const luaMutants: readonly LuaMutant[] = [
  {
    that: "settles without a look at the nonce",
    patch: ["if record.nonce == row.nonce and settles", "if settles"],
  },
  {
    that: "takes any nonce of a task that runs",
    patch: ['record.state == "running" and record.nonce == nonce', 'record.state == "running"'],
  },
  {
    that: "takes any nonce of a plain record",
    patch: [" or string.find(packed, expected, 4, true) ~= 4", ""],
  },
  {
    that: "hands out more tasks when a plain turn is sent again",
    patch: ["if known and string.sub(known, 1, 22) == nonce then return nil end", ""],
  },
  {
    that: "makes a second task of one that waits when it is pushed again plainly",
    patch: ["if records[i] or scores[i] then", "if records[i] then"],
  },
  {
    that: "hands out a fence twice in plain turns",
    patch: ["fence = math.max((fence or 0) + 1, nowUs)", "fence = nowUs"],
  },
  {
    that: "forgets the priority of a plain record",
    patch: ["if above < 100 then fields", "if false then fields"],
  },
  {
    that: "settles plainly for a worker that must take a suspect first",
    patch: ['redis.call("EXISTS", KEY.quarantined, KEY.deferred) > 0', "false"],
  },
  {
    that: "makes a second task when it is pushed again",
    patch: [
      "elseif seen[row.id] or record and not isOver(row.id, record) and not (died and died == death) then",
      "elseif false then",
    ],
  },
  {
    that: "replaces a dead task that its push did not see die",
    patch: ["not (died and died == death)", "not (died and token)"],
  },
  {
    that: "replaces a dead task once more when the push is sent again",
    patch: ["if token and record and record.token == token then", "if false then"],
  },
  {
    that: "gives another payload the steps of a dead task",
    patch: ['(old.print or "") ~= row.print then', "false then"],
  },
  {
    that: "calls another payload under the same key the same",
    patch: ['then word = "conflict" end', "then end"],
  },
  {
    that: "hands out a fence twice",
    patch: [
      "local fence = math.max((tonumber(meta.fence) or 0) + 1, nowUs)",
      "local fence = nowUs",
    ],
  },
  {
    that: "forgets what a worker was given",
    patch: ["local again = want > 0 and replayClaim()", "local again = false"],
  },
  {
    that: "refuses a settle that is sent again",
    patch: ["return record.settled == signature", "return false"],
  },
  {
    that: "charges nothing for a crash",
    patch: ["record.crashes = (record.crashes or 0) + 1", ""],
  },
  {
    that: "charges a claim that was lost before it started",
    patch: ["local excused = not record.started or", "local excused = record.started and"],
  },
  {
    that: "charges a death beside a suspect",
    patch: ["or suspect and suspect ~= id", ""],
  },
  {
    that: "gives a worker a task that only another one knows",
    patch: ["if not needs or canRun(entry(), needs) then return false end", "do return false end"],
  },
  {
    that: "claims plainly although workers know different tasks",
    patch: ["if mixedAt and math.abs(now - mixedAt) < 120000 then return nil end", ""],
  },
  {
    that: "counts the time without a worker although one knows the task",
    patch: ["or record.needs and ableWorker(record.needs) then return 0 end", "then return 0 end"],
  },
  {
    that: "keeps the time without a worker when one has started the task",
    patch: [
      "if record.deferrals then record.deferrals, record.deferredAt, record.needs = nil, nil, nil end",
      "",
    ],
  },
  {
    that: "keeps a suspect waiting for ever beside long tasks",
    patch: ["if waitedMs >= patienceMs and not suspectOf(worker)", "if false"],
  },
  {
    that: "takes a stall for a crash",
    patch: ['elseif cause == "stalled" then', "elseif false then"],
  },
  {
    that: "charges a hand-off",
    patch: [
      'return move(row.id, "handoff"',
      'record.failures = (record.failures or 0) + 1\n  return move(row.id, "handoff"',
    ],
  },
  {
    that: "lets lower priorities go first",
    patch: ["(100 - (record.priority or 0)) * band", "(record.priority or 0) * band"],
  },
  {
    that: "gives out last what came first",
    patch: [
      'redis.call("ZRANGE", KEY.ready, 0, left - 1)',
      'redis.call("ZREVRANGE", KEY.ready, 0, left - 1)',
    ],
  },
  { that: "ignores a pause", patch: ["if meta.paused then return 0 end", ""] },
  {
    that: "lets one more run than may",
    patch: [
      'limit - redis.call("ZCARD", KEY.running)',
      '1 + limit - redis.call("ZCARD", KEY.running)',
    ],
  },
  {
    that: "lets one more wait than may",
    patch: ["waiting + cost > bounds.depth", "waiting > bounds.depth"],
  },
  {
    that: "counts one where several are asked for",
    patch: ["ofTenant[tenant] + cost > bounds.tenant", "ofTenant[tenant] + 1 > bounds.tenant"],
  },
  {
    that: "reports more than is left of a rate",
    patch: ["local left = math.floor(rule.burst - busy + 0.001)", "local left = rule.burst"],
  },
  { that: "charges a rate for what it refuses", patch: ["if wait <= 0 then", "if true then"] },
  {
    that: "counts a task for its tenant for ever",
    patch: ["uncounted[#uncounted + 1] = member", ""],
  },
  {
    that: "knows no quarantine",
    patch: ["elseif not free and cost > 1 then", "elseif false then"],
  },
  {
    that: "lets two workers keep the lane",
    patch: ["meta.lane ~= worker and leftMs > 0", "false"],
  },
  {
    that: "buries without a reason",
    patch: [
      "record.error, record.reason, record.name = row.error, causeOf(row.text), row.name",
      "record.error, record.name = row.error, row.name",
    ],
  },
  {
    that: "keeps the crashes of a task that is released",
    patch: ['"failures", "crashes", "stalls", "lost"', '"failures", "stalls", "lost"'],
  },
  {
    that: "forgets the trace of a dead task that is released",
    patch: [
      'lives[#lives + 1] = { id, name, trace or "" }',
      'lives[#lives + 1] = { id, name, "" }',
    ],
  },
  {
    that: "leaves a task that stopped with who held it",
    patch: ['if from == "running" and from ~= to then', "if false then"],
  },
  {
    that: "resurrects although the lease was renewed",
    patch: ['KEY.running, "-inf", rarely and swept or now', 'KEY.running, "-inf", "+inf"'],
  },
  {
    that: "gives leases no grace when no worker could sweep",
    patch: ["local away = now - seenAt > leaseMs / 2", "local away = false"],
  },
  {
    that: "takes a silent worker for dead as soon as Redis is back",
    patch: ["if entry.beat <= graceFrom and inGrace(lease) then return false end", ""],
  },
  {
    that: "believes a lease that ends too late",
    patch: ['enter("running", furthest, id)', ""],
  },
  {
    that: "believes a delay that ends too late",
    patch: ["enter(state, now + delay, id)", ""],
  },
  {
    that: "believes the lease of a lock that ends too late",
    patch: ['enter("running", untilMs, id)', ""],
  },
  {
    that: "retries a task whose cancellation was asked",
    patch: [
      'local event = record.cancel and row.event ~= "complete" and "stop" or row.event',
      "local event = row.event",
    ],
  },
  {
    that: "brings back a task whose cancellation was asked",
    patch: ['return endCancelled(id, record, "withdraw", cause, record.cancel, record.keepMs)', ""],
  },
  {
    that: "takes a day for 25 hours",
    patch: ["hour % 24", "hour % 25"],
  },
  {
    that: "takes a worker for blocked since its thread last beat for it",
    patch: ["entry.blocked or now", "now"],
  },
  {
    that: "promotes a millisecond early",
    patch: ['KEY.scheduled, "-inf", now,', 'KEY.scheduled, "-inf", now + 1,'],
  },
  {
    that: "forgets a result a millisecond early",
    patch: ['KEY[state], "-inf", now,', 'KEY[state], "-inf", now + 1,'],
  },
  {
    that: "forgets the trace of the attempt before",
    patch: ["record.before, record.trace = record.trace, nil", "record.trace = nil"],
  },
  {
    that: "takes a dead worker for alive until it was noticed",
    patch: [
      "record.alive = math.max(record.since or 0, (tonumber(deadlines[i]) or now) - term)",
      "record.alive = now",
    ],
  },
  {
    that: "drops the result",
    patch: ["record.result, record.name = row.text, row.name", "record.name = row.name"],
  },
  {
    that: "forgets the steps of a task that is restored",
    patch: ['if row.steps ~= "" then keep', "if false then keep"],
  },
  {
    that: "drops the partial result of a beat",
    patch: ['if row.partial ~= "" then keep("partial", row.id, row.partial) end', ""],
  },
  {
    that: "remembers a step twice",
    patch: ['if steps[i] == name and steps[i + 1] == value then return answer("ok") end', ""],
  },
  {
    that: "gives a lock away that is held",
    patch: ["if record and record.nonce ~= nonce and untilMs > now then", "if false then"],
  },
  { that: "wakes no worker", patch: ["local ringing = waking and", "local ringing = false and"] },
  {
    that: "drops the payload of what is dead",
    patch: [
      'return move(row.id, "bury", now)',
      'forget("task", row.id)\n  return move(row.id, "bury", now)',
    ],
  },
];
