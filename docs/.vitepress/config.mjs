/** The site: its pages, their order, and their search. */
import { existsSync, readFileSync } from "node:fs";
import { defineConfig } from "vitepress";
import llmstxt from "vitepress-plugin-llms";
import { diagrams } from "./diagrams.mjs";

const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);

/** A group of the sidebar: a title, and pages of one folder. */
const group = (text, folder, pages) => ({
  text,
  collapsed: false,
  items: Object.entries(pages).map(([page, title]) => ({
    text: title,
    link: `${folder}/${page}`,
  })),
});

const sidebar = [
  {
    text: "Start",
    items: [
      { text: "Quick start", link: "/quick-start" },
      { text: "Comparison", link: "/comparison" },
    ],
  },
  group("Concepts", "/concepts", {
    guarantees: "Guarantees and limits",
    states: "The life of a task",
    leases: "Leases and recovery",
  }),
  group("Guide", "/guide", {
    retries: "Retries",
    delays: "Delays",
    timeouts: "Timeouts",
    cancellation: "Cancellation",
    idempotency: "Idempotency",
    steps: "Steps and progress",
    "payloads-and-results": "Payloads and results",
    "dead-letters": "Dead letters",
    limits: "Limits",
    "events-and-logging": "Events and logging",
    errors: "Errors",
    testing: "Testing",
    modules: "Modules and hot reload",
    cli: "Command line",
    dashboard: "Dashboard",
    telemetry: "Telemetry",
  }),
  group("Frameworks", "/guide", {
    hono: "Hono",
    express: "Express",
    fastify: "Fastify",
    nestjs: "NestJS",
  }),
  group("Deployment", "/deployment", {
    checklist: "Production checklist",
    redis: "Redis",
    sizing: "Sizing",
    upgrade: "Upgrades",
    docker: "Docker",
    kubernetes: "Kubernetes",
    systemd: "systemd",
    pm2: "PM2",
    platforms: "Fly, Render, Railway",
    cloudflare: "Cloudflare and Upstash",
  }),
  group("Moving", "/moving", {
    "from-bullmq": "From BullMQ",
    "from-celery": "From Celery",
  }),
  group("Reference", "/reference", {
    options: "Options and defaults",
    glossary: "Glossary",
    "api/": "API",
    "api/commands": "Commands",
  }),
];

/** The pages of the API reference, once typedoc has written them. */
function apiSidebar() {
  const file = new URL(
    "../reference/api/typedoc-sidebar.json",
    import.meta.url,
  );
  if (!existsSync(file)) return [];
  const folders = JSON.parse(readFileSync(file, "utf8"));
  const main = folders.find(({ text }) => text === "mod");
  const others = folders.filter((folder) => folder !== main).flatMap(({ items }) => items);
  const named = (item, text) => ({ ...item, text, collapsed: item !== main });
  return [
    { text: "Documentation", link: "/quick-start" },
    named(main, "@relier/core"),
    ...others.map((item) => named(item, `@relier/core/${item.text}`)),
  ];
}

/** Keeps Vue from reading braces in code as an expression. */
function showCode(md) {
  const rule = md.renderer.rules.code_inline;
  md.renderer.rules.code_inline = (tokens, index, ...rest) => {
    tokens[index].attrSet("v-pre", "");
    return rule(tokens, index, ...rest);
  };
}

export default defineConfig({
  title: "Relier",
  description: "A reliability layer for background tasks on Redis.",
  lang: "en",
  cleanUrls: true,
  head: [["link", { rel: "icon", href: "/icon.svg", type: "image/svg+xml" }]],
  cacheDir: "./node_modules/.vitepress",
  markdown: {
    config(md) {
      diagrams(md);
      showCode(md);
    },
  },
  vite: { plugins: [llmstxt({ ignoreFiles: ["reference/api/**"], sidebar })] },
  themeConfig: {
    nav: [
      { text: "Quick start", link: "/quick-start" },
      { text: "Guide", link: "/guide/retries" },
      { text: "Deployment", link: "/deployment/checklist" },
      { text: "API", link: "/reference/api/" },
      { text: `v${version}`, link: "/deployment/upgrade" },
    ],
    sidebar: {
      "/": sidebar,
      "/reference/api/": apiSidebar(),
      "/reference/api/commands": sidebar,
    },
    outline: [2, 3],
    search: { provider: "local" },
  },
});
