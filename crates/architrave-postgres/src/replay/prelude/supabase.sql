-- What a Supabase database holds before a project's first migration, as far as schemas and policies rely on it. Made as our superuser.
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
create role supabase_admin login createdb createrole replication bypassrls;
create role supabase_auth_admin login noinherit createrole;
create role supabase_storage_admin login noinherit createrole;
create role supabase_functions_admin nologin noinherit;
create role supabase_realtime_admin nologin noinherit;
create role supabase_replication_admin nologin noinherit;
create role supabase_read_only_user login noinherit bypassrls;
create role supabase_etl_admin nologin noinherit;
create role dashboard_user nologin noinherit;
create role pgbouncer nologin noinherit;
create role supabase_privileged_role nologin noinherit;
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant supabase_auth_admin, supabase_storage_admin, supabase_functions_admin, supabase_realtime_admin, dashboard_user to postgres;
grant anon, authenticated, service_role to supabase_storage_admin;

create schema extensions authorization postgres;
create schema auth authorization supabase_auth_admin;
create schema storage authorization supabase_storage_admin;
create schema realtime authorization supabase_realtime_admin;
create schema graphql_public authorization postgres;
create schema supabase_functions authorization supabase_functions_admin;
create schema supabase_migrations authorization postgres;
create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;
grant usage on schema public, extensions, auth, storage, realtime, graphql_public, supabase_functions to postgres, anon, authenticated, service_role;
grant all on schema public, extensions, auth, storage, realtime to postgres;
do $$
begin
    execute format('alter database %I set search_path to "$user", public, extensions', current_database());
end
$$;

alter default privileges for role postgres in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on sequences to anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on functions to anon, authenticated, service_role;
create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;

-- auth
create type auth.aal_level as enum ('aal1', 'aal2', 'aal3');
create type auth.factor_type as enum ('totp', 'webauthn', 'phone');
create type auth.factor_status as enum ('unverified', 'verified');
create table auth.users (
    instance_id uuid, id uuid primary key, aud varchar(255), role varchar(255), email varchar(255), encrypted_password varchar(255),
    email_confirmed_at timestamptz, invited_at timestamptz, confirmation_token varchar(255), confirmation_sent_at timestamptz,
    recovery_token varchar(255), recovery_sent_at timestamptz, email_change_token_new varchar(255), email_change varchar(255),
    email_change_sent_at timestamptz, last_sign_in_at timestamptz, raw_app_meta_data jsonb, raw_user_meta_data jsonb, is_super_admin boolean,
    created_at timestamptz, updated_at timestamptz, phone text unique default null, phone_confirmed_at timestamptz, phone_change text default '',
    phone_change_token varchar(255) default '', phone_change_sent_at timestamptz,
    confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
    email_change_token_current varchar(255) default '', email_change_confirm_status smallint default 0, banned_until timestamptz,
    reauthentication_token varchar(255) default '', reauthentication_sent_at timestamptz, is_sso_user boolean not null default false,
    deleted_at timestamptz, is_anonymous boolean not null default false
);
create unique index users_email_partial_key on auth.users (email) where is_sso_user = false;
create table auth.identities (
    provider_id text not null, user_id uuid not null references auth.users on delete cascade, identity_data jsonb not null, provider text not null,
    last_sign_in_at timestamptz, created_at timestamptz, updated_at timestamptz,
    email text generated always as (lower(identity_data ->> 'email')) stored, id uuid not null default gen_random_uuid() primary key,
    unique (provider_id, provider)
);
create index identities_user_id_idx on auth.identities (user_id);
create table auth.sessions (
    id uuid primary key, user_id uuid not null references auth.users on delete cascade, created_at timestamptz, updated_at timestamptz,
    factor_id uuid, aal auth.aal_level, not_after timestamptz, refreshed_at timestamp, user_agent text, ip inet, tag text
);
create index sessions_user_id_idx on auth.sessions (user_id);
create table auth.refresh_tokens (
    instance_id uuid, id bigserial primary key, token varchar(255) unique, user_id varchar(255), revoked boolean, created_at timestamptz,
    updated_at timestamptz, parent varchar(255), session_id uuid references auth.sessions on delete cascade
);
create table auth.mfa_factors (
    id uuid primary key, user_id uuid not null references auth.users on delete cascade, friendly_name text, factor_type auth.factor_type not null,
    status auth.factor_status not null, created_at timestamptz not null, updated_at timestamptz not null, secret text, phone text, last_challenged_at timestamptz
);
create table auth.audit_log_entries (instance_id uuid, id uuid primary key, payload json, created_at timestamptz, ip_address varchar(64) not null default '');
create table auth.schema_migrations (version varchar(255) primary key);
create function auth.uid() returns uuid language sql stable as
    $$ select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;
