/** For tests with arbitrary input: it must be taken or refused with a Problem; anything else is a defect. */
import { Problem } from "../src/kit/problem.ts";

/** What `act` returns, or the Problem it threw. Anything else that it throws goes on. */
export function attempt<T>(act: () => T): T | Problem {
  try {
    return act();
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown;
    throw thrown;
  }
}
