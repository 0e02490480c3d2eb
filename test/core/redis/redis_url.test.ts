/**
 * URLs of Redis: what is accepted, what an error names, and that no printed form of any
 * error repeats a password.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { connect } from "../../../adapters/ioredis.ts";
import { createRelier } from "../../../mod.ts";
import { everythingIn } from "../../conformance/port.ts";
import { startRedis } from "../../support/redis.ts";
import { freePort } from "../../support/server.ts";

const password = "hunter2";

/** Every form in which a logger may print an error. */
function printed(error: unknown): string {
  const { message, stack, cause } = error as Error;
  return [
    message,
    stack,
    String(error),
    String(cause),
    inspect(error, { depth: Infinity, showHidden: true }),
    JSON.stringify(error),
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
    everythingIn(error),
  ].join("\n");
}

function errorOf(make: () => unknown): Error {
  try {
    make();
  } catch (error) {
    return error as Error;
  }
  assert.fail("it was accepted");
}

const malformed: Readonly<Record<string, RegExp>> = {
  [`redis://:${password}#2026@10.0.0.5:6379`]: /holds "#": percent-encode it as %23/,
  [`redis://me:123#${password}@10.0.0.5:6379`]: /holds "#": percent-encode it as %23/,
  [`redis://:${password}/b@10.0.0.5:6379`]: /holds "\/": percent-encode it as %2F/,
  [`redis://:7/${password}@10.0.0.5:6379`]: /holds "\/": percent-encode it as %2F/,
  [`redis://me:${password}?x@10.0.0.5:6379`]: /holds "\?": percent-encode it as %3F/,
  [`redis://:${password}%zz@10.0.0.5:6379`]: /holds "%": percent-encode it as %25/,
  [`rediss://:${password}%@10.0.0.5`]: /holds "%": percent-encode it as %25/,
  [`redis://:${password}@10.0.0.5:66379`]: /port has to be a number from 1 to 65535/,
  [`redis://:${password}@10.0.0.5:0`]: /port has to be a number/,
  [`redis://:${password}@10.0.0.5:port`]: /port has to be a number/,
  [`redis://10.0.0.5:${password}`]: /port has to be a number/,
  [`redis://:${password}@10.0.0.5:6379/cache`]: /database has to be a number/,
  [`redis://:${password}@10.0.0.5:6379?db=cache`]: /database has to be a number/,
  [`redis://:${password}@[::1:6379`]: /port has to be a number|host cannot be read/,
  [`redis://:${password}@a b:6379`]: /host cannot be read/,
};

test("a malformed URL is refused by createRelier() with the part that is wrong, and no printed form of the error repeats it", () => {
  for (const [url, expected] of Object.entries(malformed)) {
    const makers = [
      () => createRelier({ redis: url }),
      () => createRelier(url),
      () => createRelier({ redis: { url } }),
      () => connect(url),
    ];
    for (const make of makers) {
      const error = errorOf(make);
      assert.ok(error instanceof TypeError);
      assert.match(error.message, /^Cannot (use option "redis"|connect): /);
      assert.match(error.message, expected, url);
      assert.doesNotMatch(printed(error), /hunter2/, url);
    }
  }
});

test("every form of a URL in use is accepted: encoded passwords, databases, queries and sockets", async () => {
  const urls = [
    "redis://",
    "redis://localhost",
    "redis://localhost/",
    "redis://[::1]:6379/3",
    "redis://:p%23%2F%3F%25%40@h:6379/0",
    "redis://us%40er:a@b@h:6379",
    "rediss://default:x@name.example.com:6380",
    "redis://h:6379/0?family=6",
    "redis://h?db=2",
    "redis://h:6379/0?ssl_cert_reqs=a@b",
    "redis://h:6379/0\n",
    "unix:///tmp/redis.sock",
    "unix:///tmp/redis.sock?db=1",
    "/tmp/redis.sock",
  ];
  for (const redis of urls) {
    await createRelier({ redis }).close();
    await createRelier(redis).close();
    await createRelier({ redis: { url: redis, timeoutMs: 500 } }).close();
    await connect(redis).close();
  }
});

test("a client by its URL alone reaches that Redis, and its time limit holds", async () => {
  const redis = await startRedis();
  try {
    await using rl = createRelier(redis.url);
    assert.ok((await rl.server())["redis_version"]);
  } finally {
    await redis.stop();
  }
  await using away = createRelier({
    redis: { url: `redis://127.0.0.1:${await freePort()}`, timeoutMs: 200 },
  });
  await assert.rejects(away.server(), /within 200 ms/);
});

test("a wrong redis option is refused with its name and the fix", () => {
  const url = "redis://127.0.0.1";
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    ["http://127.0.0.1", /it must be a URL that begins with redis:\/\/ or rediss:\/\//],
    ["", /it must be a URL/],
    [{ url, timeoutMs: "5s" }, /"redis.timeoutMs": it must be an integer from 100 to 600000/],
    [{ url, timeoutMs: 5 }, /"redis.timeoutMs": it must be an integer from 100 to 600000/],
    [{ url, timeout: 500 }, /option "timeout" of option "redis": there is no such option/],
    [{ url: 6379 }, /it must be a URL/],
    [{ host: "127.0.0.1" }, /it must be a URL/],
  ];
  for (const [redis, expected] of wrong) {
    assert.throws(() => createRelier({ redis } as never), expected);
  }
  assert.throws(() => createRelier("127.0.0.1:6379"), /it must be a URL that begins with redis/);
  assert.throws(() => createRelier(6379 as never), /options of createRelier\(\): they must be/);
});

test("no error of a call holds the password of its URL: nobody there, a wrong answer, a closed port", async () => {
  const port = connect(`redis://me:${password}@127.0.0.1:${await freePort()}`, { timeoutMs: 200 });
  const hello = { name: "hello", sha: "0".repeat(40), source: "return 1" };
  const errors: unknown[] = [];
  const caught = (call: Promise<unknown>) => call.catch((error) => void errors.push(error));
  await caught(port.run(hello, ["k"], []));
  await caught(port.wait(["k"], 50));
  await caught(port.listen!("k", () => {}));
  await port.close();
  await caught(port.run(hello, ["k"], []));
  assert.equal(errors.length, 4);
  for (const error of errors) assert.doesNotMatch(printed(error), /hunter2/);
});
