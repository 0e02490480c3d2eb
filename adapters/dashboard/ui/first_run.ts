/**
 * Texts for a system without tasks: what to type to see the first one.
 *
 * @module
 */

import { type Html, html } from "./html.ts";

/** A sentence, and the two ways to push a first task. */
export function firstTask(why: string): Html {
  const command = "rl tasks push hello --json-args '[\"world\"]'";
  const code = `import { rlTask } from "@relier/core";

const hello = rlTask("hello", (name: string) => \`Hello, \${name}\`);
await hello.apush("world");`;
  return html`
    <div class="teach">
      <p>${why}</p>
      <p>Push one from your code:</p>
      <pre tabindex="0" data-copy="${code}">${code}</pre>
      <p>or from a terminal: <code data-copy="${command}">${command}</code></p>
    </div>
  `;
}
