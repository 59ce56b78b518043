/** `/v1/chain/*`, put together from its parts. */
import type { TestNode } from "../node.ts";
import { accountApi } from "./account-api.ts";
import { blockApi } from "./block-api.ts";
import { chainReader } from "./chain-reader.ts";
import { consensusApi } from "./consensus-api.ts";
import type { Endpoint } from "./endpoint.ts";
import { tableApi } from "./table-api.ts";
import { transactionApi } from "./transaction-api.ts";

export function chainApi(node: TestNode): Endpoint[] {
  return [
    node.info.endpoint(),
    ...blockApi(node),
    ...consensusApi(node),
    ...accountApi(node),
    ...tableApi(node),
    ...transactionApi(node),
    // deferred transactions do not exist any more
    chainReader("get_scheduled_transactions", "optional", () => ({ transactions: [], more: "" })),
  ];
}
