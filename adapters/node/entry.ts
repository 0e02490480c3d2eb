/**
 * What every thread and every process starts with that this package makes: its
 * first argument says what it is.
 *
 * @module
 */

import process from "node:process";

const role = process.argv[2];
if (role === "isolate") void import("./isolate_entry.ts");
else void import("./stall_guard_entry.ts");
