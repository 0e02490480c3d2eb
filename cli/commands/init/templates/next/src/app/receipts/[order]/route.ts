import { relier } from "../../../relier.ts";
import { sendReceipt } from "../../../tasks.ts";

/** The task is in Redis before this responds. */
export async function POST(
  _request: Request,
  { params }: { params: Promise<{ order: string }> },
): Promise<Response> {
  const { order } = await params;
  const task = await relier.apush(sendReceipt, { order });
  return Response.json({ id: task.id, outcome: task.outcome }, { status: 202 });
}
