/**
 * A worker process whose date is wrong: its clock is set before anything else
 * is loaded, and again and again while it works.
 *
 * @module
 */

import "./clock_skew.ts";
import "./worker_program.ts";
