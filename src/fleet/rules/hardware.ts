/** Counts of a machine's processors must agree: threads in cores in sockets, for the whole machine. */
import type { Draft } from "../draft.ts";
import { type Finding, type Path, valueAt } from "../finding.ts";
import { isMapping } from "../shape.ts";
import { subjectOf } from "../subject.ts";
import type { Rule } from "./rule.ts";

export const processorCounts: Rule = (draft) =>
  draft.entries("hosts").flatMap((host) =>
    ["hardware", "planned"].flatMap((key) => {
      const hardware = host.value[key];
      const cpu = isMapping(hardware) ? hardware.cpu : undefined;
      return isMapping(cpu) ? disagreements(draft, cpu, [host.section, host.index, key, "cpu"]) : [];
    }),
  );

function disagreements(draft: Draft, cpu: Readonly<Record<string, unknown>>, path: Path): Finding[] {
  const machine = subjectOf(draft.fleet, path);
  return [fewer("threads", "cores"), fewer("cores", "sockets")].flat();

  function fewer(inner: string, outer: string): Finding[] {
    const [innerCount, outerCount] = [cpu[inner], cpu[outer]];
    if (typeof innerCount !== "number" || typeof outerCount !== "number" || innerCount >= outerCount) return [];
    return [
      {
        code: "FLEET_BAD_HARDWARE",
        message: `${machine} has ${innerCount} ${inner} in ${outerCount} ${outer}`,
        at: valueAt(...path, inner),
        also: [{ at: valueAt(...path, outer), note: `${outerCount} ${outer}` }],
        expected: `at least as many ${inner} as ${outer}`,
        help: "count the whole machine, all sockets together",
      },
    ];
  }
}
