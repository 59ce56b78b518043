/**
 * The forms that texts in a fleet file have: names, domains, addresses, keys, references to secrets.
 *
 * Every form says in words what is expected, so that an error and the reference can repeat it, and many know
 * what people commonly write instead. By convention in this folder, the message of a valibot issue is not a
 * sentence: its first line is what would have been right, its second line, if any, what to do.
 */
import { isIP } from "node:net";
import * as v from "valibot";
import { parsePublicKey } from "../chain/keys/text.ts";
import { isName } from "../chain/name.ts";
import { countryLike, countryName, isCountry } from "./country.ts";
import { isSecretReference, SECRET_FORM, SECRET_PATTERN } from "./secret.ts";

interface Form {
  /** What would be right, in words that fit after "expected:". */
  expected: string;
  accepts: (text: string) => boolean;
  /** A regular expression for editors; may take more than `accepts` does. */
  pattern?: string;
  /** What to do about a text that is refused. */
  help?: (text: string) => string | undefined;
}

/** An issue's message: what would have been right, and what to do. */
export function saying(expected: string, help?: string): string {
  return help === undefined ? expected : `${expected}\n${help}`;
}

function textForm({ expected, accepts, pattern, help }: Form) {
  return v.pipe(
    v.string(expected),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed || accepts(dataset.value)) return;
      addIssue({ message: saying(expected, help?.(dataset.value)) });
    }),
    v.metadata(pattern === undefined ? {} : { pattern }),
  );
}

function matching(pattern: string): Pick<Form, "accepts" | "pattern"> {
  const whole = new RegExp(pattern);
  return { pattern, accepts: (text) => whole.test(text) };
}

const NAME_PATTERN = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
/** True for the form that all names in a fleet file have, but host names. */
export const isOwnName = (text: string) => new RegExp(NAME_PATTERN).test(text);
const nameLike = (text: string) => {
  const name = text
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/[\s_.]+/g, "-")
    .replaceAll(/[^a-z0-9-]/g, "")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 63);
  return isOwnName(name) ? `for example \`${name}\`` : undefined;
};

/** Names become file names, host names and labels of series, so they keep to what all of these allow. */
export const ownName = textForm({
  expected: "a name of lower-case letters, digits and hyphens, at most 63 characters",
  pattern: NAME_PATTERN,
  accepts: isOwnName,
  help: nameLike,
});

/** The name of something declared elsewhere in the file. */
export function nameOf(what: string) {
  return textForm({ expected: `the name of ${what}`, pattern: NAME_PATTERN, accepts: isOwnName });
}

/** What a hostname leads to: a node by its name, or all nodes of a role. */
export const servedNode = textForm({
  expected: "the name of a node, or all nodes of a role, like role:api",
  ...matching("^(role:)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"),
  help: (text) => (/^role\s*:/.test(text) ? "write it without a space: `role:api`" : undefined),
});

/** Words for people. */
export const words = textForm({
  expected: "text on one line, not empty, at most 200 characters",
  accepts: (text) => text.trim() !== "" && text.length <= 200 && !/\p{Cc}/u.test(text),
});

/** ISO 3166-1 alpha-2. */
export const country = textForm({
  expected: "a country's two letters as in ISO 3166-1, like CR",
  pattern: "^[A-Z]{2}$",
  accepts: isCountry,
  help: (text) => {
    const code = countryLike(text);
    return code === undefined ? undefined : `${countryName(code)} is \`${code}\``;
  },
});

