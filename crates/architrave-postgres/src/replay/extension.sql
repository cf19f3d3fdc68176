-- What scripts may ask of the superuser, and nothing more: extensions from a fixed set, stand-ins for missing ones, missing roles.
create table architrave_replay.stub (extension text primary key, body text not null);
create table architrave_replay.harmless (extension text primary key);
create table architrave_replay.platform_role as select rolname from pg_catalog.pg_roles;

create function architrave_replay.add_extension(wanted text, target text, really boolean) returns void
language plpgsql security definer set search_path = '' as $$
begin
    if target is not null and not exists (select from pg_catalog.pg_namespace where nspname = target) then
        execute pg_catalog.format('create schema %I authorization postgres', target);
    end if;
    if really and exists (select from architrave_replay.harmless where extension = wanted) then
        execute pg_catalog.format('create extension if not exists %I%s cascade', wanted,
                                  case when target is null then ' with schema public' else pg_catalog.format(' with schema %I', target) end);
        -- Who made an extension may drop it; there is no command that gives one away.
        update pg_catalog.pg_extension set extowner = (select oid from pg_catalog.pg_roles where rolname = 'postgres')
        where extowner = (select oid from pg_catalog.pg_roles where rolname = current_user) and extname <> 'plpgsql';
    else
        perform architrave_replay.stand_in(wanted, coalesce(target, 'public'));
    end if;
end
$$;

-- Makes a row in pg_extension with the objects of the stub as its members, so that IF NOT EXISTS, COMMENT and DROP work as usual.
create function architrave_replay.stand_in(wanted text, target text) returns void
language plpgsql security definer set search_path = '' as $$
declare
    home oid;
    made oid;
    mark bigint;
    script text;
    wanted_schema text := target;
begin
    if exists (select from pg_catalog.pg_extension where extname = wanted) then
        return;
    end if;
    select body into script from architrave_replay.stub where extension = wanted;
    select max(o)::bigint into mark from (
        select max(oid::bigint) o from pg_catalog.pg_class union all select max(oid::bigint) from pg_catalog.pg_type
        union all select max(oid::bigint) from pg_catalog.pg_proc union all select max(oid::bigint) from pg_catalog.pg_operator
        union all select max(oid::bigint) from pg_catalog.pg_namespace union all select max(oid::bigint) from pg_catalog.pg_constraint) m;
    if script is not null then
        if script like '-- schema: %' then
            wanted_schema := pg_catalog.btrim(pg_catalog.substr(pg_catalog.split_part(script, chr(10), 1), 12));
            execute pg_catalog.format('create schema if not exists %I', wanted_schema);
        end if;
        execute pg_catalog.replace(script, '{schema}', pg_catalog.quote_ident(wanted_schema));
    end if;
    select oid into home from pg_catalog.pg_namespace where nspname = wanted_schema;
    select max(oid::bigint) + 1 into made from pg_catalog.pg_extension;
    made := greatest(made::bigint, 90000)::oid;
    insert into pg_catalog.pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    values (made, wanted, (select oid from pg_catalog.pg_roles where rolname = 'postgres'), home, false, 'stub');
    insert into pg_catalog.pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
    select c, o, 0, 'pg_catalog.pg_extension'::regclass, made, 0, 'e' from (
        select 'pg_catalog.pg_proc'::regclass::oid c, oid o from pg_catalog.pg_proc
        union all select 'pg_catalog.pg_type'::regclass, oid from pg_catalog.pg_type t
        where typelem = 0 and (typrelid = 0 or exists (select from pg_catalog.pg_class where oid = typrelid and relkind = 'c'))
        union all select 'pg_catalog.pg_operator'::regclass, oid from pg_catalog.pg_operator
        union all select 'pg_catalog.pg_am'::regclass, oid from pg_catalog.pg_am
        union all select 'pg_catalog.pg_opclass'::regclass, oid from pg_catalog.pg_opclass
        union all select 'pg_catalog.pg_opfamily'::regclass, oid from pg_catalog.pg_opfamily
        union all select 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid from pg_catalog.pg_foreign_data_wrapper
        union all select 'pg_catalog.pg_class'::regclass, oid from pg_catalog.pg_class where relkind in ('r', 'v', 'S', 'p')
    ) objects where o::bigint > mark;
end
$$;

create function architrave_replay.add_role(wanted text) returns void
language plpgsql security definer set search_path = '' as $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
        execute pg_catalog.format('create role %I nologin', wanted);
        execute pg_catalog.format('grant %I to postgres', wanted);
    end if;
end
$$;

-- Roles that the scripts made are theirs to use (ALTER … OWNER TO), as they are for the role that runs migrations anywhere.
create function architrave_replay.join_roles() returns void
language plpgsql security definer set search_path = '' as $$
declare
    own record;
begin
    for own in select rolname from pg_catalog.pg_roles
               where not rolsuper and rolname not in ('postgres', 'architrave_platform') and rolname not like 'pg\_%'
                 -- Those that the emulation of Supabase made for another database of the server are no script's.
                 and (rolname !~ '^(supabase_|authenticator$|dashboard_user$|pgbouncer$)'
                      or not exists (select from pg_catalog.pg_roles where rolname = 'architrave_platform'))
                 and rolname not in (select rolname from architrave_replay.platform_role) loop
        execute pg_catalog.format('grant %I to postgres', own.rolname);
    end loop;
end
$$;

-- A schema that scripts expect and nobody makes. Names of ours and of the system are not to be had.
create function architrave_replay.add_schema(wanted text) returns void
language plpgsql security definer set search_path = '' as $$
begin
    if wanted !~ '^(pg_|architrave)' then
        execute pg_catalog.format('create schema if not exists %I authorization postgres', wanted);
    end if;
end
$$;

-- What a platform lets `postgres` do with tables of its own, by an extension that a private server does not have. The role that acts is no
-- superuser: it owns what the platform's roles own, and what `postgres` owns. New objects go to the role that owns their schema's tables.
create function architrave_replay.as_platform(statement text) returns void
language plpgsql security definer as $$
declare
    own record;
    heirs constant pg_catalog.jsonb := '{"auth": "supabase_auth_admin", "storage": "supabase_storage_admin", "realtime": "supabase_realtime_admin"}';
begin
    execute statement;
    for own in select pg_catalog.format('alter routine %s owner to %I', p.oid::pg_catalog.regprocedure, coalesce(heirs operator(pg_catalog.->>) n.nspname::text, 'postgres')) as give
               from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
               where p.proowner = current_user::pg_catalog.regrole and n.nspname <> 'architrave_replay'
               union all
               select pg_catalog.format('alter table %s owner to %I', c.oid::pg_catalog.regclass, coalesce(heirs operator(pg_catalog.->>) n.nspname::text, 'postgres'))
               from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
               where c.relowner = current_user::pg_catalog.regrole and c.relkind in ('r', 'p', 'v', 'm') loop
        execute own.give;
    end loop;
end
$$;

do $$
begin
    if exists (select from pg_catalog.pg_namespace n join pg_catalog.pg_roles r on r.oid = n.nspowner
               where n.nspname = 'auth' and r.rolname = 'supabase_admin' and r.rolsuper) then
        -- Extensions belong to the platform's superuser, so that a project's default privileges do not reach their functions.
        alter function architrave_replay.add_extension(text, text, boolean) owner to supabase_admin;
        alter function architrave_replay.stand_in(text, text) owner to supabase_admin;
        alter function architrave_replay.as_platform(text) owner to architrave_platform;
        grant usage on schema architrave_replay to architrave_platform;
    else
        drop function architrave_replay.as_platform(text);
    end if;
end
$$;
