/** Numbers, times and names of countries in the reader's language. Times are ms since 1970. */

export interface Format {
  number(value: number): string;
  /** With its sign: +3 ms, −12 ms. */
  signedMs(ms: number): string;
  ms(ms: number): string;
  /** Time of day, to the second. */
  time(at: number): string;
  /** Time of day of a slot, which begins on a half second. */
  slotTime(at: number): string;
  /** Day and time of day. */
  full(at: number): string;
  /** How long ago, in the largest unit that fits. */
  ago(ms: number): string;
  /** How long, in the largest unit that fits. */
  span(ms: number): string;
  /** How long until something; never 0 while it is to come. */
  countdown(ms: number): string;
  country(code: string): string;
  /** Of the reader, like `America/Costa_Rica`. */
  timeZone: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `locale` is BCP 47, with its region where the reader has one: `es-CR`. */
export function formatFor(locale: string, timeZone?: string): Format {
  const zone = timeZone === undefined ? {} : { timeZone };
  const ofDay = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", ...zone } as const;
  const number = new Intl.NumberFormat(locale);
  const time = new Intl.DateTimeFormat(locale, ofDay);
  const slotTime = new Intl.DateTimeFormat(locale, { ...ofDay, fractionalSecondDigits: 1 });
  const full = new Intl.DateTimeFormat(locale, { ...DATE, ...ofDay });
  const signed = new Intl.NumberFormat(locale, { ...MS, signDisplay: "exceptZero" });
  const ms = new Intl.NumberFormat(locale, MS);
  const now = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(0, "second");
  const ago = new Intl.RelativeTimeFormat(locale, { numeric: "always", style: "short" });
  const countries = new Intl.DisplayNames(locale, { type: "region" });
  // made once: the page asks for several of them at each message
  const spans = {
    second: spanFormat(locale, "second"),
    minute: spanFormat(locale, "minute"),
    hour: spanFormat(locale, "hour"),
    day: spanFormat(locale, "day"),
  };
  const span = (length: number): string => {
    const { value, unit } = inLargestUnit(length);
    return spans[unit].format(value);
  };
  return {
    number: (value) => number.format(value),
    signedMs: (value) => signed.format(value),
    ms: (value) => ms.format(value),
    time: (at) => time.format(at),
    slotTime: (at) => slotTime.format(at),
    full: (at) => full.format(at),
    ago(length) {
      const { value, unit } = inLargestUnit(length);
      return value === 0 ? now : ago.format(-value, unit);
    },
    span,
    countdown: (ms) => span(Math.ceil(ms / SECOND) * SECOND),
    country: (code) => countries.of(code) ?? code,
    timeZone: time.resolvedOptions().timeZone,
  };
}

const MS = { style: "unit", unit: "millisecond", unitDisplay: "short" } as const;
const DATE = { day: "numeric", month: "short" } as const;

const spanFormat = (locale: string, unit: Unit): Intl.NumberFormat =>
  new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" });

type Unit = "second" | "minute" | "hour" | "day";

/** Whole units, rounded down: what is 119 s ago is 1 minute ago. */
function inLargestUnit(ms: number): { value: number; unit: Unit } {
  const span = Math.max(0, ms);
  if (span < MINUTE) return { value: Math.floor(span / SECOND), unit: "second" };
  if (span < HOUR) return { value: Math.floor(span / MINUTE), unit: "minute" };
  if (span < 2 * DAY) return { value: Math.floor(span / HOUR), unit: "hour" };
  return { value: Math.floor(span / DAY), unit: "day" };
}
