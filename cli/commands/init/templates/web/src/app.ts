import { AdmissionRejectedError, type Relier, RelierError } from "@relier/core";
import { sendReceipt } from "./tasks.ts";

/**
 * Creates the request handler. A task is in Redis before the response is sent. `token` opens the
 * status of tasks: without one it is closed, because an id can be derived from its order.
 */
export function createApp(
  relier: Relier,
  token = "",
): (request: Request) => Promise<Response> {
  async function answer(request: Request): Promise<Response> {
    const [, what, name = ""] = new URL(request.url).pathname.split("/");
    if (request.method === "POST" && what === "receipts" && name !== "") {
      const task = await relier.apush(sendReceipt, decodeURIComponent(name));
      return Response.json({ id: task.id, outcome: task.outcome }, { status: 202 });
    }
    if (request.method === "GET" && what === "tasks") {
      const isAllowed = token && request.headers.get("authorization") === `Bearer ${token}`;
      if (!isAllowed) return Response.json({ error: "unauthorized" }, { status: 401 });
      return Response.json(await relier.handle(name).status());
    }
    return Response.json({ error: "not found" }, { status: 404 });
  }

  return (request) =>
    answer(request).catch((error) => {
      if (error instanceof AdmissionRejectedError) {
        const headers = { "retry-after": String(error.retryAfter) };
        return Response.json({ error: error.message }, { status: 429, headers });
      }
      if (error instanceof RangeError || RelierError.is(error, "RL_NOT_FOUND")) {
        return Response.json({ error: "task not found" }, { status: 404 });
      }
      console.error(error);
      return Response.json({ error: "internal error" }, { status: 500 });
    });
}
