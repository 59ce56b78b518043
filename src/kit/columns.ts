/** Text in columns. */
import { stripVTControlCharacters } from "node:util";

/** Rows of cells, one under the other, without trailing spaces. Cells may hold colours; `right` lists columns of numbers. */
export function columns(table: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const count = Math.max(0, ...table.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) => Math.max(...table.map((row) => width(row[i] ?? ""))));
  return table.map((row) =>
    row
      .map((cell, i) => {
        const space = " ".repeat((widths[i] ?? 0) - width(cell));
        return right.includes(i) ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd(),
  );
}

function width(cell: string): number {
  return [...stripVTControlCharacters(cell)].length;
}
