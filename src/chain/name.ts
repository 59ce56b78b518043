/**
 * Account, permission, action and table names: up to 13 characters of `.12345a-z` packed into 64 bits,
 * five bits a character, four for the thirteenth.
 */
import { Problem } from "../kit/problem.ts";

const ALPHABET = ".12345abcdefghijklmnopqrstuvwxyz";
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter, BigInt(value)]));

/** Packs a name. Throws `CHAIN_BAD_NAME` for anything nodeos would not accept as normalised. */
export function nameToU64(name: string): bigint {
  let packed = 0n;
  for (let i = 0; i < 13; i++) {
    const letter = name[i];
    const value = letter === undefined ? 0n : VALUES.get(letter);
    if (value === undefined || (i === 12 && value > 15n)) throw badName(name);
    packed |= i < 12 ? value << BigInt(64 - 5 * (i + 1)) : value;
  }
  if (name.length > 13 || name.endsWith(".")) throw badName(name);
  return packed;
}

/** The text of a packed name, trailing dots removed. */
export function u64ToName(packed: bigint): string {
  let name = "";
  for (let i = 0; i < 13; i++) {
    const value = i < 12 ? (packed >> BigInt(64 - 5 * (i + 1))) & 31n : packed & 15n;
    name += ALPHABET[Number(value)];
  }
  return name.replace(/\.+$/, "");
}

/** True for a name that packs and unpacks to itself; the empty name counts. */
export function isName(text: string): boolean {
  return /^[.1-5a-z]{0,12}$|^[.1-5a-z]{12}[.1-5a-j]$/.test(text) && !text.endsWith(".");
}

function badName(name: string): Problem {
  return new Problem({
    code: "CHAIN_BAD_NAME",
    message: `\`${name.slice(0, 40)}\` is not an account name`,
    expected: "at most 12 characters of a-z, 1-5 and dots, not ending in a dot",
  });
}
