import { Injectable } from "@nestjs/common";

/** Stands for a service that tasks depend on. */
@Injectable()
export class Mailer {
  /** Passes the key to the service that does the work: a task may run again after a crash. */
  async send(order: string, key: string): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 100));
    console.log(`sent the receipt of ${order} (${key})`);
  }
}
