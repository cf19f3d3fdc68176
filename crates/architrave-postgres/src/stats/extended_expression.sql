-- Statistics of the expressions in extended statistics (14 and later).
select json_build_object('schema', s.statistics_schemaname, 'name', s.statistics_name) as table,
    array_position(pg_get_statisticsobjdef_expressions(e.oid), s.expr)::text as column,
    s.inherited, --@ >=15
    s.null_frac as null_fraction, s.avg_width as average_width, s.n_distinct as distinct, s.correlation,
    s.most_common_vals::text as most_common_values, s.most_common_freqs as most_common_frequencies,
    s.histogram_bounds::text as histogram_bounds,
    s.most_common_elems::text as most_common_elements, s.most_common_elem_freqs as most_common_element_frequencies,
    s.elem_count_histogram as element_count_histogram
from pg_catalog.pg_stats_ext_exprs s
join pg_catalog.pg_namespace n on n.nspname = s.statistics_schemaname
join pg_catalog.pg_statistic_ext e on e.stxnamespace = n.oid and e.stxname = s.statistics_name
where :user_schema(n)
