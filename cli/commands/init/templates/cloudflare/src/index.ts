import { createRelier, createWorker, type Relier } from "@relier/core";
import { upstash } from "@relier/core/upstash";
import { createApp } from "./app.ts";
import { tasks } from "./tasks.ts";

interface Env {
  readonly UPSTASH_URL: string;
  readonly UPSTASH_TOKEN: string;
  readonly ADMIN_TOKEN?: string;
}

interface Invocation {
  waitUntil(work: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

/** Creates a client per invocation: Workers do not allow I/O of one invocation in another. */
function clientOf({ UPSTASH_URL: url, UPSTASH_TOKEN: token }: Env, invocation: Invocation): Relier {
  return createRelier({
    redis: upstash({ url, token }),
    tasks,
    waitUntil: (work) => invocation.waitUntil(work),
  });
}

export default {
  fetch(request: Request, env: Env, invocation: Invocation): Response | Promise<Response> {
    const app = createApp(clientOf(env, invocation), env.ADMIN_TOKEN);
    return app.fetch(request, env, invocation);
  },

  /** Runs waiting tasks for 25 seconds. A later invocation resurrects a task that is cut off. */
  async scheduled(_event: unknown, env: Env, invocation: Invocation): Promise<void> {
    const worker = createWorker(clientOf(env, invocation), { handleSignals: false });
    const { completed, more } = await worker.tick({ budget: "25s", max: 100 });
    console.log(completed, more ? "completed, more are waiting" : "completed");
  },
};
