/** `DATABASE_URL`: the record in a PostgreSQL that somebody else runs. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ownServer, PASSWORD } from "./own-server.ts";
import { closeRecords, openRecord, problemOf } from "./rig.ts";

after(closeRecords);

const open = (url: string) => openRecord({ url });

test("the record is kept in the database that a URL names, whatever is in its password", async () => {
  await using own = await ownServer();
  const database = await open(own.url("operator", PASSWORD));
  assert.equal(database.pid, undefined);
  assert.match(database.where, /^postgres:\/\/operator@.*:5432\/own$/);
  const { rows } = await database.reader.query("select current_database() as name");
  assert.deepEqual(rows, [{ name: "own" }]);
  await database.close();
});

test("the schema is made once, however many begin at the same time and however often", async () => {
  await using own = await ownServer();
  const url = own.url("operator", PASSWORD);
  const all = await Promise.all([open(url), open(url), open(url)]);
  const again = await open(url);
  const { rows } = await again.reader.query("select name, count(*)::int from atalaya.migration group by name");
  assert.deepEqual(rows, [{ name: "0001_rounds-and-happenings", count: 1 }]);
  for (const database of [...all, again]) await database.close();
});

test("a user who may not make the schema is told how to get it, and needs no more right once it is there", async () => {
  await using own = await ownServer();
  await own.admin("create role guest login password 'guest'; create database shared");
  const url = own.url("guest", "guest", "shared");
  const problem = await problemOf(open(url), ["guest:guest"]);
  assert.equal(problem.code, "RECORD_SCHEMA_FAILED");
  assert.match(problem.message, /permission denied for database shared/);
  assert.match(problem.help ?? "", /create schema atalaya authorization/);
  await own.admin("create database given owner postgres");
  const given = await openAsAdmin(own.url("guest", "guest", "given"), own);
  await given.close();
});

/** Opens a database after the administrator has made the schema in it. */
async function openAsAdmin(url: string, own: Awaited<ReturnType<typeof ownServer>>) {
  await own.admin("alter role guest superuser");
  const { Client } = await import("pg");
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("create schema atalaya authorization guest");
  await client.end();
  await own.admin("alter role guest nosuperuser");
  return open(url);
}

test("a record that a newer Atalaya wrote is left alone", async () => {
  await using own = await ownServer();
  const url = own.url("operator", PASSWORD);
  const database = await open(url);
  await database.writer.query("insert into atalaya.migration (name, run_on) values ('0999_the-future', now())");
  await database.close();
  const problem = await problemOf(open(url), [PASSWORD]);
  assert.equal(problem.code, "RECORD_NEWER");
  assert.match(problem.message, /`0999_the-future`/);
});

test("a server that does not let us in, is away, or is not there is a Problem without the password", async () => {
  await using own = await ownServer();
  const wrong = "a-wrong-secret";
  const cases: [url: string, words: RegExp][] = [
    [own.url("operator", wrong), /password authentication failed for user "operator"/],
    [own.url("stranger", wrong), /password authentication failed for user "stranger"/],
    [own.url("operator", PASSWORD, "nowhere"), /database "nowhere" does not exist/],
    [`postgres://operator:${wrong}@127.0.0.1:1/own`, /ECONNREFUSED 127\.0\.0\.1:1/],
    [`postgres://operator@${own.url("", "").split("@")[1]}`, /password/],
  ];
  for (const [url, words] of cases) {
    const problem = await problemOf(open(url), [wrong, PASSWORD, encodeURIComponent(PASSWORD)]);
    assert.equal(problem.code, "RECORD_UNREACHABLE");
    assert.match(problem.message, words);
  }
  await own.stop();
  const problem = await problemOf(open(own.url("operator", PASSWORD)), [PASSWORD]);
  assert.equal(problem.code, "RECORD_UNREACHABLE");
  await own.start();
});

const BAD_URLS = [
  "",
  "secret-word",
  "localhost:5432/secret-word",
  "http://operator:secret-word@db/own",
  "postgres://operator:secret-word@db:port/own",
  "postgres://operator:secret-word@db:99999/own",
  "postgres://operator:secret-word%C3@db/own",
  "postgres://operator:secret-word@db/own?sslrootcert=/nonexistent.pem",
  "postgres://operator:secret-word/with@slash@db/own",
];
for (const url of BAD_URLS) {
  test(`\`${url}\` is refused in words, without what it holds`, async () => {
    const problem = await problemOf(open(url), ["secret-word"]);
    assert.equal(problem.code, "RECORD_BAD_URL");
    assert.match(problem.expected ?? "", /^postgres:\/\/user:password@host/);
  });
}
