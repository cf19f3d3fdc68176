-- Extended statistics as the view shows them to those who may read the table.
select json_build_object('schema', s.statistics_schemaname, 'name', s.statistics_name) as name,
    json_build_object('schema', s.schemaname, 'name', s.tablename) as table,
    s.inherited, --@ >=15
    e.stxkeys::int2[] as keys, s.n_distinct::text as distinct, s.dependencies::text as dependencies,
    s.most_common_vals is not null as has_most_common
from pg_catalog.pg_stats_ext s
join pg_catalog.pg_namespace n on n.nspname = s.statistics_schemaname
join pg_catalog.pg_statistic_ext e on e.stxnamespace = n.oid and e.stxname = s.statistics_name
where :user_schema(n)
