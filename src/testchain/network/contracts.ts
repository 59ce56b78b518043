/**
 * The three contracts that a chain is booted with: compiled ones from a folder for real nodes, or the test
 * chain's own, whose code only names them.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Abi, parseAbi } from "../../chain/abi/definition.ts";
import { messageOf, Problem } from "../../kit/problem.ts";
import { type NativeContract, nativeCode } from "../node/contracts/contract.ts";
import { biosContract, bootContract } from "../node/contracts/system.ts";
import { tokenContract } from "../node/contracts/token.ts";

export interface Contract {
  name: string;
  code: Buffer;
  abi: Abi;
}

export interface Contracts {
  boot: Contract;
  bios: Contract;
  token: Contract;
}

const WASM_MAGIC = "0061736d";

/** Reads `<dir>/eosio.boot/eosio.boot.wasm` and `.abi`, and so on. Throws `TESTCHAIN_NO_CONTRACT`. */
export function readContracts(dir: string): Contracts {
  return {
    boot: readContract(dir, "eosio.boot"),
    bios: readContract(dir, "eosio.bios"),
    token: readContract(dir, "eosio.token"),
  };
}

export function standInContracts(): Contracts {
  const standIn = ({ name, abi }: NativeContract): Contract => ({ name, code: nativeCode(name), abi });
  return { boot: standIn(bootContract), bios: standIn(biosContract), token: standIn(tokenContract) };
}

function readContract(dir: string, name: string): Contract {
  const file = (extension: string) => join(dir, name, `${name}.${extension}`);
  const missing = [file("wasm"), file("abi")].filter((path) => !existsSync(path));
  if (missing.length > 0) throw unusable(missing.join(" and "), "is missing");
  const code = readFileSync(file("wasm"));
  if (code.toString("hex", 0, 4) !== WASM_MAGIC) throw unusable(file("wasm"), "is not WebAssembly");
  try {
    return { name, code, abi: parseAbi(JSON.parse(readFileSync(file("abi"), "utf8"))) };
  } catch (cause) {
    throw unusable(file("abi"), `is not an ABI: ${messageOf(cause)}`);
  }
}

function unusable(path: string, why: string): Problem {
  return new Problem({
    code: "TESTCHAIN_NO_CONTRACT",
    message: `${path} ${why}`,
    expected: "a folder with eosio.boot/, eosio.bios/ and eosio.token/, in each its .wasm and its .abi",
    help: "see docs/conformance.md for where to get them",
  });
}
