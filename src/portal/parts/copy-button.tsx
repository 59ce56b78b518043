/** Puts a text on the clipboard and says that it did. */
import { useEffect, useState } from "preact/hooks";
import { useLanguage } from "../settings/language-context.ts";

const THANKS_MS = 2_000;

export function CopyButton({ text, of }: { text: string; of: string }) {
  const { labels } = useLanguage();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), THANKS_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  // browsers have a clipboard only for pages that came over a safe way
  if (!window.isSecureContext) return null;
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <button type="button" class="copy" onClick={copy}>
      <span aria-live="polite">{isCopied ? labels.chain.copied : labels.chain.copy}</span>
      <span class="only-heard"> {of}</span>
    </button>
  );
}
