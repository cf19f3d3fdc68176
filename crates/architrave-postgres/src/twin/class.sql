-- What the planner reads in pg_class, $1 a JSON array of sizes.
update pg_catalog.pg_class c
set relpages = s.pages, reltuples = s.rows, relallvisible = s.all_visible_pages,
    relfilenode = coalesce(s.file::oid, c.relfilenode),
    relispopulated = case when c.relkind = 'm' then s.populated else c.relispopulated end
from json_to_recordset($1::text::json) as s(oid int8, pages int4, rows float4, all_visible_pages int4, file int8, populated boolean)
where c.oid = s.oid::oid and s.oid >= 16384 and coalesce(s.file, 16384) >= 16384
