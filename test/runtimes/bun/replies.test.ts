/**
 * A port over Bun's own client, for every reply a server may send.
 *
 * @module
 */

import { connect } from "../../../adapters/bun.ts";
import { repliesSuite } from "../../conformance/replies.ts";

repliesSuite("bun", connect, /is a cluster.*@relier\/core\/ioredis/);
