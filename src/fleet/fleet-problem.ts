/**
 * What is wrong with a fleet file. A {@link FleetProblem} is one mistake with the places it concerns, shown
 * as they stand in the file; {@link FleetProblems} is all of them, in the order of the file, and the only
 * thing that loading a fleet throws.
 *
 * Texts in here are safe to print: secrets are masked and control characters replaced before they get here.
 */
import { Problem, type ProblemFacts } from "../kit/problem.ts";

/** A place in the file, with the text of its line. Lines and columns count from 1, columns in UTF-16 units. */
export interface Mark {
  line: number;
  column: number;
  /** Characters of the line that are meant; at least 1. */
  length: number;
  /** The line, masked. A very long one is cut around the place, see `textColumn`. */
  text: string;
  /** The column of `text`'s first character; 1 unless the line was cut. */
  textColumn: number;
  /** What is to be seen at a second place. */
  note?: string;
}

/** One mistake. `marks` is empty where there is no file to point into. */
export class FleetProblem extends Problem {
  /** The place to mend first, then the others that it concerns. */
  readonly marks: readonly Mark[];

  constructor(facts: ProblemFacts, marks: readonly Mark[] = []) {
    super(facts);
    this.marks = marks;
  }

  override toJSON() {
    const [mark] = this.marks;
    return { ...super.toJSON(), ...(mark === undefined ? {} : { line: mark.line, column: mark.column }) };
  }
}

/** Every mistake of one file. */
export class FleetProblems extends Problem {
  readonly file: string;
  readonly problems: readonly FleetProblem[];

  constructor(file: string, problems: readonly FleetProblem[]) {
    const sorted = problems.toSorted((one, other) => compareMarks(one.marks[0], other.marks[0]));
    const [first] = sorted;
    super({
      code: "FLEET_PROBLEMS",
      message: sorted.length === 1 && first !== undefined ? first.message : `${sorted.length} problems in ${file}`,
      where: sorted.length === 1 ? first?.where : file,
      expected: sorted.length === 1 ? first?.expected : undefined,
      help: sorted.length === 1 ? first?.help : undefined,
    });
    this.file = file;
    this.problems = sorted;
  }

  override toJSON() {
    return { ...super.toJSON(), problems: this.problems.map((problem) => problem.toJSON()) };
  }
}

function compareMarks(one: Mark | undefined, other: Mark | undefined): number {
  if (one === undefined || other === undefined) return 0;
  return one.line - other.line || one.column - other.column;
}
