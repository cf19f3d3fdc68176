-- What the twin's owner may ask of the superuser, and nothing more: facts about relations, their sizes, and which indexes the planner sees.
-- System relations are out of reach.
create schema architrave_twin;
grant usage on schema architrave_twin to postgres;

-- Shows in which directory the files are.
create table architrave_twin.empty ();

create function architrave_twin.relations(oid[])
returns table (oid oid, schema text, name text, kind text, method text, path text, "table" oid, pages_per_range int4, widths float8[], distincts float8[],
    elements float8[], is_unique boolean, file int8, pages int4, "rows" float4, all_visible_pages int4)
language sql stable security definer set search_path = pg_catalog as $twin$:relations$twin$;

create function architrave_twin.write_classes(text) returns void
language sql security definer set search_path = pg_catalog as $twin$:classes$twin$;

-- The relation, and all its partitions and theirs (tables and indexes alike).
create function architrave_twin.family(oid[]) returns oid[]
language sql stable security definer set search_path = pg_catalog as $twin$
    with recursive member(oid) as (
        select unnest($1)
        union
        select i.inhrelid from member m join pg_catalog.pg_class c on c.oid = m.oid and c.relkind in ('p', 'I')
            join pg_catalog.pg_inherits i on i.inhparent = m.oid)
    select array_agg(oid) from member
$twin$;

-- Hidden indexes are dead besides invalid: the planner opens an invalid one before it passes on, and there may be hundreds.
-- Their own tables are told, so that plans that were kept are made again.
create function architrave_twin.show(shown oid[], hidden oid[]) returns void
language plpgsql security definer set search_path = pg_catalog as $twin$
declare
    visible oid[] := coalesce(architrave_twin.family(shown), '{}');
    changed oid[];
begin
    with change as (
        update pg_catalog.pg_index i set indisvalid = not i.indisvalid, indislive = not i.indisvalid
        where i.indexrelid >= 16384 and i.indexrelid = any (visible || architrave_twin.family(hidden))
            and i.indisvalid <> (i.indexrelid = any (visible))
        returning i.indrelid)
    select array_agg(distinct indrelid) into changed from change;
    update pg_catalog.pg_class c set relpages = c.relpages where c.oid = any (changed);
end
$twin$;

revoke execute on all functions in schema architrave_twin from public;
grant execute on all functions in schema architrave_twin to postgres;
