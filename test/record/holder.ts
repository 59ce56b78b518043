/** A process that keeps the record of a directory open until its input ends; it says first whether it could. */
import { openDatabase } from "../../src/record/database.ts";

try {
  const database = await openDatabase({ dir: process.argv[2] ?? "", complain: () => {} });
  console.log(JSON.stringify({ pid: database.pid }));
  process.stdin.resume().once("end", () => void database.close());
} catch (problem) {
  console.log(JSON.stringify({ problem }));
}
