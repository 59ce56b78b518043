-- Up Migration

-- A round of a chain, as it was judged. Slots are twelve letters, see src/watch/rounds.ts.
create table atalaya.round (
  chain_id         text     not null check (chain_id ~ '^[0-9a-f]{64}$'),
  start_slot       bigint   not null check (start_slot >= 0),
  producer         text     not null,
  schedule_version bigint   not null,
  slots            text     not null check (slots ~ '^[.plmo?]{12}$'),
  final            boolean  not null,
  primary key (chain_id, start_slot)
);

create index round_by_producer on atalaya.round (chain_id, producer, start_slot);

-- Something worth telling: see src/api/happenings.ts for kinds and facts.
create table atalaya.happening (
  chain_id text        not null check (chain_id ~ '^[0-9a-f]{64}$'),
  id       text        not null,
  at       timestamptz not null,
  level    text        not null,
  kind     text        not null,
  facts    jsonb       not null,
  primary key (chain_id, id)
);

create index happening_by_time on atalaya.happening (at);

-- Down Migration

drop table atalaya.happening;
drop table atalaya.round;
