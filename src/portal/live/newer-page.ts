/**
 * A page that is left open outlives the server that sent it. When the server comes back with another version of the
 * page, ours may misread what it says: then the page has to be loaded again.
 */

/** Path of the script that a page of the portal loads; its name changes with its content. */
export function scriptOf(html: string): string | undefined {
  return /<script [^>]*src="(\/assets\/[^"]+)"/.exec(html)?.[1];
}

/** Whether the server now has another page than the one whose script is at `path`. When it cannot say: no. */
export async function isOutdated(path: string): Promise<boolean> {
  try {
    const answer = await fetch("/", { cache: "no-store" });
    const script = answer.ok ? scriptOf(await answer.text()) : undefined;
    return script !== undefined && script !== path;
  } catch {
    return false;
  }
}
