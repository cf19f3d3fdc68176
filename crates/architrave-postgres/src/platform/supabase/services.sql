-- GraphQL, database webhooks and the CLI's own book of migrations.
set role supabase_admin;
create function graphql_public.graphql("operationName" text default null, query text default null, variables jsonb default null, extensions jsonb default null)
    returns jsonb language sql as $$ select '{}'::jsonb $$;
create function supabase_functions.http_request() returns trigger language plpgsql security definer set search_path = '' as $$ begin return new; end $$;
create table supabase_functions.migrations (version text primary key, inserted_at timestamptz not null default now());
create table supabase_functions.hooks (
    id bigserial primary key, hook_table_id integer not null, hook_name text not null, created_at timestamptz not null default now(), request_id bigint
);
alter function supabase_functions.http_request() owner to supabase_functions_admin;
alter table supabase_functions.migrations owner to supabase_functions_admin;
alter table supabase_functions.hooks owner to supabase_functions_admin;
grant all on all tables in schema supabase_functions to postgres, anon, authenticated, service_role;
grant all on all sequences in schema supabase_functions to postgres, anon, authenticated, service_role;
reset role;
set role postgres;
create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
reset role;
