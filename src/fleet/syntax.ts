/**
 * What the YAML parser finds, in the words of somebody who edits a file rather than of a parser.
 */
import type { ErrorCode, YAMLError } from "yaml";
import type { ProblemFacts } from "../kit/problem.ts";
import type { BrokenAlias, FleetDocument } from "./document.ts";
import type { FleetProblem } from "./fleet-problem.ts";
import type { Source, Span } from "./source.ts";

type Sentence = Pick<ProblemFacts, "message" | "expected" | "help">;

const INDENTATION: Sentence = {
  message: "this line is indented differently from the ones it belongs to",
  expected: "the same number of spaces for all keys of one mapping",
};
const START: Sentence = {
  message: "a value starts with a character that YAML reserves",
  help: "put the value in quotes",
};
const PROPERTIES: Sentence = { message: "an anchor or a tag stands where it means nothing", help: "remove it" };

/** One sentence for each of the parser's codes; the rest gets a general one. */
const SENTENCES: Partial<Record<ErrorCode, Sentence>> = {
  TAB_AS_INDENT: { message: "this line is indented with a tab", expected: "spaces", help: "replace the tab by spaces" },
  BAD_INDENT: INDENTATION,
  BAD_SCALAR_START: START,
  BAD_DQ_ESCAPE: {
    message: "a backslash in double quotes starts an escape that YAML does not have",
    help: "use single quotes, or double the backslash",
  },
  MULTILINE_IMPLICIT_KEY: {
    message: "this line is neither a key nor a value",
    expected: "`key: value`, with a space after the colon",
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: "a second key stands on the line of the first",
    expected: "one `key: value` on a line",
    help: "put the value in quotes if the colon belongs to it",
  },
  BLOCK_IN_FLOW: { message: "an indented mapping or list stands inside brackets", help: "close the bracket before it" },
  MULTIPLE_DOCS: {
    message: "a second document starts here",
    expected: "one fleet in a file",
    help: "remove the `---`",
  },
  MULTIPLE_ANCHORS: PROPERTIES,
  MULTIPLE_TAGS: PROPERTIES,
  ALIAS_PROPS: PROPERTIES,
  BAD_PROP_ORDER: PROPERTIES,
  TAG_RESOLVE_FAILED: {
    message: "this tag means nothing here",
    help: "remove the tag; secrets are written env:NAME or file:/path",
  },
  UNEXPECTED_TOKEN: { message: "this does not belong here", help: "look at this line and the one before it" },
  NON_STRING_KEY: { message: "a key is not plain text", expected: "`key: value`" },
  KEY_OVER_1024_CHARS: { message: "a key is longer than 1024 characters", help: "look for a missing line break" },
  RESOURCE_EXHAUSTION: {
    message: "lists and mappings are nested too deeply to be read",
    help: "look for brackets that never close",
  },
  BAD_DIRECTIVE: { message: "a line that starts with `%` is not a directive of YAML", help: "remove it" },
};

/**
 * What keeps the text from being read as YAML. Of mistakes on lines that follow each other only the first is
 * told: it causes the others.
 */
export function syntaxProblems(source: Source, document: FleetDocument): FleetProblem[] {
  const mistakes = [
    ...document.errors.map((error) => ({ error, start: error.pos[0] })),
    ...document.brokenAliases.map((alias) => ({ alias, start: alias.span.start })),
  ].toSorted((one, other) => one.start - other.start);
  const lines = mistakes.map(({ start }) => source.lineAt(start));
  const causes = mistakes.filter((_, index) => (lines[index] ?? 0) > (lines[index - 1] ?? -1) + 1);
  return causes.map((mistake) =>
    "alias" in mistake
      ? source.problem({ code: "FLEET_BAD_YAML", ...aliasSentence(mistake.alias) }, mistake.alias.span)
      : source.problem(
          { code: "FLEET_BAD_YAML", ...sentence(mistake.error, source) },
          span(mistake.error, source, document),
        ),
  );
}

function aliasSentence({ name, isCircular }: BrokenAlias): Sentence {
  return isCircular
    ? { message: `alias \`*${name}\` stands inside its own anchor`, help: "move the alias out of it" }
    : {
        message: `alias \`*${name}\` has no anchor before it`,
        help: `write \`&${name}\` before the value to be repeated, or write the value out`,
      };
}

function sentence({ code, message, pos }: YAMLError, source: Source): Sentence {
  const line = lineAround(source.text, pos[0]);
  if (/^ *-[A-Za-z]/.test(line)) {
    return { message: "this dash has no space after it", expected: "`- key: value` for an entry of a list" };
  }
  if (code === "BLOCK_AS_IMPLICIT_KEY" && /^ *- /.test(line)) {
    return {
      message: "an entry of a list stands among the keys of a mapping",
      help: "start the other entries with `- ` as well, or indent this one under a key",
    };
  }
  const prefix = /[:[,-] +["']?(env|file|role): /.exec(line)?.[1];
  if (prefix !== undefined)
    return { message: `a space stands after \`${prefix}:\``, help: `write \`${prefix}:…\` without a space` };
  const bracket = UNCLOSED_BRACKET.exec(message)?.[1];
  if (bracket !== undefined) return { message: "a bracket is never closed", help: `add the closing \`${bracket}\`` };
  if (code === "MISSING_CHAR") return missingCharacter(message);
  if (/Unexpected (,|empty item)/.test(message)) return { message: "a comma has nothing before it", help: "remove it" };
  return SENTENCES[code] ?? { message: "this is not YAML", help: "look at this line and the one before it" };
}

function missingCharacter(message: string): Sentence {
  if (UNCLOSED_QUOTE.test(message)) return { message: "a quoted text is never closed", help: "add the closing quote" };
  if (/without - indicator/.test(message)) {
    return {
      message: "this line stands between the entries of a list, and has no dash",
      help: "indent it like the other keys of its entry, or start a new entry with `- `",
    };
  }
  if (/followed by map values/.test(message)) return { message: "this key has no colon", expected: "`key: value`" };
  if (/Comments must be separated/.test(message)) {
    return { message: "a comment starts right after a value", help: "write a space before the `#`" };
  }
  return { message: "a comma or a colon is missing", help: "look at this line and the one before it" };
}

/** What is never closed is shown where it opens: the parser notices only where the file goes on or ends. */
function span({ message, pos: [start, end] }: YAMLError, source: Source, document: FleetDocument): Span {
  const isUnclosed = UNCLOSED_BRACKET.test(message) || UNCLOSED_QUOTE.test(message);
  const opening = isUnclosed ? document.unclosedBefore(start) : undefined;
  if (opening !== undefined) return opening;
  const indent = /^ */.exec(source.text.slice(start, start + 200))?.[0].length ?? 0;
  return { start: start + indent, end: Math.max(end, start + indent + 1) };
}

function lineAround(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", start);
  return text.slice(start, end === -1 ? undefined : end);
}

const UNCLOSED_BRACKET = /end with an? ([\]}])/;
const UNCLOSED_QUOTE = /Missing closing .quote/;
