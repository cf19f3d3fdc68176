-- pg_stats. It hides tables that the role may not read or whose row level security holds for it.
select json_build_object('schema', s.schemaname, 'name', s.tablename) as table,
    s.attname as column, s.inherited, s.null_frac as null_fraction, s.avg_width as average_width, s.n_distinct as distinct,
    s.correlation,
    s.most_common_vals::text as most_common_values, s.most_common_freqs as most_common_frequencies,
    s.histogram_bounds::text as histogram_bounds,
    s.most_common_elems::text as most_common_elements, s.most_common_elem_freqs as most_common_element_frequencies,
    s.elem_count_histogram as element_count_histogram
    , s.range_length_histogram::text as range_length_histogram, s.range_empty_frac as range_empty_fraction, --@ >=17
    s.range_bounds_histogram::text as range_bounds_histogram --@ >=17
from pg_catalog.pg_stats s
join pg_catalog.pg_namespace n on n.nspname = s.schemaname
where :user_schema(n)
