-- schema: vault
-- Secrets as they are: nothing here outlives the private server.
create table vault.secrets (id uuid primary key default md5(random()::text || clock_timestamp()::text)::uuid, name text, description text not null default '', secret text not null, key_id uuid, nonce bytea,
    created_at timestamptz not null default current_timestamp, updated_at timestamptz not null default current_timestamp);
create unique index secrets_name_idx on vault.secrets (name) where name is not null;
create view vault.decrypted_secrets as select id, name, description, secret, secret as decrypted_secret, key_id, nonce, created_at, updated_at from vault.secrets;
create function vault.create_secret(new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null) returns uuid
    language sql security definer set search_path = ''
    as 'insert into vault.secrets (secret, name, description) values ($1, $2, coalesce($3, '''')) returning id';
create function vault.update_secret(secret_id uuid, new_secret text default null, new_name text default null, new_description text default null, new_key_id uuid default null) returns void
    language sql security definer set search_path = ''
    as 'update vault.secrets set secret = coalesce($2, secret), name = coalesce($3, name), description = coalesce($4, description), updated_at = pg_catalog.now() where id = $1';
revoke execute on function vault.create_secret, vault.update_secret from public;
grant usage on schema vault to postgres, service_role;
grant select, delete on vault.secrets, vault.decrypted_secrets to postgres, service_role;
grant execute on function vault.create_secret, vault.update_secret to postgres, service_role;
