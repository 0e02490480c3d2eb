/**
 * The progress of a benchmark: a bar on a terminal, elsewhere a line for each series.
 *
 * @module
 */

import type { Screen } from "../../framework/host.ts";
import { createBlock } from "../../terminal/screen.ts";
import { cut } from "../../terminal/text.ts";

/** The progress of measurements. */
export interface Progress {
  /** Reports that the measurement `detail` of the series `title` begins. */
  step(title: string, detail?: string): void;
  /** Prints a message. */
  note(text: string): void;
  /** Removes the bar. */
  close(): void;
}

const barWidth = 24;

/** Shows `total` measurements on `screen`; `print` prints a message elsewhere. */
export function createProgress(
  total: number,
  screen: Screen,
  print: (text: string) => void,
): Progress {
  const block = screen.isTTY ? createBlock(screen) : undefined;
  let begun = 0, last = "";
  return {
    step(title, detail = "") {
      begun++;
      if (block) {
        const done = Math.min(1, (begun - 1) / total);
        const full = Math.round(barWidth * done);
        const bar = "━".repeat(full) + "─".repeat(barWidth - full);
        const line = `${bar} ${Math.floor(100 * done)} %  ${title}${detail && `, ${detail}`}`;
        block.paint([cut(line, (screen.columns || 80) - 1)]);
      } else if (title !== last) {
        print(title);
      }
      last = title;
    },
    note: (text) => block ? block.paint([], `${text}\n`) : print(text),
    close() {
      block?.paint([]);
      block?.close();
    },
  };
}
