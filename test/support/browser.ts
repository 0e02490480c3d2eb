/**
 * A real browser, and pages that record every error in them.
 *
 * @module
 */

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { AxeResults } from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { scaled } from "./machine_speed.ts";
import { requireChromium } from "./require_programs.ts";

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the browser. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = await requireChromium();
  // The command is a path, or a name on the PATH.
  return executablePath.includes("/")
    ? await chromium.launch({ executablePath, args: flags })
    : await chromium.launch({ executablePath: `/usr/bin/${executablePath}`, args: flags });
}

/** The settings of a user's browser. */
export interface Look {
  readonly theme?: "light" | "dark";
  /** Width in pixels. */
  readonly width?: number;
  /** Time zone, such as `Asia/Kolkata`. */
  readonly zone?: string;
}

/** Opens a page in a fresh session; errors of the page are added to `wrong`. */
export async function newPage(
  browser: Browser,
  wrong: string[],
  { theme = "light", width = 1280, zone = "UTC" }: Look = {},
): Promise<Page> {
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height: 800 },
    timezoneId: zone,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(scaled(10_000));
  page.on("console", (message) => {
    if (message.type() === "error") wrong.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`${page.url()}: ${error.message}`));
  page.on("dialog", async (dialog) => {
    wrong.push(`${page.url()}: a dialog, ${dialog.message()}`);
    await dialog.dismiss();
  });
  return page;
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Accessibility faults that axe finds on the page, one line each. */
export async function complaintsOfAxe(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate("axe.run()") as AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ target, failureSummary }) =>
      `${page.url()}: ${id} at ${target.join(" ")}: ${failureSummary?.replaceAll("\n", " ")}`
    )
  );
}

/** Begins to add up how far the parts of a page move without input of the user. */
export async function watchMoves(page: Page): Promise<void> {
  await page.evaluate(`window.moved = { sum: 0, what: {} };
    new PerformanceObserver((list) => {
      for (const { hadRecentInput, value, sources } of list.getEntries()) {
        if (hadRecentInput) continue;
        window.moved.sum += value;
        for (const { node } of sources) {
          const at = node?.closest ? node.closest("[id]")?.id : node?.parentElement?.closest("[id]")?.id;
          const key = (at ?? "") + " " + (node?.className?.baseVal ?? node?.className ?? node?.nodeName);
          window.moved.what[key] = (window.moved.what[key] ?? 0) + value;
        }
      }
    }).observe({
      type: PerformanceObserver.supportedEntryTypes.find((type) => type.startsWith("layout-")),
    })`);
}

/** Returns the sum since {@linkcode watchMoves}, a share of the window, and the parts that moved. */
export async function movesOf(page: Page): Promise<{ sum: number; what: string }> {
  const moved = await page.evaluate("window.moved") as { sum: number; what: object };
  return { sum: moved.sum, what: JSON.stringify(moved.what) };
}
