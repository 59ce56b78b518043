/** What every rule in this folder is: a function from a draft to what is wrong with it. */
import type { Draft } from "../draft.ts";
import type { Finding } from "../finding.ts";

export type Rule = (draft: Draft) => Finding[];
