/**
 * Hundreds of tasks while workers die: the short form of the storm, for every run of
 * the tests.
 *
 * @module
 */

import { after, test } from "node:test";
import { startRedis } from "../support/redis.ts";
import { outlive } from "../support/storm.ts";

const server = await startRedis();
after(() => server.kill());

test("600 tasks outlive 4 kills: none is lost, none is in two states, none is done twice", () =>
  outlive(server.url, "kills", { count: 600, kills: 4 }));
