/**
 * Amounts with their unit, as people write them: `512 GB`, `1.5 TiB`, `100 Mbps`.
 *
 * `GB` is 10^9 bytes and `GiB` is 2^30, always; memory is built in powers of two, disks are sold in powers of
 * ten, and guessing which one was meant is how a capacity forecast goes wrong by a tenth. A link's speed is in
 * bits a second.
 */
import { Problem } from "../kit/problem.ts";

type Units = Readonly<Record<string, number>>;

const BYTE_UNITS: Units = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  PB: 1e15,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
};
const RATE_UNITS: Units = { bps: 1, kbps: 1e3, Mbps: 1e6, Gbps: 1e9, Tbps: 1e12 };

/** What a size looks like, for errors and the reference. */
export const SIZE_FORM = "a size with its unit, like 512 GB (10^9 bytes) or 512 GiB (2^30 bytes)";
/** What a link's speed looks like. */
export const RATE_FORM = "a speed in bits a second, like 100 Mbps or 1 Gbps";
/** For editors: what {@link parseBytes} takes. */
export const SIZE_PATTERN = "^\\d+(\\.\\d+)? ?(B|[kMGTP]B|[KMGTP]iB)$";
/** For editors: what {@link parseBitsPerSecond} takes. */
export const RATE_PATTERN = "^\\d+(\\.\\d+)? ?[kMGT]?bps$";

/** Bytes of a size such as `512 GB`. Throws `FLEET_BAD_VALUE`. */
export function parseBytes(text: string): number {
  return parse(text, BYTE_UNITS, SIZE_FORM, adviceForBytes);
}

/** Bits a second of a speed such as `100 Mbps`. Throws `FLEET_BAD_VALUE`. */
export function parseBitsPerSecond(text: string): number {
  return parse(text, RATE_UNITS, RATE_FORM, adviceForRate);
}

/** `512 GiB`, `8 TB`: whichever kind of unit is exact; four digits where none is. */
export function formatBytes(bytes: number): string {
  return format(bytes, BYTE_UNITS);
}

/** `100 Mbps` */
export function formatBitsPerSecond(bitsPerSecond: number): string {
  return format(bitsPerSecond, RATE_UNITS);
}

function parse(text: string, units: Units, expected: string, advice: (number: string, unit: string) => string) {
  const parts = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text);
  const factor = parts?.[2] === undefined ? undefined : lookUp(units, parts[2]);
  const value = factor === undefined ? Number.NaN : Math.round(Number(parts?.[1]) * factor);
  if (value >= 1 && value <= Number.MAX_SAFE_INTEGER) return value;
  throw new Problem({
    code: "FLEET_BAD_VALUE",
    message: `\`${text.slice(0, 40)}\` is not ${expected}`,
    expected,
    help: factor === undefined ? adviceFor(text, advice) : "it has to be more than nothing and less than 9 PB",
  });
}

function lookUp(units: Units, unit: string): number | undefined {
  return Object.hasOwn(units, unit) ? units[unit] : undefined;
}

/** What to write instead, for the ways in which sizes and speeds are commonly written. */
function adviceFor(text: string, advice: (number: string, unit: string) => string): string | undefined {
  const parts = /^(\d+(?:[.,]\d+)?)\s*([A-Za-z/]*)$/.exec(text.trim());
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined;
  return advice(parts[1].replace(",", "."), parts[2]);
}

function adviceForBytes(number: string, unit: string): string {
  const scale = /^([kmgtp])/i.exec(unit)?.[1];
  if (scale === undefined) return `write the unit: \`${number} GB\` or \`${number} GiB\``;
  const upper = scale.toUpperCase();
  return `write \`${number} ${upper === "K" ? "k" : upper}B\`, or \`${number} ${upper}iB\` for powers of two`;
}

function adviceForRate(number: string, unit: string): string {
  const scale = /^([kmgt])/i.exec(unit)?.[1];
  if (scale === undefined) return `write the unit: \`${number} Mbps\` or \`${number} Gbps\``;
  const bits = `${number} ${scale.toLowerCase() === "k" ? "k" : scale.toUpperCase()}bps`;
  if (!/^[kmgt]B(ps|\/s)$/i.test(unit) || !unit.includes("B")) return `write \`${bits}\``;
  const eightfold = `${Number(number) * 8} ${bits.split(" ")[1]}`;
  return `\`${unit}\` is bytes a second: write \`${bits}\`, or \`${eightfold}\` if bytes are what you mean`;
}

/** Of the units in which the number is exact with four digits, the one with the shortest text; else the largest. */
function format(value: number, units: Units): string {
  let best = `${value} ${Object.keys(units)[0]}`;
  let bestIsExact = false;
  for (const [unit, factor] of Object.entries(units)) {
    if (value < factor) continue;
    const number = Number((value / factor).toPrecision(4));
    const isExact = number * factor === value;
    const text = `${number} ${unit}`;
    if (isExact ? !bestIsExact || text.length < best.length : !bestIsExact && !unit.includes("i")) best = text;
    bestIsExact ||= isExact;
  }
  return best;
}
