/**
 * How the portal is bundled. Everything it needs lies beside it, in files of its own: the server's
 * Content-Security-Policy lets nothing inline through and nothing from elsewhere.
 */
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
