/**
 * A host's hardware as declared: what it has, and in the same shape what it is to have (the scaling plan).
 *
 * In the file, amounts carry their unit (`512 GB`); in the value, the unit is in the key (`ramBytes`), so that
 * nobody has to guess what a number counts. Descriptions stand before the transformations, since an editor's
 * JSON Schema is made of what comes before them.
 */
import * as v from "valibot";
import { Problem } from "../kit/problem.ts";
import { parseBitsPerSecond, parseBytes, RATE_FORM, RATE_PATTERN, SIZE_FORM, SIZE_PATTERN } from "./quantity.ts";
import { saying, words } from "./text-form.ts";

/** What disks are made of. */
export const STORAGE_KINDS = ["nvme", "ssd", "hdd"] as const;
/** RAID levels; a volume without one has no `raid`. */
export const RAID_LEVELS = [0, 1, 5, 6, 10] as const;

const COUNT = "a whole number from 1 up";
const count = v.pipe(v.number(COUNT), v.integer(COUNT), v.minValue(1, COUNT), v.maxValue(100_000, COUNT));
const SPEED = "gigahertz as a number, like 2.5";

const cpu = v.strictObject(
  {
    model: v.optional(
      v.pipe(words, v.description("Maker's name of the processor."), v.examples(["Xeon Platinum 8180"])),
    ),
    sockets: v.pipe(count, v.description("Processors in the machine.")),
    cores: v.pipe(count, v.description("Cores in the whole machine, all sockets together.")),
    threads: v.pipe(count, v.description("Hardware threads in the whole machine, all sockets together.")),
    ghz: v.pipe(
      v.number(SPEED),
      v.minValue(0.1, SPEED),
      v.maxValue(20, SPEED),
      v.description("Base clock in gigahertz. nodeos applies blocks on one core, so this counts most."),
    ),
  },
  "a mapping",
);

const storage = v.pipe(
  v.strictObject(
    {
      size: size("Capacity that is usable, so after RAID.", "8 TB"),
      kind: v.optional(v.pipe(v.picklist(STORAGE_KINDS), v.description("What the disks are made of."))),
      raid: v.optional(v.pipe(v.picklist(RAID_LEVELS), v.description("RAID level, as a number. Left out: no RAID."))),
    },
    "a mapping",
  ),
  v.transform(({ size, ...rest }) => ({ sizeBytes: size, ...rest })),
);

/** Hardware of one machine. */
export function hardware(description: string) {
  return v.pipe(
    v.strictObject(
      {
        model: v.optional(
          v.pipe(words, v.description("Maker's name of the machine."), v.examples(["HPE ProLiant DL360 Gen10"])),
        ),
        cpu: v.pipe(cpu, v.description("Processors.")),
        ram: size("Memory. It is built in powers of two: what is sold as 512 GB is 512 GiB.", "512 GiB"),
        ramKind: v.optional(v.pipe(words, v.description("Kind of memory."), v.examples(["DDR4-2666"]))),
        storage: v.pipe(
          v.array(storage, "a list of volumes"),
          v.minLength(1, "a list of volumes, at least one"),
          v.description("Volumes, one entry each."),
        ),
        networkCard: v.optional(rate("Fastest speed of the network card.", "25 Gbps")),
        uplink: rate("Speed of its way to the internet.", "1 Gbps"),
      },
      "a mapping",
    ),
    v.description(description),
    v.transform(({ ram, networkCard, uplink, ...rest }) => ({
      ...rest,
      ramBytes: ram,
      ...(networkCard === undefined ? {} : { networkCardBitsPerSecond: networkCard }),
      uplinkBitsPerSecond: uplink,
    })),
  );
}

function size(description: string, example: string) {
  return amount(parseBytes, SIZE_FORM, SIZE_PATTERN, description, example);
}

function rate(description: string, example: string) {
  return amount(parseBitsPerSecond, RATE_FORM, RATE_PATTERN, description, example);
}

function amount(
  parse: (text: string) => number,
  expected: string,
  pattern: string,
  description: string,
  example: string,
) {
  return v.pipe(
    v.string(expected),
    v.metadata({ pattern }),
    v.description(description),
    v.examples([example]),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return parse(dataset.value);
      } catch (error) {
        addIssue({ message: saying(expected, error instanceof Problem ? error.help : undefined) });
        return NEVER;
      }
    }),
  );
}
