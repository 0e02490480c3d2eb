/**
 * The dashboard in Chromium, against a working cluster with 100,000 tasks: every page
 * in both themes and on a phone, live, by keyboard, and with hostile stored data.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Hono } from "hono";
import type { Browser, Page } from "playwright-core";
import { serve, type Served } from "../../adapters/http/node_server.ts";
import { pages } from "../../adapters/dashboard/routes.ts";
import { dashboard } from "../../adapters/hono.ts";
import { taskTypes } from "../../core/console/task_types.ts";
import {
  createRelier,
  createWorker,
  type Relier,
  rlTask,
  taskContext,
  type TaskHandle,
  type Worker,
} from "../../mod.ts";
import { complaintsOfAxe, movesOf, newPage, startBrowser, watchMoves } from "../support/browser.ts";
import { listeningLogger } from "../support/listening_logger.ts";
import { openWorkerProcesses, type WorkerProcesses } from "../support/worker_processes.ts";
import { scaled } from "../support/machine_speed.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { hold } from "../support/tasks.ts";
import { until } from "../support/until.ts";

const evil = `"><img src=x onerror="window.hurt=1"><script>window.hurt=1</script>`;
const many = 100_000;
const token = "a-token-of-enough-length";
/** The time limit of a page on the server, with so many tasks. */
const mostMs = scaled(300);

let healed = false;
const twice = { attempts: 2, backoff: "fixed", base: 1 } as const;
const mends = rlTask("mends", { queue: "work", retry: twice }, (_: string) => {
  taskContext().log.warn(`no host ${evil}`, { long: "x".repeat(500) });
  if (!healed) throw new TypeError(`not yet ${evil}`);
  return "mended";
});
const waits = rlTask("waits", { queue: "backlog" }, (_: number, __: string) => {});

let redis: RedisServer;
let relier: Relier;
let worker: Worker;
let processes: WorkerProcesses;
let browser: Browser;
let served: Served;
let dead: TaskHandle<string>;
/** The addresses of a dashboard without access control, and of one that requires a token. */
let open = "";
let closed = "";

before(async () => {
  redis = await startRedis();
  relier = createRelier({ redis: redis.url, prefix: "rl" });
  worker = createWorker(relier, {
    name: `w ${evil}`.slice(0, 100),
    queues: ["work"],
    logger: listeningLogger().logger,
    handleSignals: false,
  });
  const app = new Hono()
    .route("/open", dashboard(relier, { auth: "dangerously-none" }))
    .route("/closed", dashboard(relier, { auth: { token } }));
  const filling = (async () => {
    const batch = 5000;
    for (let done = 0; done < many; done += batch) {
      const rows = Array.from({ length: batch }, (_, i) => [done + i, evil] as [number, string]);
      await relier.apushMany(waits, rows, done === 0 ? { delay: "1h" } : {});
    }
  })();
  [browser, served, processes] = await Promise.all([
    startBrowser(),
    serve((request, env) => app.fetch(request, env), { port: 0, hostname: "127.0.0.1" }),
    openWorkerProcesses(redis.url),
    filling,
    worker.start(),
  ]);
  [open, closed] = [`${served.url}/open`, `${served.url}/closed`];
  dead = await relier.apush(mends, evil);
  await until("it is dead", async () => (await dead.status()).state === "dead");
  await relier.queue("backlog").pause("claims", evil);
  await until("workers have reported its type", async () => {
    const types = await taskTypes(relier, { range: "15m" });
    return types.some(({ name }) => name === "mends");
  }, 30_000);
});

after(async () => {
  await browser?.close();
  await served?.close();
  await processes?.close();
  await worker?.drain({ timeout: 0 });
  await relier?.close();
  await redis?.kill();
});

