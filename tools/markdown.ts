/** What a Markdown file holds that can be right or wrong: its links and its fenced blocks. */

export interface Block {
  /** What stands behind the fence: `sh`, `yaml fleet`. */
  info: string;
  text: string;
  /** Line of the fence, counted from 1. */
  line: number;
}

export interface Link {
  target: string;
  line: number;
}

const FENCE = /^ *```(.*)$/;

/** Fenced blocks, in their order. */
export function blocksIn(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    const fence = FENCE.exec(line);
    if (fence === null) {
      if (open !== undefined) open.text += `${line}\n`;
    } else if (open === undefined) open = { info: (fence[1] ?? "").trim(), text: "", line: index + 1 };
    else {
      blocks.push(open);
      open = undefined;
    }
  }
  return blocks;
}

/** Links and pictures outside of blocks and code. */
export function linksIn(markdown: string): Link[] {
  const links: Link[] = [];
  let fenced = false;
  for (const [index, line] of markdown.split("\n").entries()) {
    if (FENCE.test(line)) fenced = !fenced;
    if (fenced) continue;
    const prose = line.replaceAll(/`[^`]*`/g, "");
    for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)) {
      links.push({ target, line: index + 1 });
    }
  }
  return links;
}

/** Names of a file's headings, as links refer to them. */
export function anchorsIn(markdown: string): string[] {
  const headings = markdown.split("\n").flatMap((line) => /^#{1,6} (.*)$/.exec(line)?.[1] ?? []);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Commands of a shell block, each as its words; comments, redirections and what surrounds a command are left out. */
export function commandsIn(block: Block): { words: string[]; line: number }[] {
  return block.text.split("\n").flatMap((text, index) => {
    const bare = text.replace(/(^|\s)#.*$/, "");
    const parts = bare.split(/&&|\|\||[|;]|\$\(|<\(|\)/);
    return parts.flatMap((part) => {
      const words = part
        .replaceAll(/["']/g, "")
        .trim()
        .split(/\s+/)
        .filter((word) => word !== "");
      while (/^[A-Z_]+=/.test(words[0] ?? "")) words.shift();
      const end = words.findIndex((word) => /^\d?[<>]/.test(word));
      const kept = end === -1 ? words : words.slice(0, end);
      return kept.length === 0 ? [] : [{ words: kept, line: block.line + 1 + index }];
    });
  });
}
