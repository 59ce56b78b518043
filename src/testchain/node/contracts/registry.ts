/** The contracts that the test chain can run, by the name that their code carries. */
import type { NativeContract } from "./contract.ts";
import { biosContract, bootContract } from "./system.ts";
import { tokenContract } from "./token.ts";

export const CONTRACTS: ReadonlyMap<string, NativeContract> = new Map(
  [bootContract, biosContract, tokenContract].map((contract) => [contract.name, contract]),
);
