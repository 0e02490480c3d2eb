/**
 * `rl idem locks`: which locks are held now.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { listLocks, lockArgs } from "./list.ts";

const locks: Command<typeof lockArgs> = command({
  summary: "List the locks that are held now",
  details: "A lock whose time has run out belongs to whoever asks next: nothing has to be purged.",
  examples: ["rl idem locks", "rl idem locks --watch"],
  args: lockArgs,
  watch: true,
  run: (context) => listLocks(context, ["running"], "locks"),
});

export default locks;
