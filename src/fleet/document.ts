/**
 * A fleet file as YAML: the plain value it declares, and where in the text each piece of that value stands.
 *
 * The value is whatever the file says; whether it is a fleet is for others to judge. Aliases are resolved, so
 * that identical hosts can share one `hardware`; merge keys (`<<`) are not part of YAML 1.2 and stay ordinary
 * keys.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { Place } from "./finding.ts";
import type { Span } from "./source.ts";

/** More than any honest file uses one anchor; a few levels of doubling aliases exceed it at once. */
const MAX_ALIAS_COUNT = 1000;

/** An alias that stands for nothing: no anchor before it, or one around it. */
export interface BrokenAlias {
  name: string;
  span: Span;
  isCircular: boolean;
}

export class FleetDocument {
  /** What the YAML parser could not read, and what it read but doubts. */
  readonly errors: readonly YAMLError[];
  readonly brokenAliases: readonly BrokenAlias[];
  private readonly text: string;
  private readonly yaml: Document.Parsed;
  private readonly targets = new Map<Alias, Node>();
  private readonly pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

  /** Never throws on a text, however broken. */
  constructor(text: string) {
    this.text = text;
    this.yaml = parseDocument(text, {
      // Our own search for duplicates is linear and keeps both places.
      uniqueKeys: false,
      stringKeys: true,
      prettyErrors: false,
      logLevel: "error",
      resolveKnownTags: false,
    });
    this.errors = [...this.yaml.errors, ...this.yaml.warnings];
    this.brokenAliases = this.resolveAliases();
  }

  /** The declared value; `null` without content, undefined if aliases make it boundless. Wants no broken alias. */
  plainValue(): unknown {
    try {
      return this.yaml.toJS({ maxAliasCount: MAX_ALIAS_COUNT }) as unknown;
    } catch (error) {
      if (error instanceof ReferenceError) return undefined;
      throw error;
    }
  }

  /** The span of the last alias. */
  lastAlias(): Span | undefined {
    const last = [...this.targets.keys()].at(-1);
    return last === undefined ? undefined : spanOf(last);
  }

  /**
   * Keys that stand twice in one mapping. Where the first key comes again, a dash is missing before a new entry:
   * the keys after it are not further mistakes.
   */
  duplicateKeys(): { key: string; first: Span; second: Span }[] {
    const duplicates: { key: string; first: Span; second: Span }[] = [];
    visit(this.yaml, {
      Map: (_, map) => {
        const seen = new Map<string, Span>();
        for (const pair of map.items) {
          const key = keyText(pair);
          const first = seen.get(key);
          if (first === undefined) seen.set(key, keySpan(pair));
          else duplicates.push({ key, first, second: keySpan(pair) });
          if (first !== undefined && map.items[0] !== undefined && key === keyText(map.items[0])) return;
        }
      },
    });
    return duplicates;
  }

  /** Every key with its scalar value, at any depth. */
  scalarEntries(): { key: string; value: unknown; span: Span }[] {
    const entries: { key: string; value: unknown; span: Span }[] = [];
    visit(this.yaml, {
      Pair: (_, { key, value }) => {
        if (isScalar(key) && isScalar(value))
          entries.push({ key: String(key.value), value: value.value, span: spanOf(value) });
      },
    });
    return entries;
  }

  /** The opening character of the last quoted text or bracket before an offset that is never closed. */
  unclosedBefore(offset: number): Span | undefined {
    let last: Span | undefined;
    visit(this.yaml, {
      Value: (_, node) => {
        const { start, end } = spanOf(node);
        const closing = CLOSING[this.text[start] ?? ""];
        if (start >= offset || closing === undefined || start < (last?.start ?? 0)) return;
        if (end < start + 2 || this.text[end - 1] !== closing) last = { start, end: start + 1 };
      },
    });
    return last;
  }

  /** Where a place stands in the text; for one that is not there, the nearest thing around it that is. */
  locate({ path, part }: Place): Span {
    let node: Node | null = this.yaml.contents;
    let pair: Pair | undefined;
    let isThere = true;
    for (const step of path) {
      const holder: Node | null = this.resolved(node);
      if (isMap(holder)) {
        const found: Pair | undefined = this.pairsOf(holder).get(String(step));
        isThere = found !== undefined;
        if (found === undefined) break;
        pair = found;
        node = found.value as Node | null;
      } else {
        node = isSeq(holder) ? ((holder.items[Number(step)] ?? null) as Node | null) : null;
      }
    }
    if (isThere && part === "key" && pair !== undefined) return keySpan(pair);
    if (isThere && part === "value") return spanIfAny(node) ?? spanIfAny(pair?.key) ?? FIRST_CHARACTER;
    return this.head(node) ?? spanIfAny(node) ?? spanIfAny(pair?.key) ?? FIRST_CHARACTER;
  }

  private head(node: Node | null): Span | undefined {
    const map = this.resolved(node);
    if (!isMap(map)) return undefined;
    const head = this.pairsOf(map).get("name") ?? map.items[0];
    if (head === undefined) return undefined;
    const key = keySpan(head);
    return { start: key.start, end: (spanIfAny(head.value as Node | null) ?? key).end };
  }

  /** Of a key that is given twice, the last one counts, as it does in the plain value. */
  private pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const known = this.pairs.get(map) ?? new Map(map.items.map((pair) => [keyText(pair), pair]));
    this.pairs.set(map, known);
    return known;
  }

  private resolved(node: Node | null): Node | null {
    return isAlias(node) ? (this.targets.get(node) ?? null) : node;
  }

  /** An alias stands for the last anchor of its name before it. */
  private resolveAliases(): BrokenAlias[] {
    const broken: BrokenAlias[] = [];
    const anchors = new Map<string, Node>();
    visit(this.yaml, {
      Alias: (_, alias, ancestors) => {
        const target = anchors.get(alias.source);
        const isCircular = target !== undefined && ancestors.includes(target);
        if (target === undefined || isCircular) broken.push({ name: alias.source, span: spanOf(alias), isCircular });
        else this.targets.set(alias, target);
      },
      Value: (_, node) => {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
      },
    });
    return broken;
  }
}

const CLOSING: Readonly<Record<string, string>> = { '"': '"', "'": "'", "[": "]", "{": "}" };
const FIRST_CHARACTER: Span = { start: 0, end: 1 };

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function keySpan(pair: Pair): Span {
  return spanOf(pair.key as Node);
}

function spanIfAny(node: unknown): Span | undefined {
  if (node === null || node === undefined) return undefined;
  const span = spanOf(node as Node);
  return span.end > span.start ? span : undefined;
}

function spanOf(node: Node): Span {
  const [start, end] = node.range ?? [0, 0];
  return { start, end };
}
