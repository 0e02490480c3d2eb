/**
 * The fix for each answer of Redis, and for each reason why none came: one table for all
 * errors, of which `rl doctor` shows the sentences too.
 *
 * @module
 */

/** The meaning of an answer or of a reason, for the caller. */
export interface Meaning {
  /** The fix, in one sentence, if the cause is known. */
  readonly hint: string | undefined;
  /** True if the same call may succeed later, without a change by a person. */
  readonly retryable: boolean;
}

/** Beginning of an answer or reason; whether trying again is worth it; the fix. */
type Row = readonly [begins: RegExp, retryable: boolean, hint: string];

const rows: readonly Row[] = [
  [/^NOAUTH/, false, "put user and password into the URL: redis://user:password@host:port"],
  [/^WRONGPASS by HTTP/, false, "copy url and token of the same database"],
  [
    /^WRONGPASS|^ERR invalid password|^ERR (Client sent|.*called without any) /,
    false,
    "correct user and password in the URL, and percent-encode them; rl doctor says more",
  ],
  [/^NOPERM/, false, "allow it with ACL SETUSER; rl doctor lists what this user lacks"],
  [/^OOM/, true, "Redis is at its maxmemory: raise it, or let tasks finish; rl doctor says more"],
  [/^NOREPLICAS/, true, "too few replicas are in sync: check them, or min-replicas-to-write"],
  [/^READONLY|^MASTERDOWN/, true, "this Redis is a replica: point the client at its master"],
  [/^MISCONF/, true, "Redis cannot write to its disk: check the disk; rl doctor says more"],
  [/^LOADING/, true, "Redis loads its data: wait until it has"],
  [/^BUSY/, true, "a script of another program blocks Redis: SCRIPT KILL ends it"],
  [/^CLUSTERDOWN|^TRYAGAIN/, true, "the cluster does not serve this slot: check CLUSTER INFO"],
  [
    /^MOVED|^ASK|^CROSSSLOT/,
    false,
    "this Redis is a cluster: pass ioredis(new Cluster([…])) of @relier/core/ioredis",
  ],
  [/^WRONGTYPE/, false, "another program writes keys of this prefix: choose another prefix"],
  [/^ERR max number of clients/, true, "Redis has no connection left: raise its maxclients"],
  [
    /^ERR (DB index|invalid DB|SELECT)/,
    false,
    "correct the database in the URL: this Redis does not have it",
  ],
  [/^ERR unknown command/i, false, "update Redis to 7.0 or newer; rl doctor says more"],
  [/^ERR HTTP 413/, false, "push less at once, or choose a plan with larger requests"],
  [/^ECONNREFUSED|^ENOENT/, true, "start Redis there, or correct the URL; rl doctor says more"],
  // Redis says "max number of clients" and closes: a write that comes too late hides the answer.
  [/^EPIPE|^ECONNRESET/, true, "Redis closed the connection: check its maxclients and its log"],
  [/^no Sentinel/, true, "check the Sentinels, and the name by which they know the master"],
  [/^ENOTFOUND|^EAI_AGAIN/, true, "correct the host in the URL, or check the name server"],
  [
    /^ETIMEDOUT|^E(HOST|NET)(UNREACH|DOWN)/,
    true,
    "check host, port and firewall; rl doctor says more",
  ],
  [
    /^(DEPTH_ZERO_SELF|SELF_SIGNED|UNABLE_TO|CERT_|ERR_TLS_CERT)/,
    false,
    "trust the certificate of Redis: pass its ca in the option tls of the client",
  ],
  [
    /^(ERR_SSL|EPROTO)/,
    false,
    "only one side uses TLS, or an old version of it: choose rediss:// or redis://",
  ],
];

/** The meaning of `text`, an answer or a reason; `retryable` if the table does not know it. */
export function meaningOf(text: string, retryable: boolean): Meaning {
  const row = rows.find(([begins]) => begins.test(text));
  return row ? { hint: row[2], retryable: row[1] } : { hint: undefined, retryable };
}