/** The pages, with a value for each name in their paths. */
function paths(): string[] {
  const names: Readonly<Record<string, string>> = {
    queue: "work",
    name: "mends",
    id: encodeURIComponent(dead.id),
  };
  return pages.map(({ path }) =>
    path.replace(/^\//, "").replace(/:(\w+)/g, (_, name: string) => names[name]!)
  );
}

/** Opens a page and runs the checks for all pages; a check that load has delayed runs again. */
async function visit(page: Page, url: string): Promise<void> {
  let took = Infinity;
  for (let looks = 0; looks < 3 && took >= mostMs; looks++) {
    const response = await page.goto(url);
    assert.equal(response!.status(), 200, url);
    const serverMs = /dur=([\d.]+)/.exec(response!.headers()["server-timing"]!)![1];
    took = Math.min(took, Number(serverMs));
  }
  assert.ok(took < mostMs, `${url} took ${took} ms on the server`);
}

/** Waits until the expression `text` is true in the page. */
function holds(what: string, page: Page, text: string): Promise<void> {
  return until(what, async () => await page.evaluate(text) === true, 10_000);
}

/** Waits for the next patch of the page. */
async function patched(page: Page): Promise<void> {
  const count = 'Number(document.body.dataset.patched ?? "0")';
  const before = await page.evaluate(count);
  await holds("the page is patched", page, `${count} > ${before}`);
}

for (
  const [look, how] of [
    [{ theme: "light" }, "in the light"],
    [{ theme: "dark" }, "in the dark"],
    [{ theme: "light", width: 375 }, "on a telephone"],
  ] as const
) {
  test(`every page opens ${how} among 100,000 tasks: at once and without an error, for every role`, async () => {
    const wrong: string[] = [];
    const page = await newPage(browser, wrong, look);
    for (const path of paths()) {
      await visit(page, `${open}/${path}`);
      const [wide, room] = await page.evaluate(
        "[document.documentElement.scrollWidth, innerWidth]",
      ) as [number, number];
      assert.ok(wide <= room, `${path} is ${wide} wide where there is room for ${room}`);
      wrong.push(...await complaintsOfAxe(page));
      assert.equal(await page.evaluate("window.hurt"), undefined, `${path} ran what was stored`);
    }
    await page.context().close();
    assert.deepEqual(wrong, []);
  });
}

test("a page updates itself: a push appears, and no file is loaded again", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, `${open}/queues`);
  await page.evaluate("window.same = true");
  const ready = page.locator('tr[data-key="backlog"] a[href*="state=ready"]');
  assert.equal(await ready.textContent(), "95,000");
  await relier.apush(waits, 1, evil);
  await until("it is seen", async () => await ready.textContent() === "95,001");
  assert.equal(await page.evaluate("window.same"), true);
  assert.equal(await page.evaluate("window.hurt"), undefined);
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("a killed worker disappears from its page, and is listed among the lost ones", async () => {
  const workerProcess = await processes.startWorker({ name: "victim", queues: ["victims"] });
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, `${open}/phoenix`);
  const workers = await newPage(browser, wrong);
  await visit(workers, `${open}/workers`);
  await workers.getByText("victim", { exact: true }).waitFor();
  const held = await hold.with({ queue: "victims" }).apush("held", 60_000);
  await until("it runs", async () => (await held.status()).state === "running");
  await processes.startWorker({ name: "other", queues: ["victims"] });
  await patched(page);
  await workerProcess.kill();
  await workers.getByText("victim", { exact: true }).waitFor({ state: "detached" });
  await page.locator("#deaths").getByText("victim").waitFor();
  const raised = page.locator("#raised tr", { hasText: "hold" });
  await raised.getByText("presence").waitFor();
  await raised.getByText("running").waitFor();
  await Promise.all([page, workers].map((each) => each.context().close()));
  assert.deepEqual(wrong, []);
});

