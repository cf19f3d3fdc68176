-- Histograms of ranges, which pg_stats shows from 17 on: before, a superuser sees them in pg_statistic.
select json_build_object('schema', n.nspname, 'name', c.relname) as table, a.attname as column, s.stainherit as inherited,
    l.vals as range_length_histogram, l.numbers[1] as range_empty_fraction, b.vals as range_bounds_histogram
from pg_catalog.pg_statistic s
join pg_catalog.pg_class c on c.oid = s.starelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = s.starelid and a.attnum = s.staattnum
left join lateral (
    select v.numbers, v.vals from (values (s.stakind1, s.stanumbers1, s.stavalues1::text), (s.stakind2, s.stanumbers2, s.stavalues2::text),
        (s.stakind3, s.stanumbers3, s.stavalues3::text), (s.stakind4, s.stanumbers4, s.stavalues4::text),
        (s.stakind5, s.stanumbers5, s.stavalues5::text)) v(kind, numbers, vals) where v.kind = 6) l on true
left join lateral (
    select v.vals from (values (s.stakind1, s.stavalues1::text), (s.stakind2, s.stavalues2::text), (s.stakind3, s.stavalues3::text),
        (s.stakind4, s.stavalues4::text), (s.stakind5, s.stavalues5::text)) v(kind, vals) where v.kind = 7) b on true
where (6 in (s.stakind1, s.stakind2, s.stakind3, s.stakind4, s.stakind5) or 7 in (s.stakind1, s.stakind2, s.stakind3, s.stakind4, s.stakind5))
    and :user_schema(n)