const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const HOSTNAME_PATTERN = `^(${LABEL}\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`;
const isHostname = (text: string) => text.length <= 253 && new RegExp(HOSTNAME_PATTERN).test(text);
const hostnameHelp = (text: string) => {
  if (/^[a-z]+:\/\//i.test(text)) return "write the name alone, without `https://` and without a path";
  return isHostname(text.toLowerCase()) ? `write it in lower case: \`${text.toLowerCase()}\`` : undefined;
};

/** A domain that the operator owns. */
export const domain = textForm({
  expected: "a domain in lower case, like eosio.cr",
  pattern: HOSTNAME_PATTERN,
  accepts: isHostname,
  help: hostnameHelp,
});

/** A full host name. */
export const hostname = textForm({
  expected: "a full host name in lower case, like api.eosio.cr",
  pattern: HOSTNAME_PATTERN,
  accepts: isHostname,
  help: hostnameHelp,
});

/** An address of digits and dots that is no IP address is a mistyped one, never a host name. */
const isHost = (text: string) =>
  isIP(text) !== 0 || (/[a-z]/i.test(text) && new RegExp(`^(${LABEL}\\.)*${LABEL}$`).test(text.toLowerCase()));

/** Where a machine answers. */
export const machineAddress = textForm({
  expected: "an IP address or a host name, without a port",
  accepts: isHost,
  help: (text) => (/:\d+$/.test(text) && isIP(text) === 0 ? "leave the port to the nodes" : undefined),
});

/** Where a node takes peers. */
export const peerAddress = textForm({
  expected: "an address with its port, like 10.77.0.11:9876",
  accepts: (text) => {
    const parts = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
    const port = Number(parts?.[3]);
    return parts !== null && isHost(parts[1] ?? parts[2] ?? "") && port >= 1 && port <= 65535;
  },
  help: (text) => {
    if (/^[a-z]+:\/\//i.test(text)) return "write the address alone, without `p2p://` or `http://`";
    return isHost(text) ? `add the port: \`${isIP(text) === 6 ? `[${text}]` : text}:9876\`` : undefined;
  },
});

/** Where a node's HTTP API answers. */
export const apiUrl = textForm({
  expected: "http://host:port, https://host or unix:/path/to.sock",
  pattern: "^(https?://|unix:/)",
  accepts: (text) => {
    if (/^unix:\/[^\p{Cc}]+$/u.test(text)) return true;
    const url = parseUrl(text);
    const isOrigin =
      url?.pathname === "/" && url.search === "" && url.hash === "" && url.username + url.password === "";
    return isOrigin && /^https?:$/.test(url.protocol);
  },
  help: (text) => {
    const url = parseUrl(text);
    if (url !== undefined && url.username + url.password !== "")
      return "leave the user and the password out of the address";
    if (url !== undefined && /^https?:$/.test(url.protocol)) return `write the address alone: \`${url.origin}\``;
    return isHost(text.split(":")[0] ?? "") && !text.includes("/") ? `write \`http://${text}\`` : undefined;
  },
});

/** A page on the web. */
export const webUrl = textForm({
  expected: "an address on the web, like https://example.org",
  pattern: "^https?://",
  accepts: (text) => {
    const url = parseUrl(text);
    return url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.password === "";
  },
  help: (text) => (text.includes("://") || !text.includes(".") ? undefined : `write \`https://${text}\``),
});

/** The chain's identity: the hash of its genesis. */
export const chainId = textForm({
  expected: "64 hexadecimal digits in lower case",
  ...matching("^[0-9a-f]{64}$"),
  help: (text) => {
    if (!/^[0-9a-fA-F]+$/.test(text)) return "ask any node of the chain for `chain_id` in `/v1/chain/get_info`";
    return text.length === 64 ? "write it in lower case" : `this one has ${text.length}`;
  },
});

/** An account of an Antelope chain. */
export const account = textForm({
  expected: "an account name: 1 to 12 characters of a-z, 1-5 and dots, not ending in a dot",
  pattern: "^[a-z1-5.]{0,11}[a-z1-5]$",
  accepts: (text) => text !== "" && text.length <= 12 && isName(text),
});

/** A public key that signs blocks. */
export const publicKey = textForm({
  expected: "a public key, EOS… or PUB_K1_…, with a valid checksum",
  pattern: "^(EOS|PUB_(K1|R1)_)[1-9A-HJ-NP-Za-km-z]+$",
  accepts: (text) => {
    try {
      return parsePublicKey(text).kind !== "WA";
    } catch {
      return false;
    }
  },
});

/** A public key that votes for finality; its 96 bytes and checksum make 134 letters. */
export const finalizerKey = textForm({
  expected: "a finalizer's public key, PUB_BLS_… with 134 letters",
  ...matching("^PUB_BLS_[A-Za-z0-9_-]{134}$"),
});

/** A secret, by reference. */
export const secret = v.pipe(
  textForm({ expected: SECRET_FORM, pattern: SECRET_PATTERN, accepts: isSecretReference }),
  v.guard(isSecretReference),
);

const EMAIL_PATTERN = "^[^\\s@<>:]+@[^\\s@<>]+\\.[^\\s@<>.]+$";

/** An address that may be published. */
export const email = textForm({ expected: "an email address", ...matching(EMAIL_PATTERN) });

/** A person's address: written out if it is public anyway, else by reference. */
export function contact(expected: string, pattern: string) {
  return textForm({ expected: `${expected}, or ${SECRET_FORM}`, ...matching(`${pattern}|${SECRET_PATTERN}`) });
}

/** A person's email address. */
export const personalEmail = contact("an email address", EMAIL_PATTERN);

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
