import type { Relier } from "@relier/core";

/** The routes on a client of the tests; only the first client of a process counts. */
export async function openApp(client: Relier, token: string) {
  globalThis.relier ??= client;
  process.env.ADMIN_TOKEN = token;
  const { admin } = await import("../src/admin.ts");
  const { POST } = await import("../src/app/receipts/[order]/route.ts");
  return {
    async send(method: string, path: string, bearer = ""): Promise<Response> {
      const headers = { authorization: `Bearer ${bearer}` };
      const request = new Request(`http://localhost${path}`, { method, headers });
      const [, first, order = ""] = path.split("/");
      if (first !== "receipts") return await admin(request);
      return await POST(request, { params: Promise.resolve({ order }) });
    },
    async [Symbol.asyncDispose]() {},
  };
}
