/** Whether a node may produce, as far as it was asked: only nodes of a pair are. */
import type { NodeView } from "../../api/views.ts";
import { useLanguage } from "../settings/language-context.ts";

export function Production({ node }: { node: NodeView | undefined }) {
  const { labels } = useLanguage();
  const state = node?.paused === undefined ? "notKnown" : node.paused ? "paused" : "producing";
  return (
    <span class="production" data-production={state}>
      {labels.production[state]}
    </span>
  );
}
