/** A mark for how good something is, told apart by its shape; what it means is said beside it or to screen readers. */
import type { Level } from "../../api/views.ts";
import { useLanguage } from "../settings/language-context.ts";

const SHAPES: Readonly<Record<Level, string>> = {
  ok: "M3 8.5l3.5 3.5L13 5",
  warning: "M8 2.5L14.5 13.5H1.5Z M8 6.5v3.5 M8 11.6v.9",
  critical: "M4 4l8 8 M12 4l-8 8",
  unknown: "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8 M8 12.2v.8",
};

export function Mark({ level, silent = false }: { level: Level; silent?: boolean }) {
  const { labels } = useLanguage();
  return (
    <span class="mark" data-level={level}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={SHAPES[level]} />
      </svg>
      {!silent && <span class="only-heard">{labels.level[level]}: </span>}
    </span>
  );
}
