/** Writes the reference of the commands, from what `rl --describe` says of itself. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = new URL("reference/api/commands.md", import.meta.url);
const described = execFileSync(
  process.execPath,
  ["--import", "tsx", "cli/main.ts", "--describe"],
  { cwd: root, encoding: "utf8", maxBuffer: 16_000_000 },
);

/** A text that Markdown and Vue show as it is. */
const plain = (text) =>
  text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("{{", "{&#123;");

const code = (text) => `\`${text.replaceAll("|", "\\|")}\``;

function rowOf({ flags, value, description, default: initial }) {
  const names = flags.map(code).join(", ") + (value === undefined ? "" : ` ${plain(`<${value}>`)}`);
  const said = initial === undefined || initial === true ? "" : ` (default: ${initial})`;
  return `| ${names} | ${plain(description + said)} |`;
}

function table(options) {
  return options.length === 0
    ? []
    : ["| option | meaning |", "| --- | --- |", ...options.map(rowOf), ""];
}

function sectionOf(
  { path, usage, summary, details, positionals = [], options = [], examples = [] },
) {
  const named = positionals.map(({ name, description }) => `- \`${name}\`: ${plain(description)}`);
  return [
    `${"#".repeat(Math.min(path.length + 1, 3))} rl ${path.join(" ")}`,
    "",
    `${plain(summary)}.${details === undefined ? "" : ` ${plain(details)}`}`,
    "",
    "```sh",
    usage,
    ...examples.map((each) => `# ${each}`.replace("# rl", "rl")),
    "```",
    "",
    ...named,
    ...named.length > 0 ? [""] : [],
    ...table(options),
  ];
}

/** Every command below `command`, itself first. */
function all(command) {
  return [command, ...Object.values(command.commands ?? {}).flatMap(all)];
}

const [top, ...commands] = all(JSON.parse(described));
const globals = commands.find(({ path, globals }) => path[0] === "status" && globals)?.globals ??
  [];
const lines = [
  "---",
  "outline: [2, 3]",
  "---",
  "",
  "# Commands",
  "",
  `${plain(top.summary)}. [Command line](../../guide/cli.md) shows the ones you need first.`,
  "",
  "## Options of every command",
  "",
  ...table(globals),
  ...commands.flatMap(sectionOf),
];
writeFileSync(page, lines.join("\n"));