test("dead tasks are released from their page and run, and the user is recorded", async () => {
  healed = true;
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, `${open}/tasks/${encodeURIComponent(dead.id)}`);
  await page.getByRole("button", { name: "Release", exact: true }).click();
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.locator("#said p").waitFor();
  await until("it has run", async () => (await dead.status()).state === "completed");
  assert.equal(await dead.result(), "mended");
  await visit(page, `${open}/audit`);
  await page.locator("#log").getByText(dead.id).first().waitFor();
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("keys reach every page, and their help describes them", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, open);
  for (const { path, nav } of pages) {
    if (!nav) continue;
    await page.keyboard.press(nav.key);
    await page.waitForURL((url) =>
      url.pathname.replace(/\/$/, "") === `/open${path}`.replace(/\/$/, "")
    );
    assert.equal(await page.locator("nav [aria-current]").textContent(), nav.label + nav.key);
  }
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("q");
  await page.waitForURL(`${open}/queues`);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await page.evaluate("document.activeElement.closest('tr').rowIndex"), 2);
  await page.keyboard.press("/");
  await page.keyboard.type("wor");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${open}/queues?search=wor`);
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("a button shows the command that does the same, and the next one undoes its effect", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, `${open}/queues/work`);
  const pause = page.getByRole("button", { name: "Pause workers" });
  await pause.focus();
  assert.equal(await page.locator("#command").textContent(), "$ rl queues pause work");
  await pause.click();
  await page.getByRole("status").getByText("Queue work is paused").waitFor();
  assert.notEqual((await relier.queue("work").stats()).paused.claims, null);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("status").getByText("Queue work is resumed").waitFor();
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("irreversible actions ask for confirmation in place, and run only after it", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, `${open}/workers`);
  await page.getByRole("button", { name: "Stop" }).first().click();
  const question = page.locator("#question");
  assert.match(await question.textContent() ?? "", /stop now.*rl worker stop/s);
  await question.getByRole("button", { name: "Back" }).click();
  await patched(page);
  assert.equal((await relier.queue("work").workers())[0]!.info.state, "working");
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("a theme is chosen once, and the next page has it from its first moment", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, open);
  await page.getByText("Settings", { exact: true }).click();
  await page.getByLabel("Theme").selectOption("dark");
  await visit(page, `${open}/workers`);
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("times use the reader's time zone if chosen, on every page and after updates", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong, { zone: "Asia/Kolkata" });
  await visit(page, `${open}/tasks/${encodeURIComponent(dead.id)}`);
  const pushed = (await relier.queue("work").inspect(dead.id)).enqueuedAt;
  const iso = pushed.toISOString().replace("T", " ").replace("Z", "");
  const there = new Date(pushed.getTime() + 19_800_000).toISOString().replace("T", " ");
  const clock = page.locator("#head time[data-clock]");
  assert.equal(await clock.textContent(), `${iso} UTC`);
  await page.getByText("Settings", { exact: true }).click();
  const zone = page.getByLabel("Time zone");
  await zone.selectOption("local");
  assert.equal(await clock.textContent(), there.replace("Z", " +05:30"));
  await visit(page, `${open}/queues/work`);
  await visit(page, page.url().replace("queues/work", `tasks/${encodeURIComponent(dead.id)}`));
  await holds("the page is patched", page, "Number(document.body.dataset.patched) > 0");
  assert.equal(await clock.textContent(), there.replace("Z", " +05:30"));
  const titles = await page.locator("time[title]").evaluateAll((all) =>
    all.map((each) => (each as unknown as { title: string }).title)
  );
  assert.ok(titles.length > 0 && titles.every((title) => title.endsWith(" +05:30")), `${titles}`);
  await page.getByText("Settings", { exact: true }).click();
  await zone.selectOption("UTC");
  assert.equal(await clock.textContent(), `${iso} UTC`);
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("the refresh interval is chosen once, and holds from then on", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, `${open}/queues`);
  const every = page.getByLabel("Refresh every");
  await page.getByText("Settings", { exact: true }).click();
  for (const next of ["2s", "5s", "30s"]) {
    const asked = page.waitForRequest(/\/live\/queues$/);
    await every.selectOption(next);
    await asked;
    const cookies = await page.context().cookies();
    assert.equal(cookies.find(({ name }) => name === "rl_every")?.value, next);
  }
  await visit(page, `${open}/workers`);
  assert.equal(await every.inputValue(), "30s");
  await page.getByRole("button", { name: "live" }).click();
  await page.getByText("Settings", { exact: true }).click();
  await every.selectOption("1s");
  assert.equal(await page.locator("#live").textContent(), "paused", "what was stopped stays so");
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("without a script every page can be read, and actions work", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  for (const path of paths()) {
    assert.equal((await page.goto(`${open}/${path}`))!.status(), 200, path);
    await page.locator("nav [aria-current], h1").first().waitFor();
  }
  await page.goto(`${open}/queues/work`);
  await page.getByRole("button", { name: "Pause workers" }).click();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("Queue work is resumed").waitFor();
  await context.close();
});

test("a token gives access once, and is in no address and no cookie from then on", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await page.goto(`${closed}/workers?token=${token}`);
  assert.equal(page.url(), `${closed}/workers`);
  await page.getByRole("heading", { name: "Workers" }).waitFor();
  const cookies = await page.context().cookies();
  assert.ok(cookies.every(({ value }) => !value.includes(token)));
  assert.equal(await page.evaluate("document.cookie.includes('rl_session')"), false);
  await page.getByText("Settings", { exact: true }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${closed}/`);
  await page.context().close();
  // The form for a token comes with a 401, which the browser logs.
  assert.deepEqual(wrong.filter((each) => !each.includes("401")), []);
});

