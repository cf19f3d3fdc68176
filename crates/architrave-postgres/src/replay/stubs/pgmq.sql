-- schema: pgmq
create type pgmq.message_record as (msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb);
create table pgmq.meta (queue_name text primary key, is_partitioned boolean not null default false, is_unlogged boolean not null default false, created_at timestamptz not null default now());
create function pgmq.create(queue_name text) returns void language plpgsql security definer set search_path = '' as $$
begin
    execute pg_catalog.format('create table if not exists pgmq.%I (msg_id bigint generated always as identity primary key, read_ct integer not null default 0,
        enqueued_at timestamptz not null default pg_catalog.now(), vt timestamptz not null, message jsonb)', 'q_' || queue_name);
    execute pg_catalog.format('create table if not exists pgmq.%I (msg_id bigint primary key, read_ct integer not null default 0,
        enqueued_at timestamptz not null default pg_catalog.now(), archived_at timestamptz not null default pg_catalog.now(), vt timestamptz not null, message jsonb)', 'a_' || queue_name);
    insert into pgmq.meta (queue_name) values (queue_name) on conflict do nothing;
end
$$;
create function pgmq.send(queue_name text, msg jsonb, delay integer default 0) returns setof bigint language sql as 'select 1::bigint';
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer default 0) returns setof bigint language sql as 'select 1::bigint';
create function pgmq.read(queue_name text, vt integer, qty integer) returns setof pgmq.message_record language sql as 'select null::pgmq.message_record where false';
create function pgmq.pop(queue_name text) returns setof pgmq.message_record language sql as 'select null::pgmq.message_record where false';
create function pgmq.delete(queue_name text, msg_id bigint) returns boolean language sql as 'select true';
create function pgmq.delete(queue_name text, msg_ids bigint[]) returns setof bigint language sql as 'select 1::bigint';
create function pgmq.archive(queue_name text, msg_id bigint) returns boolean language sql as 'select true';
create function pgmq.archive(queue_name text, msg_ids bigint[]) returns setof bigint language sql as 'select 1::bigint';
create function pgmq.purge_queue(queue_name text) returns bigint language sql as 'select 0::bigint';
create function pgmq.drop_queue(queue_name text) returns boolean language sql as 'select true';
create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer) returns setof pgmq.message_record language sql as 'select null::pgmq.message_record where false';
grant select, insert, update, delete on pgmq.meta to public;
