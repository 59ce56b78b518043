/**
 * The chain's state: named spaces of rows, with nested undo sessions. A block is one session on the stack,
 * a transaction a session within it; a fork switch undoes blocks, irreversibility forgets how to.
 *
 * Rows are plain JSON values and never changed in place, so that an undo can put back the old one.
 */
export type Row = null | boolean | number | string | readonly Row[] | { readonly [key: string]: Row };

interface Change {
  space: string;
  key: string;
  before: Row | undefined;
}

export class Tables {
  private readonly spaces = new Map<string, Map<string, Row>>();
  /** Oldest first; each holds its changes in order. */
  private readonly sessions: Change[][] = [];

  get<T extends Row>(space: string, key: string): T | undefined {
    return this.spaces.get(space)?.get(key) as T | undefined;
  }

  set(space: string, key: string, row: Row): void {
    this.put(space, key, row, true);
  }

  delete(space: string, key: string): void {
    this.put(space, key, undefined, true);
  }

  /** Rows of a space in no particular order. */
  entries<T extends Row>(space: string): [string, T][] {
    return [...(this.spaces.get(space) ?? [])] as [string, T][];
  }

  count(space: string): number {
    return this.spaces.get(space)?.size ?? 0;
  }

  /** Names of the spaces that hold rows and begin with `prefix`. */
  spacesWith(prefix: string): string[] {
    return [...this.spaces].filter(([name, rows]) => name.startsWith(prefix) && rows.size > 0).map(([name]) => name);
  }

  /** Opens a session; changes from here on can be undone together. */
  begin(): void {
    this.sessions.push([]);
  }

  /** Takes back the newest session. */
  undo(): void {
    const changes = this.sessions.pop() ?? [];
    for (const { space, key, before } of changes.reverse()) this.put(space, key, before, false);
  }

  /** Makes the newest session part of the one below. */
  squash(): void {
    const changes = this.sessions.pop() ?? [];
    this.sessions.at(-1)?.push(...changes);
  }

  /** Forgets the `count` oldest sessions: they can no longer be undone. */
  commit(count: number): void {
    this.sessions.splice(0, count);
  }

  get depth(): number {
    return this.sessions.length;
  }

  /** The whole state as it stands, for a file. */
  dump(): Record<string, Record<string, Row>> {
    return Object.fromEntries([...this.spaces].map(([space, rows]) => [space, Object.fromEntries(rows)]));
  }

  static load(dump: Record<string, Record<string, Row>>): Tables {
    const tables = new Tables();
    for (const [space, rows] of Object.entries(dump)) tables.spaces.set(space, new Map(Object.entries(rows)));
    return tables;
  }

  private put(space: string, key: string, row: Row | undefined, journal: boolean): void {
    let rows = this.spaces.get(space);
    if (rows === undefined) {
      rows = new Map();
      this.spaces.set(space, rows);
    }
    if (journal) this.sessions.at(-1)?.push({ space, key, before: rows.get(key) });
    if (row === undefined) rows.delete(key);
    else rows.set(key, row);
  }
}
