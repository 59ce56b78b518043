/** The order of roll-out counts 1, 2, 3 … without a gap, so that "next" is always one site. */
import type { Draft, Entry } from "../draft.ts";
import { type Finding, valueAt } from "../finding.ts";
import { subjectOf } from "../subject.ts";
import type { Rule } from "./rule.ts";

export const rollout: Rule = (draft) => {
  const sites = draft.entries("sites");
  const placed = sites.flatMap((site) => {
    const place = site.value.rollout;
    return typeof place === "number" && Number.isInteger(place) && place >= 1 ? [{ site, place }] : [];
  });
  // With a place missing or malformed, the others cannot be judged; the schema told of that one.
  if (placed.length < sites.length) return [];
  const byPlace = new Map<number, Entry>();
  const findings: Finding[] = [];
  for (const { site, place } of placed) {
    const first = byPlace.get(place);
    if (first === undefined) byPlace.set(place, site);
    else findings.push(shared(draft, first, site, place));
  }
  if (findings.length > 0) return findings;
  const last = placed.toSorted((one, other) => one.place - other.place).find(({ place }, index) => place !== index + 1);
  return last === undefined ? [] : [gap(draft, last.site, last.place, sites.length, byPlace)];
};

function shared(draft: Draft, first: Entry, site: Entry, place: number): Finding {
  return {
    code: "FLEET_BAD_ROLLOUT",
    message: `${subjectOf(draft.fleet, ["sites", first.index])} and ${subjectOf(draft.fleet, ["sites", site.index])} both have rollout ${place}`,
    at: valueAt("sites", site.index, "rollout"),
    also: [{ at: valueAt("sites", first.index, "rollout"), note: `also ${place}` }],
    expected: "each site at its own place: 1, 2, 3 …",
  };
}

function gap(draft: Draft, site: Entry, place: number, sites: number, taken: Map<number, Entry>): Finding {
  const free = Array.from({ length: sites }, (_, index) => index + 1).find((each) => !taken.has(each)) ?? sites;
  return {
    code: "FLEET_BAD_ROLLOUT",
    message: `${subjectOf(draft.fleet, ["sites", site.index])} has rollout ${place}, and no site has ${free}`,
    at: valueAt("sites", site.index, "rollout"),
    expected: sites === 1 ? "1, for the only site" : `1 to ${sites}, each once`,
  };
}
