/**
 * Finds secrets that stand in a fleet file, so that no message and no quoted line ever repeats one.
 *
 * It errs on the side of hiding: the text is searched whether or not it is good YAML, comments included, and
 * a value under any key that sounds like a secret is hidden unless it is a reference.
 */
import * as v from "valibot";
import type { FleetDocument } from "./document.ts";
import { nearest } from "./nearest.ts";
import { isSecretReference } from "./secret.ts";
import type { Span } from "./source.ts";
import { finalizerKey, publicKey } from "./text-form.ts";

/** WIF, `PVT_…` and PEM, somewhat wider than their exact forms so that a mistyped or half copied key is still one. */
const PRIVATE_KEY =
  /5[HJK][1-9A-HJ-NP-Za-km-z]{43,}|PVT_[A-Z0-9]{1,4}_[\w+/=-]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\s\S]*?-----END [A-Z ]*-----|[\s\S]*)/dg;
const SECRET_WORDS = ["phone", "mobile", "privateKey", "password", "passphrase", "secret", "token"];
const SECRET_KEY = /pass(word|phrase|wd)|secret|token|private|api_?key|mnemonic|phone|mobile/i;
/** `key: value` as it looks on one line, whatever the parser made of it. */
const ENTRY = /(?<=^|[\s,{["'-])(?<key>[\w-]{2,40})["']?[ \t]*:[ \t]+(?<value>[^\s#][^\n]*)/dg;
const URL_PASSWORD = /\/\/[^\s/@:]*:(?<password>[^\s/@]+)@/dg;

/** Private keys anywhere in the text. */
export function privateKeySpans(text: string): Span[] {
  return [...text.matchAll(PRIVATE_KEY)]
    .filter((match) => !isPublicKey(wordAround(text, match.index)))
    .map((match) => toSpan(match.indices?.[0]));
}

/** Everything in the text that must not be shown. */
export function secretSpans(text: string, document: FleetDocument): Span[] {
  const values = document
    .scalarEntries()
    .filter(({ key, value }) => soundsSecret(key) && !(typeof value === "string" && isSecretReference(value)));
  const entries = [...text.matchAll(ENTRY)].filter(
    ({ groups }) => soundsSecret(groups?.key ?? "") && !/^["']?(env:|file:\/)/.test(groups?.value ?? ""),
  );
  return [
    ...privateKeySpans(text),
    ...values.map(({ span }) => span),
    ...entries.map((match) => toSpan(match.indices?.groups?.value)),
    ...[...text.matchAll(URL_PASSWORD)].map((match) => toSpan(match.indices?.groups?.password)),
  ];
}

/** True for keys under which people write secrets, also mistyped. */
export function soundsSecret(key: string): boolean {
  return SECRET_KEY.test(key) || nearest(key, SECRET_WORDS) !== undefined;
}

/** Public keys are longer texts of the same letters, so what looks like a WIF may be the rest of one. */
function isPublicKey(word: string): boolean {
  return v.is(publicKey, word) || v.is(finalizerKey, word);
}

function wordAround(text: string, offset: number): string {
  const before = /[\w-]*$/.exec(text.slice(Math.max(0, offset - 200), offset))?.[0] ?? "";
  const after = /^[\w-]*/.exec(text.slice(offset, offset + 200))?.[0] ?? "";
  return before + after;
}

function toSpan([start, end]: readonly [number, number] = [0, 0]): Span {
  return { start, end };
}
