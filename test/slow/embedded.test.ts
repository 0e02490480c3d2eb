/**
 * The engine on the embedded Redis: the same tests once more, on the same Lua,
 * without a server.
 *
 * @module
 */

import { useEmbedded } from "../support/relier.ts";

useEmbedded();
await import("../states.test.ts");
await import("../repeat.test.ts");
await import("../fence.test.ts");
await import("../order.test.ts");
await import("../phoenix.test.ts");
await import("../scripts.test.ts");
await import("../tasks.test.ts");
await import("../context.test.ts");
await import("../retries.test.ts");
await import("../idempotency.test.ts");
await import("../admission.test.ts");
await import("../limits.test.ts");
await import("../rates.test.ts");
await import("../listing.test.ts");
await import("../operator.test.ts");
await import("../closed_queue.test.ts");
