/**
 * Base58 as Bitcoin and EOSIO write it, for the short strings of keys and signatures.
 * Own code because the signer may load nothing but `node:`, `kit`, this folder and one libsecp256k1 binding.
 */
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter, value]));

/** Digits handled at once: 58^9 is the largest power that a double holds exactly. */
const CHUNK = 9;
const CHUNK_BASE = 58n ** BigInt(CHUNK);
/** A WebAuthn signature of the largest size that nodeos takes has fewer. */
const MAX_CHARACTERS = 24 * 1024;

/** Every leading zero byte becomes a `1`; the rest is one big number in base 58. */
export function encodeBase58(bytes: Uint8Array): string {
  const zeros = leading(bytes, 0);
  const digits: string[] = [];
  let rest = zeros === bytes.length ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  while (rest > 0n) {
    let chunk = Number(rest % CHUNK_BASE);
    rest /= CHUNK_BASE;
    for (let i = 0; i < CHUNK && (rest > 0n || chunk > 0); i++) {
      digits.push(ALPHABET.charAt(chunk % 58));
      chunk = Math.floor(chunk / 58);
    }
  }
  return "1".repeat(zeros) + digits.reverse().join("");
}

/** The bytes, or `undefined` when a character is not base58 or the text is too long. */
export function decodeBase58(text: string): Buffer | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  let number = 0n;
  for (let at = 0; at < text.length; at += CHUNK) {
    const part = text.slice(at, at + CHUNK);
    let chunk = 0;
    for (const letter of part) {
      const value = VALUES.get(letter);
      if (value === undefined) return undefined;
      chunk = chunk * 58 + value;
    }
    number = number * 58n ** BigInt(part.length) + BigInt(chunk);
  }
  const hex = number === 0n ? "" : number.toString(16);
  const tail = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return Buffer.concat([Buffer.alloc(leading(text, "1")), tail]);
}

function leading<T>(items: ArrayLike<T>, wanted: T): number {
  let count = 0;
  while (count < items.length && items[count] === wanted) count++;
  return count;
}
