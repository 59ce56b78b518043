/** Producer schedules: who produces in which order, and which keys may sign for each. */
import type { Reader } from "../codec/reader.ts";
import { pack, type Writer } from "../codec/writer.ts";
import { sha256 } from "../hash.ts";

export interface SigningKey {
  key: string;
  weight: number;
}

/** `block_signing_authority_v0`: signatures of weight ≥ threshold make a block valid. */
export interface SigningAuthority {
  threshold: number;
  keys: SigningKey[];
}

export interface ScheduledProducer {
  name: string;
  authority: SigningAuthority;
}

export interface ProducerSchedule {
  version: number;
  producers: ScheduledProducer[];
}

/** A schedule before WTMSIG_BLOCK_SIGNATURES: one key a producer. */
export interface LegacySchedule {
  version: number;
  producers: { name: string; key: string }[];
}

/** nodeos's `config::max_producers`, the limit before Savanna. */
const MAX_LEGACY_PRODUCERS = 125;

export const EMPTY_SCHEDULE: ProducerSchedule = { version: 0, producers: [] };

export function readAuthority(reader: Reader): SigningAuthority {
  reader.choice(["block_signing_authority_v0"], "the kind of a signing authority");
  const threshold = reader.u32();
  return { threshold, keys: reader.vector((r) => ({ key: r.publicKey(), weight: r.u16() })) };
}

export function writeAuthority(writer: Writer, authority: SigningAuthority): void {
  writer.varuint32(0).u32(authority.threshold);
  writer.vector(authority.keys, (key) => writer.publicKey(key.key).u16(key.weight));
}

export function readProducer(reader: Reader): ScheduledProducer {
  return { name: reader.name(), authority: readAuthority(reader) };
}

export function writeProducer(writer: Writer, producer: ScheduledProducer): void {
  writer.name(producer.name);
  writeAuthority(writer, producer.authority);
}

export function readSchedule(reader: Reader): ProducerSchedule {
  return { version: reader.u32(), producers: reader.vector(readProducer, MAX_LEGACY_PRODUCERS) };
}

export function writeSchedule(writer: Writer, schedule: ProducerSchedule): void {
  writer.u32(schedule.version).vector(schedule.producers, (producer) => writeProducer(writer, producer));
}

export function readLegacySchedule(reader: Reader): LegacySchedule {
  const version = reader.u32();
  return { version, producers: reader.vector((r) => ({ name: r.name(), key: r.publicKey() }), MAX_LEGACY_PRODUCERS) };
}

export function writeLegacySchedule(writer: Writer, schedule: LegacySchedule): void {
  writer.u32(schedule.version).vector(schedule.producers, (p) => writer.name(p.name).publicKey(p.key));
}

/** The pre-WTMSIG form; `undefined` when some producer has more than one key. */
export function toLegacySchedule(schedule: ProducerSchedule): LegacySchedule | undefined {
  const producers: LegacySchedule["producers"] = [];
  for (const { name, authority } of schedule.producers) {
    const only = authority.keys[0];
    if (authority.keys.length !== 1 || only === undefined || only.weight < authority.threshold) return undefined;
    producers.push({ name, key: only.key });
  }
  return { version: schedule.version, producers };
}

export function fromLegacySchedule(schedule: LegacySchedule): ProducerSchedule {
  return {
    version: schedule.version,
    producers: schedule.producers.map(({ name, key }) => ({ name, authority: singleKey(key) })),
  };
}

/** The authority that one key alone satisfies. */
export function singleKey(key: string): SigningAuthority {
  return { threshold: 1, keys: [{ key, weight: 1 }] };
}

/**
 * True when the keys that signed reach the authority's threshold and each is one of the authority's and signed once:
 * nodeos refuses a block with a signature too many (`block_state.cpp` verify_signee).
 */
export function satisfies(authority: SigningAuthority, signers: readonly string[]): boolean {
  const weights = new Map(authority.keys.map(({ key, weight }) => [key, weight]));
  let reached = 0;
  for (const signer of signers) {
    const weight = weights.get(signer);
    if (weight === undefined) return false;
    reached += weight;
    weights.delete(signer);
  }
  return reached >= authority.threshold;
}

export function scheduleHash(schedule: ProducerSchedule): Buffer {
  return sha256(pack((writer) => writeSchedule(writer, schedule)));
}

export function legacyScheduleHash(schedule: LegacySchedule): Buffer {
  return sha256(pack((writer) => writeLegacySchedule(writer, schedule)));
}
