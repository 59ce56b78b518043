import assert from "node:assert/strict";
import { test } from "node:test";
import { localeFor, preferred } from "./language.ts";

for (const [browser, code] of [
  [["es-CR", "en"], "es"],
  [["en-US", "es"], "en"],
  [["de", "es-419", "en"], "es"],
  [["ES"], "es"],
  [["fr"], "en"],
  [["est"], "en"],
  [[], "en"],
] as const) {
  test(`a browser that prefers ${browser.join(", ") || "nothing"} is shown ${code}`, () => {
    assert.equal(preferred(browser), code);
  });
}

test("a language is written as the reader's region writes it, where the browser names one", () => {
  assert.equal(localeFor("es", ["en-US", "es-CR", "es-ES"]), "es-CR");
  assert.equal(localeFor("es", ["en-US"]), "es");
  assert.equal(localeFor("en", ["es-CR", "en-GB"]), "en-GB");
});
