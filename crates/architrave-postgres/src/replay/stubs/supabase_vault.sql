-- schema: vault
create table vault.secrets (id uuid primary key default gen_random_uuid(), name text unique, description text not null default '', secret text not null, key_id uuid, nonce bytea,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create view vault.decrypted_secrets as select *, secret as decrypted_secret from vault.secrets;
create function vault.create_secret(new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null) returns uuid
    language sql security definer set search_path = '' as 'select pg_catalog.gen_random_uuid()';
create function vault.update_secret(secret_id uuid, new_secret text default null, new_name text default null, new_description text default null, new_key_id uuid default null) returns void
    language sql as 'select';
