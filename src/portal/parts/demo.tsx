/** On a test chain: what it is for, and the command that breaks it. */
import { useLanguage } from "../settings/language-context.ts";

export function Demo() {
  const { labels } = useLanguage();
  return (
    <p class="panel demo">
      {labels.demo.hint} <code>bin/atalaya testchain kill primary</code>
    </p>
  );
}
