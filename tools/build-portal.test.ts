import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

const ROOT = join(import.meta.dirname, "..");
/** All that a build reads, and what the bundler reads of the checkout. */
const NEEDED = ["src/portal", "src/words", "src/api/views.ts", "tools/build-portal.ts", "package-lock.json"];
const CONFIGURATION = ["package.json", "tsconfig.json"];

/** A checkout of its own, so that the portal which others look at meanwhile is left alone. */
class Checkout {
  readonly dir = mkdtempSync(join(tmpdir(), "atalaya-build-"));
  readonly dist = join(this.dir, "dist");

  constructor(t: TestContext) {
    for (const path of [...NEEDED, ...CONFIGURATION])
      cpSync(join(ROOT, path), join(this.dir, path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(this.dir, "node_modules"));
    t.after(() => rmSync(this.dir, { recursive: true, force: true }));
  }

  start() {
    return spawn(process.execPath, [join(this.dir, "tools/build-portal.ts")], { stdio: ["ignore", "inherit", "pipe"] });
  }

  async build(): Promise<{ code: number; said: string }> {
    const child = this.start();
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const [code] = (await once(child, "close")) as [number];
    return { code, said };
  }

  get link(): string {
    return readlinkSync(join(this.dist, "portal"));
  }

  /** The page that is there, whole: it names a script and styles, which are there too. */
  assertWhole(): void {
    const html = readFileSync(join(this.dist, "portal/index.html"), "utf8");
    const named = [...html.matchAll(/(?:src|href)="(\/(?!api\/)[^"]+)"/g)].map(([, path = ""]) => path);
    assert.ok(named.some((path) => path.endsWith(".js")) && named.some((path) => path.endsWith(".css")), html);
    for (const path of named) assert.ok(existsSync(join(this.dist, "portal", path)), `${path} is not there`);
  }

  get left(): string[] {
    return readdirSync(this.dist).sort();
  }

  change(path: string, text: string): void {
    writeFileSync(join(this.dir, path), text);
  }

  age(name: string): void {
    const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(join(this.dist, name), hoursAgo, hoursAgo);
  }
}

test("the portal is built once, and again when its sources change; what is old is cleared away later", async (t) => {
  const checkout = new Checkout(t);
  assert.deepEqual(await checkout.build(), { code: 0, said: "atalaya: building the portal …\n" });
  checkout.assertWhole();
  const first = checkout.link;

  assert.deepEqual(await checkout.build(), { code: 0, said: "" }, "built though nothing had changed");
  checkout.change("src/portal/labels/more.test.ts", "a test is no part of a build");
  assert.deepEqual(await checkout.build(), { code: 0, said: "" }, "built though only a test had changed");
  assert.equal(checkout.link, first);

  checkout.change("src/words/more.ts", "export const more = 1;");
  assert.equal((await checkout.build()).code, 0);
  checkout.assertWhole();
  const second = checkout.link;
  assert.notEqual(second, first);
  // who loaded the page a moment ago still asks for its parts
  assert.deepEqual(checkout.left, ["portal", first, second].sort());

  checkout.age(first);
  mkdirSync(join(checkout.dist, ".portal-unfinished-1"));
  checkout.age(".portal-unfinished-1");
  checkout.change("src/words/more.ts", "export const more = 2;");
  await checkout.build();
  assert.deepEqual(checkout.left, ["portal", second, checkout.link].sort());
});

test("what does not build is said, and leaves the portal as it was", async (t) => {
  const checkout = new Checkout(t);
  await checkout.build();
  const before = checkout.link;
  checkout.change("src/portal/main.tsx", "this is ( no program");
  const { code, said } = await checkout.build();
  assert.equal(code, 1);
  assert.match(said, /^atalaya: the portal could not be built: /m);
  assert.doesNotMatch(said, /^ {4}at /m);
  assert.equal(checkout.link, before);
  checkout.assertWhole();
});

test("two builds at once both end well and leave one portal", async (t) => {
  const checkout = new Checkout(t);
  const [one, other] = await Promise.all([checkout.build(), checkout.build()]);
  assert.deepEqual([one.code, other.code], [0, 0]);
  checkout.assertWhole();
  assert.deepEqual(checkout.left, ["portal", checkout.link]);
});

test("a build that was killed is made good by the next, at whatever point it ended", async (t) => {
  const checkout = new Checkout(t);
  const child = checkout.start();
  await once(child.stderr, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(existsSync(join(checkout.dist, "portal")), false);
  assert.equal((await checkout.build()).code, 0);
  checkout.assertWhole();

  // between the build and its link
  const built = checkout.link;
  unlinkSync(join(checkout.dist, "portal"));
  assert.equal((await checkout.build()).code, 0);
  assert.equal(checkout.link, built);

  // its files were deleted by hand
  rmSync(join(checkout.dist, built), { recursive: true });
  assert.equal((await checkout.build()).code, 0);
  checkout.assertWhole();
});

test("a folder in the place of the link gives way", async (t) => {
  const checkout = new Checkout(t);
  mkdirSync(join(checkout.dist, "portal"), { recursive: true });
  writeFileSync(join(checkout.dist, "portal/index.html"), "by hand");
  assert.equal((await checkout.build()).code, 0);
  checkout.assertWhole();
});
