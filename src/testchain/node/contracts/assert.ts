/** `eosio_assert` of a built-in contract. */
import { failure } from "../failure.ts";

export function contractAssert(condition: boolean, message: string): asserts condition {
  if (!condition) {
    throw failure(
      "eosio_assert_message_exception",
      `assertion failure with message: ${message}`,
      "cf_system.cpp:14:eosio_assert",
    );
  }
}
