/**
 * `rl config show`: shows each setting and its source.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import type { Setting } from "../../framework/settings.ts";
import { redact } from "../../framework/redact.ts";

const args = {} as const;

const show: Command<typeof args> = command({
  summary: "Show each setting and its source",
  details: "The first of these sources applies: options; the environment (RELIER_REDIS_URL, " +
    "RELIER_PREFIX, RELIER_ENV, RELIER_OUTPUT, RELIER_DEBUG); the configuration file; REDIS_URL; " +
    "the defaults. Passwords are not shown.",
  examples: ["rl config show", "rl config show --json"],
  args,
  async run({ settings, out, host }) {
    const { worker, file, ...others } = settings;
    const all: [string, Setting<unknown>][] = [
      ...Object.entries(others),
      ...Object.entries(worker).map(([key, setting]): [string, Setting<unknown>] => [
        `worker.${key}`,
        setting,
      ]),
    ];
    const safe = (text: string): string => redact(text, host.env);
    const rows = all.map(([key, { value, from }]) => ({
      key,
      value: typeof value === "string" ? safe(value) : value,
      from,
    }));
    const shown = (value: unknown): string =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([name, weight]) => `${name}:${weight}`).join(", ")
        : [value].flat().join(", ");
    const document = Object.fromEntries(rows.map(({ key, ...row }) => [key, row]));
    await Promise.resolve();
    out.record({ file: file ?? null, ...document }, () => {
      out.table(rows, [
        { title: "KEY", of: ({ key }) => key },
        { title: "VALUE", of: ({ value }) => shown(value), flex: true },
        { title: "FROM", of: ({ from }) => out.style.dim(from) },
      ]);
    });
  },
});

export default show;
