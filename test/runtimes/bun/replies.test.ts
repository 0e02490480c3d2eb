/**
 * What Bun's own client makes a port say to everything a server may say.
 *
 * @module
 */

import { connect } from "../../../adapters/bun.ts";
import { repliesSuite } from "../../conformance/replies.ts";

repliesSuite("bun", connect, /is a cluster.*@relier\/core\/ioredis/);
