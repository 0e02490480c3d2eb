/**
 * A worker process whose date is wrong: the clock is skewed before anything else is
 * loaded, and changes while it works.
 *
 * @module
 */

import "./clock_skew.ts";
import "./worker_program.ts";