create function auth.role() returns text language sql stable as
    $$ select coalesce(nullif(current_setting('request.jwt.claim.role', true), ''), (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'))::text $$;
create function auth.email() returns text language sql stable as
    $$ select coalesce(nullif(current_setting('request.jwt.claim.email', true), ''), (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'))::text $$;
create function auth.jwt() returns jsonb language sql stable as
    $$ select coalesce(nullif(current_setting('request.jwt.claim', true), ''), nullif(current_setting('request.jwt.claims', true), ''))::jsonb $$;

-- storage
create table storage.buckets (
    id text primary key, name text not null unique, owner uuid, created_at timestamptz default now(), updated_at timestamptz default now(),
    public boolean default false, avif_autodetection boolean default false, file_size_limit bigint, allowed_mime_types text[], owner_id text
);
create table storage.objects (
    id uuid primary key default gen_random_uuid(), bucket_id text references storage.buckets, name text, owner uuid, created_at timestamptz default now(),
    updated_at timestamptz default now(), last_accessed_at timestamptz default now(), metadata jsonb,
    path_tokens text[] generated always as (string_to_array(name, '/')) stored, version text, owner_id text, user_metadata jsonb
);
create unique index bucketid_objname on storage.objects (bucket_id, name);
create table storage.migrations (id integer primary key, name varchar(100) not null unique, hash varchar(40) not null, executed_at timestamp default current_timestamp);
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
create function storage.foldername(name text) returns text[] language plpgsql immutable as
    $$ declare parts text[] := string_to_array(name, '/'); begin return parts[1:array_length(parts, 1) - 1]; end $$;
create function storage.filename(name text) returns text language plpgsql immutable as
    $$ declare parts text[] := string_to_array(name, '/'); begin return parts[array_length(parts, 1)]; end $$;
create function storage.extension(name text) returns text language plpgsql immutable as
    $$ begin return reverse(split_part(reverse(storage.filename(name)), '.', 1)); end $$;

-- realtime, graphql, functions
create table realtime.messages (
    topic text not null, extension text not null, payload jsonb, event text, private boolean default false, updated_at timestamp not null default now(),
    inserted_at timestamp not null default now(), id uuid not null default gen_random_uuid(), primary key (id, inserted_at)
) partition by range (inserted_at);
alter table realtime.messages enable row level security;
create function realtime.topic() returns text language sql stable as $$ select nullif(current_setting('realtime.topic', true), '')::text $$;
create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void language plpgsql as $$ begin end $$;
create function realtime.broadcast_changes(topic_name text, event_name text, operation text, table_name text, table_schema text, new record, old record,
    level text default 'ROW') returns void language plpgsql as $$ begin end $$;
create function graphql_public.graphql("operationName" text default null, query text default null, variables jsonb default null, extensions jsonb default null)
    returns jsonb language sql as $$ select '{}'::jsonb $$;
create function supabase_functions.http_request() returns trigger language plpgsql as $$ begin return new; end $$;
create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);

do $$
declare
    thing record;
    heir constant jsonb := '{"auth": "supabase_auth_admin", "storage": "supabase_storage_admin", "realtime": "supabase_realtime_admin",
                             "graphql_public": "postgres", "supabase_functions": "supabase_functions_admin", "supabase_migrations": "postgres"}';
begin
    for thing in select c.oid::regclass::text as name, n.nspname, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
                 where n.nspname in (select jsonb_object_keys(heir)) and c.relkind in ('r', 'v', 'p') loop
        execute format('alter %s %s owner to %I', case thing.relkind when 'v' then 'view' else 'table' end, thing.name, heir ->> thing.nspname);
    end loop;
    for thing in select p.oid::regprocedure::text as name, n.nspname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                 where n.nspname in (select jsonb_object_keys(heir)) loop
        execute format('alter function %s owner to %I', thing.name, heir ->> thing.nspname);
    end loop;
end
$$;
grant all on all tables in schema auth, storage, realtime to postgres with grant option;
grant references, trigger on auth.users to postgres;
grant select, insert, update, delete on all tables in schema storage to anon, authenticated, service_role;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;
grant all on all tables in schema supabase_migrations to postgres;
grant execute on all functions in schema auth, storage, realtime, graphql_public to postgres, anon, authenticated, service_role;
