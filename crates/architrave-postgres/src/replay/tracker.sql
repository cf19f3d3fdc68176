-- Notes which statement of the replay made or changed which object. Event triggers see what DO blocks and functions do, too.
create schema architrave_replay;
grant usage on schema architrave_replay to public;
create table architrave_replay.log (
    id bigint generated always as identity,
    statement integer not null,
    class oid not null,
    object oid not null,
    part integer not null,
    made boolean not null
);
create index on architrave_replay.log (class, object, part);

create function architrave_replay.note() returns event_trigger
language plpgsql security definer set search_path = '' as $$
declare
    current integer := coalesce(nullif(current_setting('architrave.statement', true), ''), '-1')::integer;
begin
    insert into architrave_replay.log (statement, class, object, part, made)
    select current, c.classid, c.objid, c.objsubid, c.command_tag like 'CREATE%'
    from pg_catalog.pg_event_trigger_ddl_commands() c
    where c.classid is not null and c.objid is not null
      and c.command_tag not in ('COMMENT', 'GRANT', 'REVOKE', 'SECURITY LABEL', 'ALTER DEFAULT PRIVILEGES');

    insert into architrave_replay.log (statement, class, object, part, made)
    select current, 'pg_catalog.pg_class'::regclass, a.attrelid, a.attnum, true
    from pg_catalog.pg_attribute a
    where a.attnum > 0 and not a.attisdropped
      and a.attrelid in (select c.objid from pg_catalog.pg_event_trigger_ddl_commands() c
                         where c.classid = 'pg_catalog.pg_class'::regclass)
      and not exists (select from architrave_replay.log l
                      where l.class = 'pg_catalog.pg_class'::regclass and l.object = a.attrelid and l.part = a.attnum);

    insert into architrave_replay.log (statement, class, object, part, made)
    select current, 'pg_catalog.pg_constraint'::regclass, k.oid, 0, true
    from pg_catalog.pg_constraint k
    where k.conrelid in (select c.objid from pg_catalog.pg_event_trigger_ddl_commands() c
                         where c.classid = 'pg_catalog.pg_class'::regclass)
      and not exists (select from architrave_replay.log l
                      where l.class = 'pg_catalog.pg_constraint'::regclass and l.object = k.oid and l.part = 0);
end
$$;
revoke all on function architrave_replay.note() from public;
