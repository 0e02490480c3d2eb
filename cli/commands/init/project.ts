/**
 * What a new project is, and the files that every one has.
 *
 * @module
 */

import { version } from "../../framework/version.ts";

/** The templates there are. */
export const templates = ["hono", "express", "bun", "deno", "cloudflare"] as const;

/** What installs packages. */
export const managers = ["npm", "pnpm", "bun", "deno"] as const;

/** A project to write. */
export interface Project {
  readonly name: string;
  readonly template: typeof templates[number];
  readonly pm: typeof managers[number];
}

/** Texts by their paths. */
export type Files = Readonly<Record<string, string>>;

/** The package as a dependency. */
export const ourselves: string = `^${version}`;

/** JSON as people write it. */
export function json(value: object): string {
  return JSON.stringify(value, null, 2) + "\n";
}

/** What the compiler is told where TypeScript is checked by `tsc`. */
export const strict = {
  target: "es2023",
  module: "nodenext",
  types: ["node"],
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
} as const;

/** The task of every project, and what `rl` has to know of it. */
export function taskFiles(): Files {
  return { "relier.config.ts": config, "src/tasks.ts": tasks };
}

/** The same with what tells of its processes, and how they are deployed. */
export function commonFiles(project: Project, run: Run): Files {
  return {
    ...taskFiles(),
    "README.md": readme(project, run),
    Procfile: procfile(run),
    "k8s.yaml": kubernetes(project, run),
  };
}

/** What is typed to run a project. */
export interface Run {
  readonly install: string;
  readonly redis: string;
  readonly server: string;
  readonly worker: string;
  readonly test: string;
}

const config = `/** What the command line "rl" uses; run "rl config show" to see all of it. */
export default {
  worker: { modules: ["./src/tasks.ts"], queues: ["default"], concurrency: 10 },
};
`;

const tasks = `import { rlTask, taskContext } from "@relier/core";

/** Sends the receipt of an order: once for each order, however often it is pushed. */
export const sendReceipt = rlTask(
  "send-receipt",
  {
    idempotent: (order: string) => order,
    retry: { attempts: 5 },
    hardTimeout: "30s",
  },
  async (order: string) => {
    const { idempotencyKey, log } = taskContext();
    // Hand the key to whoever does the work: a task may run again after a crash.
    await new Promise((resolve) => setTimeout(resolve, 100));
    log.info("sent", { order, idempotencyKey });
    return { order, sent: true };
  },
);
`;

function readme(project: Project, run: Run): string {
  return `${titleOf(project)}
${
    shell(
      [run.install],
      [run.redis, "a Redis, and workers for src/tasks.ts; Ctrl-C drains"],
      [run.server, "in another terminal: the server on port 3000"],
    )
  }
${
    shell(
      ["curl -X POST localhost:3000/receipts/o-1", "202, and the id of the task"],
      ["curl localhost:3000/tasks/<id>", "where it stands"],
      [run.test, "needs the Redis from above"],
    )
  }
In production set \`RELIER_REDIS_URL\`, and run the server and \`${run.worker}\` as two processes:
\`Procfile\` and \`k8s.yaml\` show how. SIGTERM drains a worker: what runs may finish, the rest is
handed to another.
`;
}

const titles: Readonly<Record<Project["template"], string>> = {
  hono: "Hono",
  express: "Express",
  bun: "Bun",
  deno: "Deno",
  cloudflare: "Cloudflare Workers",
};

/** How a README begins. */
export function titleOf({ name, template }: Project): string {
  return `# ${name}

Background tasks with [Relier](https://www.npmjs.com/package/@relier/core), on ${titles[template]}.
`;
}

/** Commands to type, as a block of Markdown, with what each does behind it. */
export function shell(...commands: readonly (readonly [line: string, what?: string])[]): string {
  const width = Math.max(...commands.map(([line, what]) => what === undefined ? 0 : line.length));
  const lines = commands.map(([line, what]) =>
    what === undefined ? line : `${line.padEnd(width)}   # ${what}`
  );
  return `\`\`\`sh\n${lines.join("\n")}\n\`\`\`\n`;
}

function procfile({ server, worker }: Run): string {
  return `web: ${server}\nworker: ${worker}\n`;
}

function kubernetes({ name }: Project, { worker }: Run): string {
  return `# The workers. SIGTERM drains them: the grace period has to be longer than a drain (30 s).
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}-worker
spec:
  replicas: 2
  selector:
    matchLabels: { app: ${name}-worker }
  template:
    metadata:
      labels: { app: ${name}-worker }
    spec:
      terminationGracePeriodSeconds: 40
      containers:
        - name: worker
          image: ${name}:latest
          # exec: the signal has to reach the worker, and not a shell.
          command: ["sh", "-c", "exec ${worker}"]
          env:
            - name: RELIER_REDIS_URL
              valueFrom:
                secretKeyRef: { name: redis, key: url }
`;
}