test("checked boxes stay checked during updates, and are those that the question names", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, `${open}/tasks?queue=backlog&state=ready`);
  for (const row of [1, 3]) await page.locator(`tbody tr:nth-child(${row}) input`).check();
  await patched(page);
  await page.getByRole("button", { name: "Cancel …" }).click();
  assert.match(await page.locator(".confirm").textContent() ?? "", /Cancel 2 tasks\?/);
  await page.getByRole("link", { name: "Back" }).click();
  assert.equal((await relier.queue("backlog").stats()).counts.cancelled, 0);
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("an action on many tasks proceeds piece by piece on its own, until a user stops it", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, `${open}/tasks?queue=backlog&state=ready`);
  await page.getByLabel("Select all tasks on this page").check();
  await page.getByText("50 selected").waitFor();
  await page.getByRole("radio", { name: /^all [\d,]+ matching/ }).check();
  await page.getByRole("button", { name: "Cancel …" }).click();
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByRole("heading", { name: /^[4-9],000 cancelled$/ }).waitFor();
  await page.getByRole("link", { name: "Stop" }).click();
  await page.getByRole("heading", { name: "Tasks" }).waitFor();
  const { counts } = await relier.queue("backlog").stats();
  assert.ok(counts.cancelled >= 4000 && counts.cancelled < many, `${counts.cancelled} cancelled`);
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("another site can neither frame it nor trigger actions", async () => {
  const { port } = new URL(served.url);
  const enemy = await serve(
    (request) =>
      new Response(
        `<iframe src="${open}/queues"></iframe><form method="post" action="${open}/act/queue.pause">
         <input name="queue" value="work"><input name="what" value="claims"><button>win</button></form>
         <p>${new URL(request.url).pathname}</p>`,
        { headers: { "content-type": "text/html" } },
      ),
    { port: 0, hostname: "127.0.0.1" },
  );
  const page = await newPage(browser, []);
  try {
    // The address uses another host name, not only another port.
    await page.goto(enemy.url.replace("127.0.0.1", "localhost"));
    const [, frame] = page.frames();
    await until("the frame has given up", () => frame!.url().startsWith("chrome-error"));
    const answered = page.waitForResponse((response) =>
      response.url().includes(`:${port}/open/act`)
    );
    await page.getByRole("button", { name: "win" }).click();
    assert.equal((await answered).status(), 403);
    assert.equal((await relier.queue("work").stats()).paused.claims, null);
  } finally {
    await page.context().close();
    await enemy.close();
  }
});

test("the bulk bar appears with a selection, with the verbs that apply, and Enter opens a row", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, `${open}/tasks?queue=backlog&state=ready&state=scheduled`);
  const bar = page.locator("#bulk");
  const cancel = bar.getByRole("button", { name: "Cancel …" });
  const runNow = bar.getByRole("button", { name: "Run now …" });
  assert.equal(await bar.isVisible(), false, "nothing is selected");
  await page.locator('tr[data-state="ready"] input').first().check();
  await page.getByText("1 selected").waitFor();
  assert.deepEqual([await cancel.isVisible(), await runNow.isVisible()], [true, false]);
  await page.keyboard.press("Escape");
  await page.evaluate("document.activeElement.blur()");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/open\/tasks\/backlog~/);
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("suggestions complete the last word of a search, and a chip removes its condition", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, `${open}/tasks`);
  const search = page.getByRole("combobox", { name: "Search tasks" });
  await search.pressSequentially("error:none que");
  const offers = "[...document.querySelectorAll('#suggestions option')].map(({ value }) => value)";
  assert.ok((await page.evaluate(offers) as string[]).includes("error:none queue:work"));
  await search.fill("error:none queue:work");
  await search.press("Enter");
  await page.getByText("No task matches.").waitFor();
  await page.getByRole("link", { name: "Remove error none" }).click();
  await page.waitForURL(`${open}/tasks?queue=work`);
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("the overview does not move while tasks run, fail and die", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, open);
  await watchMoves(page);
  healed = false;
  const doomed = await Promise.all([1, 2, 3].map((n) => relier.apush(mends, `overview ${n}`)));
  await until(
    "they are dead",
    async () =>
      (await Promise.all(doomed.map((each) => each.status()))).every(({ state }) =>
        state === "dead"
      ),
  );
  await page.locator("#alerts").getByText("last 5 min").waitFor();
  for (let i = 0; i < 3; i++) await patched(page);
  const { sum, what } = await movesOf(page);
  assert.ok(sum < 0.05, `it moved by ${sum}: ${what}`);
  await page.context().close();
  assert.deepEqual(wrong, []);
});

test("a chart shows the numbers of the moment under the pointer", async () => {
  const wrong: string[] = [];
  const page = await newPage(browser, wrong);
  await visit(page, `${open}?range=live`);
  await patched(page);
  await page.locator(".chart .area").first().hover();
  await page.locator("#moment").getByText("pushed").waitFor();
  await page.mouse.move(2, 2);
  await page.locator("#moment").waitFor({ state: "hidden" });
  await page.context().close();
  assert.deepEqual(wrong, []);
});
