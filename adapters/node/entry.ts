/**
 * The start of every thread and every process of this package: the first argument
 * selects the role.
 *
 * @module
 */

import process from "node:process";

const role = process.argv[2];
if (role === "isolate") void import("./isolate_entry.ts");
else void import("./stall_guard_entry.ts");
