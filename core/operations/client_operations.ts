/**
 * The methods of a client that operators use; `client/create_relier.ts` loads them on first use.
 *
 * @module
 */

import { keyOption, nameOption } from "../base/options.ts";
import { listQueues, type QueueName } from "../inspection/queue_list.ts";
import { type FindOptions, findTasks } from "../inspection/task_list.ts";
import { type Partition, partitionOf } from "../protocol/keys.ts";
import type { Caller } from "../redis/call.ts";
import { readServerInfo, type ServerInfo } from "../redis/server_info.ts";
import { deleteQueue, type DeleteQueueOptions } from "./delete_queue.ts";
import {
  type ActionPage,
  type ActionPageOptions,
  type OperatorAction,
  readActions,
  recordAction,
} from "./operator_log.ts";

/** The methods, as {@linkcode Relier} documents them. */
export interface ClientOperations {
  queues(): Promise<QueueName[]>;
  find(beginning: string, options?: FindOptions): Promise<string[]>;
  deleteQueue(name: string, options?: DeleteQueueOptions): Promise<void>;
  server(): Promise<ServerInfo>;
  actions(options?: ActionPageOptions): Promise<ActionPage>;
  recordAction(action: OperatorAction): Promise<void>;
}

/** Makes the methods; `registry` is where the names of queues and the actions are stored. */
export function createClientOperations(
  caller: Caller,
  registry: { readonly caller: Caller; readonly partition: Partition },
  prefix: string,
): ClientOperations {
  const queues = () => listQueues(registry.caller, registry.partition);
  return {
    queues,
    async find(beginning, options = {}) {
      const text = keyOption("beginning", beginning);
      const partitions = (await queues()).map(({ name }) => partitionOf(name, 0, prefix));
      return await findTasks(caller, partitions, text, options);
    },
    deleteQueue: async (name, options) => {
      const partition = partitionOf(nameOption("queue", name), 0, prefix);
      await deleteQueue(caller, partition, registry, options);
    },
    server: () => readServerInfo(registry.caller, registry.partition),
    actions: (options = {}) => readActions(registry.caller, registry.partition, options),
    recordAction: (action) => recordAction(registry.caller, registry.partition, action),
  };
}
