/**
 * Contract of a port for every reply a server may send, sense or nonsense.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { RedisPort } from "../../core/port.ts";
import { scaled, stretched } from "../support/machine_speed.ts";
import { type Answer, startStub, type Stub } from "../support/stub.ts";
import { until } from "../support/until.ts";
import { failure, program } from "./port.ts";
import type { ConnectTo } from "./server.ts";

const probe = program("return 1");
const canary = "canary-4111111111111111";

/**
 * Registers the tests, for one way to connect. `astray` matches the error of calls
 * that a server redirects to a node out of reach.
 */
export function repliesSuite(name: string, connect: ConnectTo, astray?: RegExp): void {
  /** Runs `body` with a port to a server that answers so. */
  async function withStub(
    answer: Answer,
    body: (port: RedisPort, stub: Stub) => Promise<void>,
    timeoutMs = stretched(600),
  ): Promise<void> {
    const stub = await startStub(answer);
    const port = connect(stub.url, { timeoutMs });
    try {
      await body(port, stub);
    } finally {
      await port.close();
      await stub.close();
    }
  }

  test(`${name}: an answer that describes the command is final, and is given at once`, async () => {
    const answers = {
      ERR: `-ERR unknown command 'EVALSHA', with args beginning with: '${canary}' \r\n`,
      NOPERM: "-NOPERM this user has no permissions to run the 'evalsha' command\r\n",
      NOAUTH: "-NOAUTH Authentication required.\r\n",
      OOM: "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
      MISCONF: "-MISCONF Redis is configured to save RDB snapshots, but it cannot\r\n",
      NOREPLICAS: "-NOREPLICAS Not enough good replicas to write.\r\n",
      WRONGTYPE: "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
      CROSSSLOT: "-CROSSSLOT Keys in request don't hash to the same slot\r\n",
      UNKILLABLE: "-UNKILLABLE Sorry the script already executed write commands\r\n",
      RLODD: `-RLODD said '${canary}'\r\n`,
    };
    for (const [word, answer] of Object.entries(answers)) {
      await withStub(() => answer, async (port, stub) => {
        const started = performance.now();
        const error = await failure(port.run(probe, ["key"], [canary]));
        assert.deepEqual([error.failure, error.reply], ["refused", word]);
        assert.ok(error.message.startsWith(`Cannot run "probe": Redis answered ${word}`));
        assert.doesNotMatch(error.message, /canary/);
        assert.ok(performance.now() - started < scaled(400), word);
        assert.deepEqual(stub.calls, ["EVALSHA"]);
      });
    }
  });

  test(`${name}: an answer that describes a moment of the server is outlived`, async () => {
    const answers = {
      LOADING: "-LOADING Redis is loading the dataset in memory\r\n",
      READONLY: "-READONLY You can't write against a read only replica.\r\n",
      MASTERDOWN: "-MASTERDOWN Link with MASTER is down\r\n",
      CLUSTERDOWN: "-CLUSTERDOWN Hash slot not served\r\n",
      TRYAGAIN: "-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
      BUSY: "-BUSY Redis is busy running a script.\r\n",
      UNBLOCKED: "-UNBLOCKED force unblock from blocking operation\r\n",
      ...(!astray && { MOVED: "-MOVED 7365 127.0.0.1:1\r\n" }),
    };
    await Promise.all(
      Object.entries(answers).map(async ([word, answer]) => {
        let times = 0;
        await withStub(() => ++times <= 3 ? answer : ":1\r\n", async (port) => {
          assert.equal(await port.run(probe, ["key"], []), 1, word);
          assert.equal(times, 4);
        }, 2_000);
        await withStub(() => answer, async (port, stub) => {
          const started = performance.now();
          const error = await failure(port.run(probe, ["key"], [canary]));
          assert.deepEqual([error.failure, error.reply], ["refused", word], error.message);
          const took = performance.now() - started;
          assert.ok(took > 1_900 && took < 2_000 + scaled(1_000), `${word}: ${took} ms`);
          assert.ok(stub.calls.length > 2 && stub.calls.length < 15, `${stub.calls.length} calls`);
        }, 2_000);
      }),
    );
  });

  if (astray !== undefined) {
    test(`${name}: a call that is sent to another node is refused at once, and told why`, async () => {
      for (const word of ["MOVED", "ASK"]) {
        await withStub(() => `-${word} 7365 127.0.0.1:1\r\n`, async (port, stub) => {
          const error = await failure(port.run(probe, ["key"], [canary]));
          assert.deepEqual([error.failure, error.reply], ["refused", word]);
          assert.match(error.message, astray);
          assert.deepEqual(stub.calls, ["EVALSHA"]);
        });
      }
    });
  }

  test(`${name}: a program that stays unknown is sent as text once, and then refused`, async () => {
    await withStub(() => "-NOSCRIPT No matching script.\r\n", async (port, stub) => {
      const error = await failure(port.run(probe, ["key"], []));
      assert.deepEqual([error.failure, error.reply], ["refused", "NOSCRIPT"]);
      assert.deepEqual(stub.calls, ["EVALSHA", "EVAL"]);
    });
  });

  test(`${name}: a moved loop, an asking loop, and an address that is none end at the deadline`, async () => {
    for (const answer of ["-ASK 7365 127.0.0.1:1\r\n", "-MOVED 7365 :0\r\n", "-ASK\r\n"]) {
      await withStub(() => answer, async (port) => {
        const error = await failure(port.run(probe, ["key"], [canary]));
        assert.ok(["refused", "unknown"].includes(error.failure));
      });
    }
  });

  test(`${name}: replies no script may make are turned down, not passed on`, async () => {
    for (const reply of ["*1\r\n:9007199254740993\r\n", ":9007199254740993\r\n"]) {
      await withStub(() => reply, async (port) => {
        const error = await failure(port.run(probe, ["key"], []));
        assert.equal(error.failure, "unknown");
        assert.match(error.message, /^Cannot read the reply of "probe"/);
      });
    }
  });

  test(`${name}: a reply that is no Redis protocol is no answer, and costs only its connection`, async () => {
    const nonsense = [
      "HTTP/1.1 302 Found\r\nLocation: http://login.example\r\n\r\n<html></html>",
      "\u0000\u0001\u0002",
      "$10\r\ntrunc",
      "*3\r\n:1\r\n",
      "$1073741824\r\nx",
      null,
    ];
    await Promise.all(nonsense.map(async (reply) => {
      let sane = false;
      await withStub(() => sane ? ":1\r\n" : reply, async (port) => {
        const started = performance.now();
        const error = await failure(port.run(probe, ["key"], [canary]));
        assert.equal(error.failure, "unknown", JSON.stringify(reply));
        assert.doesNotMatch(error.message, /canary|html/);
        assert.ok(performance.now() - started < scaled(1_500));
        sane = true;
        // A connection that is merely silent is given up after a second of silence.
        await until("it works again", async () => {
          return await port.run(probe, ["key"], []).catch(() => 0) === 1;
        });
      });
    }));
  });

  test(`${name}: fsync is asked of a server that knows WAITAOF, behind the script`, async () => {
    const asked: string[] = [];
    let local = 1;
    await withStub((command) => {
      asked.push(command.slice(0, command[0] === "WAITAOF" ? 4 : 1).join(" "));
      return command[0] === "WAITAOF" ? `*2\r\n:${local}\r\n:0\r\n` : ":7\r\n";
    }, async (port) => {
      const confirm = { fsync: true, timeoutMs: 250 };
      assert.equal(await port.run(probe, ["key"], [], confirm), 7);
      local = 0;
      const error = await failure(port.run(probe, ["key"], [], confirm));
      assert.equal(error.failure, "unknown");
      assert.match(
        error.message,
        /^Cannot confirm "probe", which ran: it was not on disk after 250 ms/,
      );
      assert.deepEqual(asked, [
        "WAITAOF 1 0 1",
        "EVALSHA",
        "WAITAOF 1 0 250",
        "EVALSHA",
        "WAITAOF 1 0 250",
      ]);
    });
  });

  test(`${name}: fsync is unsupported, and nothing runs, where the server has no file or may not be asked`, async () => {
    const servers: Record<string, Answer> = {
      "it has no append-only file": ([word, , what]) =>
        word === "WAITAOF"
          ? "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.\r\n"
          : `*2\r\n$4\r\nname\r\n$2\r\n${what === "appendonly" ? "no" : "ok"}\r\n`,
      "it has no WAITAOF, and its configuration may not be read": ([word]) =>
        word === "WAITAOF" ? "-ERR unknown command 'WAITAOF'\r\n" : "-NOPERM no\r\n",
      "this user may not send WAITAOF": () => "-NOPERM no\r\n",
    };
    for (const [why, answer] of Object.entries(servers)) {
      await withStub(answer, async (port, stub) => {
        const error = await failure(port.run(probe, ["k"], [], { fsync: true, timeoutMs: 100 }));
        assert.equal(error.failure, "unsupported");
        assert.ok(error.message.endsWith(why), error.message);
        assert.deepEqual(stub.calls, []);
      });
    }
  });

  test(`${name}: replicas cannot be confirmed by a server without WAIT, and the error says that it ran`, async () => {
    await withStub(
      ([word]) => word === "WAIT" ? "-ERR unknown command 'WAIT'\r\n" : ":1\r\n",
      async (port) => {
        const error = await failure(port.run(probe, ["k"], [], { replicas: 1, timeoutMs: 100 }));
        assert.equal(error.failure, "unsupported");
        assert.match(error.message, /which ran/);
      },
    );
  });

  test(`${name}: wait() and listen() pass on a refusal`, async () => {
    await withStub(() => "-NOPERM no permissions to access a channel\r\n", async (port) => {
      for (
        const call of [() => port.wait(["bell"], 500), () => port.listen!("channel", () => {})]
      ) {
        const error = await failure(call());
        assert.deepEqual([error.failure, error.reply], ["refused", "NOPERM"]);
      }
    });
  });

  test(`${name}: five hundred calls against an absent server try it a few times, not five hundred`, async () => {
    const stub = await startStub(() => null);
    const port = connect(stub.url, { timeoutMs: stretched(1_000) });
    const errors = await Promise.all(
      Array.from({ length: 500 }, () => failure(port.run(probe, ["key"], []))),
    );
    assert.ok(errors.every((error) => error.failure === "unknown"));
    assert.ok(stub.connections < 60, `${stub.connections} connections`);
    await port.close();
    await stub.close();
  });
}
