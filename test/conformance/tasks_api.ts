/**
 * Contract of tasks over HTTP, on every framework and runtime.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Answered,
  type Asking,
  assertProblem,
  harmlessly,
  type SiteLab,
  type Stage,
  withSite,
} from "../support/web/asking.ts";
import { hidden, resize, secret, token } from "../support/web/tasks.ts";
import { bounded, until } from "../support/until.ts";

const picture = { name: "a", width: 10 };

/** A lab that knows the token. */
interface ApiLab extends SiteLab {
  api(line: string, asking?: Asking): Promise<Answered>;
  /** Events of a task as they are sent; ends with the task or when the reader leaves. */
  follow(id: string, headers?: Record<string, string>): Promise<Following>;
}

interface Following {
  readonly response: Response;
  /** States and progress received so far, and comments as ":". */
  readonly told: string[];
  readonly ended: Promise<void>;
  leave(): void;
}

/** Registers the tests. */
export function tasksApiSuite(name: string, stage: Stage): void {
  const on = (what: string, body: (lab: ApiLab) => Promise<void>) =>
    test(
      `${name}: ${what}`,
      withSite(stage, (lab) => {
        const authorization = `Bearer ${token}`;
        return body({
          ...lab,
          api(line, asking = {}) {
            const [method, path] = line.split(" ");
            const headers = { authorization, ...asking.headers };
            return lab.ask(`${method} /tasks${path}`, { ...asking, headers });
          },
          follow: async (id, headers = {}) =>
            await following(`${lab.site.url}/tasks/${id}/events`, {
              ...lab.site.headers,
              authorization,
              ...headers,
            }),
        });
      }),
    );

  on("nobody is let in without the token, and nothing happens", async (lab) => {
    const { id } = await lab.rl.apush(resize, picture);
    await harmlessly(lab, async () => {
      for (
        const authorization of [
          undefined,
          "Bearer",
          `Basic ${token}`,
          "Bearer wrong-token-of-the-tasks",
          `Bearer ${token}x`,
          `Bearer ${"x".repeat(4000)}`,
        ]
      ) {
        const headers: Record<string, string> = authorization === undefined
          ? {}
          : { authorization };
        for (
          const line of [
            "POST /tasks/web-resize",
            `GET /tasks/${id}`,
            `GET /tasks/${id}/result`,
            `GET /tasks/${id}/events`,
            `DELETE /tasks/${id}`,
            "GET /tasks/nothing",
          ]
        ) {
          const answer = await lab.ask(line, {
            headers,
            ...line.startsWith("POST") && { body: picture },
          });
          assertProblem(answer, 401);
          assert.equal(answer.headers.get("www-authenticate"), "Bearer");
        }
      }
    });
  });

  on("a task is pushed, looked at, waited for, and its result had", async (lab) => {
    const { api, site } = lab;
    const pushed = await api("POST /web-resize", { body: picture });
    const { id, outcome } = pushed.json;
    assert.deepEqual([pushed.status, outcome], [202, "created"]);
    assert.equal(pushed.headers.get("location"), `/tasks/${id}`);
    const ready = await api(`GET /${id}`);
    assert.deepEqual([ready.status, ready.json.task, ready.json.state, ready.json.attempt], [
      200,
      "web-resize",
      "ready",
      1,
    ]);
    assert.doesNotMatch(ready.text, /width/);
    const early = await api(`GET /${id}/result`);
    assert.deepEqual([early.status, early.json], [202, { state: "ready" }]);
    assert.ok(Number(early.headers.get("retry-after")) >= 1);
    assert.equal((await api(`GET /${id}/result?wait=20`)).status, 202);
    const waiting = api(`GET /${id}/result?wait=15s`);
    await lab.worker();
    const { status, json } = await waiting;
    assert.deepEqual([status, json], [200, { state: "completed", result: "a at 10" }]);
    assert.equal((await api(`GET /${id}/result`)).json.result, "a at 10");
    const { headers } = await lab.ask(`GET ${pushed.headers.get("location")}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(headers.get("cache-control"), "no-store");
    assert.ok(site.url.startsWith("http"));
  });

  on("what the schema does not accept is told by its path, and leaves no trace", async (lab) => {
    await harmlessly(lab, async () => {
      const answer = await lab.api("POST /web-resize", { body: { name: secret, width: 123_456 } });
      assertProblem(answer, 422);
      assert.deepEqual(answer.json.issues.map(({ path }: any) => path), [["width"]]);
      assert.doesNotMatch(answer.text, /123456|4111/);
      for (const body of ["[]", "null", '"x"', "1", '{"__proto__":{"name":"a","width":1}}']) {
        const headers = { "content-type": "application/json" };
        assertProblem(await lab.api("POST /web-resize", { body, headers }), 422);
      }
    });
  });

  on(
    "what is no JSON, no JSON by its type or too large is refused without a trace",
    async (lab) => {
      const headers = { "content-type": "application/json" };
      await harmlessly(lab, async () => {
        for (const body of [`{"name":"${secret}`, "", "undefined", "[".repeat(100_000)]) {
          assertProblem(await lab.api("POST /web-resize", { body, headers }), 400);
        }
        for (
          const type of ["text/plain", "application/jsonx", "multipart/form-data; boundary=json"]
        ) {
          const asking = { body: JSON.stringify(picture), headers: { "content-type": type } };
          assertProblem(await lab.api("POST /web-resize", asking), 415);
        }
        for (const size of [1_100_000, 2_000_000]) {
          const body = JSON.stringify({ ...picture, name: "x".repeat(size) });
          assertProblem(await lab.api("POST /web-resize", { body, headers }), 413);
        }
        const type = { "content-type": "Application/Problem+JSON; charset=utf-8" };
        assertProblem(await lab.api("POST /web-resize", { body: "{}", headers: type }), 422);
      });
    },
  );

  on("a task that is not listed is as good as none", async (lab) => {
    const { id } = await lab.rl.apush(hidden, picture);
    await harmlessly(lab, async () => {
      for (const name of ["web-hidden", "nothing", "__proto__", "constructor", "toString"]) {
        assertProblem(await lab.api(`POST /${name}`, { body: picture }), 404);
      }
      for (
        const line of [`GET /${id}`, `GET /${id}/result`, `GET /${id}/events`, `DELETE /${id}`]
      ) {
        assertProblem(await lab.api(line), 404);
      }
      assertProblem(await lab.api(`POST /${id}/cancel`), 404);
    });
    assert.equal((await lab.rl.handle(id).status()).state, "ready");
  });

  on("an id that is none finds nothing, whatever it is", async (lab) => {
    const local = "A".repeat(22);
    await harmlessly(lab, async () => {
      for (
        const id of [
          `default~0~${local}`,
          `default~9~${local}`,
          `nowhere~0~${local}`,
          `default~0~${local}~x`,
          "default",
          "~~",
          "%00",
          "..%2f..%2fetc",
          "a%20b~0~c",
          "%7Bdefault~0%7D:ready",
          "x".repeat(3000),
        ]
      ) {
        assertProblem(await lab.api(`GET /${id}`), 404);
        assertProblem(await lab.api(`DELETE /${id}`), 404);
      }
      assertProblem(await lab.api(`GET /default~0~${local}/nothing`), 404);
      assertProblem(await lab.api("PUT /web-resize", { body: picture }), 404);
    });
  });

  on("an Idempotency-Key is the key of the task", async (lab) => {
    const push = (key: string, body: object) =>
      lab.api("POST /web-resize", { body, headers: { "idempotency-key": key } });
    const first = await push("k-1", picture);
    const again = await push('"k-1"', picture);
    assert.deepEqual([again.status, again.json.outcome], [202, "joined"]);
    assert.equal(again.json.id, first.json.id);
    await harmlessly(lab, async () => {
      assertProblem(await push("k-1", { ...picture, width: 11 }), 422);
      for (const key of ["", '""', "a\tb", "x".repeat(600)]) {
        assertProblem(await push(key, picture), 400);
      }
    });
  });

  on("each caller has keys of its own, and reaches no task of another", async (lab) => {
    const authorization = `Bearer ${token}`;
    const as = (user: string) => (line: string, body?: object, key?: string) => {
      const [method, path] = line.split(" ");
      return lab.ask(`${method} /own-tasks${path}`, {
        ...body && { body },
        headers: { authorization, "x-user": user, ...key && { "idempotency-key": key } },
      });
    };
    const [alice, mallory] = [as("alice"), as("mallory")];
    const hers = (await alice("POST /web-resize", picture, "k-1")).json;
    const his = (await mallory("POST /web-resize", picture, "k-1")).json;
    assert.deepEqual([hers.outcome, his.outcome], ["created", "created"]);
    assert.notEqual(hers.id, his.id);
    const other = await mallory("POST /web-resize", { ...picture, width: 11 }, "k-2");
    assert.equal(other.json.outcome, "created");
    assertProblem(await mallory("POST /web-resize", picture, "k-2"), 422);
    assert.equal((await alice("POST /web-resize", picture, "k-2")).json.outcome, "created");
    // The key that a task makes of its input belongs to the caller as well.
    const [a, b] = [
      await alice("POST /web-once", picture),
      await mallory("POST /web-once", picture),
    ];
    assert.deepEqual([a.json.outcome, b.json.outcome], ["created", "created"]);
    assert.equal((await alice("POST /web-once", picture)).json.id, a.json.id);
    assertProblem(await alice("POST /web-once", { name: 1 }), 422);

    const unscoped = (await lab.api("POST /web-resize", { body: picture })).json;
    const worker = await lab.worker();
    assert.equal((await alice(`GET /${hers.id}/result?wait=10s`)).status, 200);
    await worker.drain();
    await harmlessly(lab, async () => {
      for (const id of [hers.id, a.json.id, unscoped.id]) {
        assertProblem(await mallory(`GET /${id}`), 404);
        assertProblem(await mallory(`GET /${id}/result`), 404);
        assertProblem(await mallory(`GET /${id}/events`), 404);
        assertProblem(await mallory(`DELETE /${id}`), 404);
        assertProblem(await mallory(`POST /${id}/cancel`), 404);
      }
      for (const user of ["", " ", "x".repeat(129)]) {
        assertProblem(await as(user)("POST /web-resize", picture), 403);
        assertProblem(await as(user)(`GET /${hers.id}`), 403);
      }
    });
    assert.equal((await alice(`GET /${hers.id}`)).json.state, "completed");
    assert.equal((await lab.queue.inspect(hers.id)).facts["tenant"], "alice");
  });

  on("a full queue is told of with 429", async (lab) => {
    await lab.queue.limit({ maxDepth: 1 });
    await lab.api("POST /web-resize", { body: picture });
    const answer = await lab.api("POST /web-resize", { body: picture });
    assertProblem(answer, 429);
    assert.equal(answer.headers.get("retry-after"), "1");
  });

  on("a task that died or was cancelled has no result, and its error stays here", async (lab) => {
    await lab.worker();
    const dead = (await lab.api("POST /web-resize", { body: { ...picture, name: "bad" } })).json.id;
    const answer = await lab.api(`GET /${dead}/result?wait=10s`);
    assertProblem(answer, 409);
    assert.deepEqual([answer.json.state, answer.json.reason], ["dead", "discarded"]);
    const told = await lab.api(`GET /${dead}`);
    assert.deepEqual([told.status, told.json.state], [200, "dead"]);
    assert.match((await lab.queue.inspect(dead)).error!.message, /4111/);
  });

  on("a task is cancelled, waiting or running, and not once it is over", async (lab) => {
    const waiting = (await lab.api("POST /web-resize", { body: picture })).json.id;
    assert.equal((await lab.api(`DELETE /${waiting}`)).status, 202);
    const gone = await lab.api(`GET /${waiting}/result`);
    assertProblem(gone, 409);
    assert.equal(gone.json.state, "cancelled");
    await lab.worker();
    const running =
      (await lab.api("POST /web-resize", { body: { ...picture, name: "slow" } })).json.id;
    const progress = async () => (await lab.api(`GET /${running}`)).json.progress === 50;
    await until("it is half done", progress);
    assert.equal((await lab.api(`POST /${running}/cancel`)).status, 202);
    assertProblem(await lab.api(`GET /${running}/result?wait=10s`), 409);
    const done = (await lab.api("POST /web-resize", { body: picture })).json.id;
    assert.equal((await lab.api(`GET /${done}/result?wait=10s`)).status, 200);
    assertProblem(await lab.api(`DELETE /${done}`), 409);
  });

  on("how long to wait has its bounds", async (lab) => {
    const { id } = await lab.rl.apush(resize, picture);
    for (const wait of ["61s", "-1", "x", "1h", "1e99", "", "%00"]) {
      assertProblem(await lab.api(`GET /${id}/result?wait=${wait}`), 400);
    }
  });

  on("a task is followed until it is over, and not taken up again", async (lab) => {
    const { id } = await lab.rl.apush(resize, { ...picture, name: "slow" });
    const { response, told, ended } = await lab.follow(id);
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type")!, /^text\/event-stream/);
    assert.match(response.headers.get("cache-control")!, /no-transform/);
    assert.equal(response.headers.get("x-accel-buffering"), "no");
    await until("it is told to be ready", () => told.includes("ready"));
    await lab.worker();
    await until("its progress is told", () => told.includes("running 50"));
    await lab.rl.handle(id).cancel();
    await bounded("it ends", ended, 10_000);
    assert.equal(told.at(-1), "cancelled");
    const { response: again } = await lab.follow(id, { "last-event-id": "final" });
    assert.equal(again.status, 204);
    const late = await lab.follow(id);
    await bounded("that ends at once", late.ended);
    assert.deepEqual(late.told, ["cancelled"]);
  });

  on("whoever follows and leaves is forgotten", async (lab) => {
    const { id } = await lab.rl.apush(resize, picture);
    const channels = async () => (await lab.redis.pubsub("CHANNELS", `*${lab.prefix}:*`)).length;
    const before = await channels();
    const { told, leave } = await lab.follow(id);
    await until("it is told where it stands", () => told.length === 1);
    leave();
    await until("nobody listens any more", async () => await channels() <= before);
  });

  if (stage.patient) {
    on("what is silent for long is said to be there, and not cut", async (lab) => {
      const { id } = await lab.rl.apush(resize, picture);
      const { told, ended } = await lab.follow(id);
      const waiting = lab.api(`GET /${id}/result?wait=12s`);
      await until(
        "it said so twice",
        () => told.filter((each) => each === ":").length >= 2,
        12_000,
      );
      assert.equal((await waiting).status, 202);
      await lab.rl.handle(id).cancel();
      await bounded("it ends", ended, 10_000);
    });
  }
}

/** Follows the events at `url`. */
async function following(url: string, headers: Record<string, string>): Promise<Following> {
  const leaving = new AbortController();
  const response = await fetch(url, { headers, signal: leaving.signal });
  const told: string[] = [];
  const ended = (async () => {
    let text = "";
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const events = (text + piece).split("\n\n");
      text = events.pop()!;
      told.push(...events.map(shown));
    }
  })();
  ended.catch(() => {});
  return { response, told, ended, leave: () => leaving.abort() };
}

function shown(event: string): string {
  if (event.startsWith(":")) return ":";
  const { state, progress } = JSON.parse(/^data: (.*)$/m.exec(event)![1]!);
  return progress === undefined ? state : `${state} ${progress}`;
}
