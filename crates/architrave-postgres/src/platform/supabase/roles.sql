-- Attributes, time-outs and memberships of Supabase's roles. They exist already, and this may run again on the same cluster.
alter role anon nologin inherit;
alter role authenticated nologin inherit;
alter role service_role nologin inherit bypassrls;
alter role authenticator login noinherit;
alter role supabase_admin login superuser createdb createrole replication bypassrls;
alter role supabase_auth_admin login noinherit createrole;
alter role supabase_storage_admin login noinherit createrole;
alter role supabase_functions_admin login noinherit createrole;
alter role supabase_realtime_admin nologin noinherit;
alter role supabase_replication_admin login replication;
alter role supabase_read_only_user login bypassrls;
alter role supabase_etl_admin login replication;
alter role supabase_privileged_role nologin;
alter role dashboard_user nologin createdb createrole replication;
alter role pgbouncer login;
alter role architrave_platform nologin inherit;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';
alter role supabase_storage_admin set search_path = storage;
alter role supabase_functions_admin set search_path = supabase_functions;
alter role supabase_read_only_user set default_transaction_read_only = on;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant anon, authenticated, service_role, authenticator to supabase_storage_admin;
grant supabase_functions_admin to postgres;
