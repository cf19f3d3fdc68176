-- Broadcast, presence and change feeds: the table whose policies decide on private channels, and the functions that policies and triggers call.
create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;
set role supabase_realtime_admin;
set search_path = realtime, extensions, pg_catalog;
create table realtime.messages (
    topic text not null, extension text not null, payload jsonb, event text, private boolean default false,
    updated_at timestamp not null default now(), inserted_at timestamp not null default now(), id uuid not null default gen_random_uuid(),
    primary key (id, inserted_at)
) partition by range (inserted_at);
create table realtime.messages_of_any_day partition of realtime.messages default;
alter table realtime.messages enable row level security;
grant all on realtime.messages to postgres;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;
create function realtime.topic() returns text language sql stable as $$ select nullif(current_setting('realtime.topic', true), '')::text $$;
create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void language plpgsql as $$
begin
    insert into realtime.messages (payload, event, topic, private, extension) values (payload, event, topic, private, 'broadcast');
exception when others then
    raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
end
$$;
create function realtime.broadcast_changes(
    topic_name text, event_name text, operation text, table_name text, table_schema text, new record, old record, level text default 'ROW'
) returns void language plpgsql as $$
begin
    if level = 'STATEMENT' then
        raise exception 'function can only be triggered for each row, not for each statement';
    end if;
    perform realtime.send(jsonb_build_object('record', case operation when 'DELETE' then null else to_jsonb(new) end,
        'old_record', case operation when 'INSERT' then null else to_jsonb(old) end, 'operation', operation, 'table', table_name, 'schema', table_schema),
        event_name, topic_name);
end
$$;
reset search_path;
reset role;
set role supabase_admin;
create type realtime.action as enum ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'ERROR');
create type realtime.equality_op as enum ('eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in');
create type realtime.user_defined_filter as (column_name text, op realtime.equality_op, value text);
create table realtime.subscription (
    id bigint generated always as identity primary key, subscription_id uuid not null, entity regclass not null,
    filters realtime.user_defined_filter[] not null default '{}', claims jsonb not null,
    created_at timestamp not null default timezone('utc', now())
);
create table realtime.schema_migrations (version bigint primary key, inserted_at timestamp(0));
grant all on realtime.subscription, realtime.schema_migrations to postgres, dashboard_user;
grant select on realtime.subscription, realtime.schema_migrations to anon, authenticated, service_role;
grant all on realtime.subscription, realtime.schema_migrations to supabase_realtime_admin;
reset role;
