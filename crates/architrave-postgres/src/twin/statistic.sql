-- Rows for pg_statistic out of rows of pg_stats, $1 a JSON array of them. `:found` and `:target` are the parts that differ between
-- columns and the expressions of extended statistics. Operators and collations are what ANALYZE takes: those of the
-- type's default b-tree class (else the equality of its hash class), and the column's collation.
with recursive given as (
    select g."table"->>'schema' as schema, g."table"->>'name' as relation, g.*
    from json_to_recordset($1::text::json) as g(
        "table" json, "column" text, inherited boolean, null_fraction float4, average_width int4, "distinct" float4, correlation float4,
        most_common_values text, most_common_frequencies float4[], histogram_bounds text, most_common_elements text,
        most_common_element_frequencies float4[], element_count_histogram float4[],
        range_length_histogram text, range_empty_fraction float4, range_bounds_histogram text, type_oid int8)
),
found as (
    :found
),
wanted(declared, base) as (
    select distinct f.declared, f.declared from found f
    union
    select w.declared, t.typbasetype from wanted w join pg_catalog.pg_type t on t.oid = w.base and t.typtype = 'd'
),
value_type as (
    select w.declared, t.oid as base, t.typtype, t.typlen, t.typcategory,
        case when t.oid = 3614 then 25
            when t.typelem <> 0 and t.typlen = -1 then coalesce(nullif(e.typbasetype, 0), t.typelem) end as element
    from wanted w
    join pg_catalog.pg_type t on t.oid = w.base and t.typtype <> 'd'
    left join pg_catalog.pg_type e on e.oid = t.typelem
),
operators as (
    select v.base, c.equal, c.less
    from (select base from value_type union select element from value_type where element is not null) v
    join pg_catalog.pg_type t on t.oid = v.base
    cross join lateral (
        select k.opcintype,
            (select o.amopopr from pg_catalog.pg_amop o where o.amopfamily = k.opcfamily and o.amoplefttype = k.opcintype
                and o.amoprighttype = k.opcintype and o.amopstrategy = case m.amname when 'btree' then 3 else 1 end) as equal,
            (select o.amopopr from pg_catalog.pg_amop o where o.amopfamily = k.opcfamily and o.amoplefttype = k.opcintype
                and o.amoprighttype = k.opcintype and o.amopstrategy = 1 and m.amname = 'btree') as less,
            m.amname
        from pg_catalog.pg_opclass k
        join pg_catalog.pg_am m on m.oid = k.opcmethod and m.amname in ('btree', 'hash')
        where k.opcdefault and (
            k.opcintype = t.oid
            or exists (select from pg_catalog.pg_cast x where x.castsource = t.oid and x.casttarget = k.opcintype
                and x.castmethod = 'b' and x.castcontext = 'i')
            or k.opcintype = case when t.typelem <> 0 and t.typlen = -1 then 2277 when t.typtype = 'e' then 3500
                when t.typtype = 'r' then 3831 when t.typtype = 'm' then 4537 when t.typtype = 'c' then 2249 else 0 end)
        order by m.amname = 'hash', k.opcintype <> t.oid, k.opcintype in (2277, 3500, 3831, 4537, 2249), k.opcintype
        limit 1
    ) c
),
slots as (
    select f.*, v.base, v.element, o.equal, o.less, eo.equal as element_equal,
        case when v.base = 3614 then 100 else f.attcollation end as element_collation,
        coalesce(r.rngtypid, v.base) as bounds_type
    from found f
    join value_type v on v.declared = f.declared
    left join operators o on o.base = v.base
    left join operators eo on eo.base = v.element
    left join pg_catalog.pg_range r on v.typtype = 'm' and pg_catalog.to_jsonb(r)->>'rngmultitypid' = v.base::text
),
used as (
    select s.*,
        s.most_common_values is not null and s.most_common_frequencies is not null and s.equal is not null as has_common,
        s.histogram_bounds is not null and s.less is not null as has_histogram,
        s.correlation is not null and s.less is not null as has_correlation,
        s.most_common_elements is not null and s.most_common_element_frequencies is not null and s.element_equal is not null as has_elements,
        s.element_count_histogram is not null and s.element_equal is not null as has_counts,
        s.range_length_histogram is not null as has_lengths,
        s.range_bounds_histogram is not null as has_bounds
    from slots s
),
result as (
    select u."column" as number, row(
        u.relation_oid, u.attnum, u.inherited, u.null_fraction, u.average_width, u."distinct",
        case when u.has_common then 1 else 0 end, case when u.has_histogram then 2 else 0 end, case when u.has_correlation then 3 else 0 end,
        case when u.has_elements then 4 when u.has_lengths then 6 else 0 end, case when u.has_counts then 5 when u.has_bounds then 7 else 0 end,
        case when u.has_common then u.equal else 0 end, case when u.has_histogram then u.less else 0 end,
        case when u.has_correlation then u.less else 0 end,
        case when u.has_elements then u.element_equal when u.has_lengths then 672 else 0 end,
        case when u.has_counts then u.element_equal else 0 end,
        case when u.has_common then u.attcollation else 0 end, case when u.has_histogram then u.attcollation else 0 end,
        case when u.has_correlation then u.attcollation else 0 end, case when u.has_elements then u.element_collation else 0 end,
        case when u.has_counts then u.element_collation else 0 end,
        case when u.has_common then u.most_common_frequencies end, null::float4[], case when u.has_correlation then array[u.correlation] end,
        case when u.has_elements then u.most_common_element_frequencies when u.has_lengths then array[coalesce(u.range_empty_fraction, 0)] end,
        case when u.has_counts then u.element_count_histogram end,
        array_in(textout(case when u.has_common then u.most_common_values end), u.base, -1),
        array_in(textout(case when u.has_histogram then u.histogram_bounds end), u.base, -1),
        array_in(null, 25, -1),
        array_in(textout(case when u.has_elements then u.most_common_elements when u.has_lengths then u.range_length_histogram end),
            case when u.has_elements then u.element else 701 end, -1),
        array_in(textout(case when u.has_bounds and not u.has_counts then u.range_bounds_histogram end), u.bounds_type, -1))::pg_catalog.pg_statistic as statistic
    from used u
)
:target
