/**
 * An error that a person can act on: what happened, where, what was expected, what to do next.
 *
 * Everything that reaches an operator is a Problem; a stack trace never does. `code` is stable and
 * documented in docs/errors.md (a test holds the two together), so scripts match it instead of the text.
 */
export interface ProblemFacts {
  /** Stable upper-case identifier, e.g. `NODE_UNREACHABLE`. */
  code: string;
  /** What happened, one sentence, matter of fact, with the value that was found. */
  message: string;
  /** `file:line:column`, a node's name, an address: wherever one has to look. */
  where?: string | undefined;
  /** What would have been right, with the allowed set where it is small. */
  expected?: string | undefined;
  /** What to do next, in the imperative. */
  help?: string | undefined;
  /** The error underneath; its message is shown only with `--verbose`. */
  cause?: unknown;
}

export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: string;
  readonly where: string | undefined;
  readonly expected: string | undefined;
  readonly help: string | undefined;

  constructor(facts: ProblemFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = facts.code;
    this.where = facts.where;
    this.expected = facts.expected;
    this.help = facts.help;
  }

  /** The facts as plain data, for `--json`, the journal and the wire. */
  toJSON(): { code: string; message: string; where?: string; expected?: string; help?: string } {
    return {
      code: this.code,
      message: this.message,
      ...(this.where === undefined ? {} : { where: this.where }),
      ...(this.expected === undefined ? {} : { expected: this.expected }),
      ...(this.help === undefined ? {} : { help: this.help }),
    };
  }
}

/** The sentence of any thrown value, without a stack. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return thrown.errors.map(messageOf).join("; ");
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}
