import { relier } from "../relier.ts";
import { sendReceipt } from "../tasks.ts";

/** A server action pushes as a route does. */
async function send(form: FormData): Promise<void> {
  "use server";
  await relier.apush(sendReceipt, { order: String(form.get("order")) });
}

export default function Page() {
  return (
    <form action={send}>
      <label>
        Order <input name="order" defaultValue="o-1" required />
      </label>
      <button type="submit">Send the receipt</button>
    </form>
  );
}
