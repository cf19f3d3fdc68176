//! A large live database: as many tables as asked for, each with twelve columns and three indexes besides its key, some foreign keys, views and statistics.

/// Tables made by one statement, so that no transaction needs too many locks.
const BATCH: u32 = 250;

/// Statements that make `tables` tables with four indexes each in ten schemas, in order; every tenth table gets rows and statistics.
pub(super) fn statements(tables: u32) -> Vec<String> {
    let mut all: Vec<String> = (0..10).map(|n| format!("create schema area_{n}")).collect();
    all.push("create type public.order_state as enum ('open', 'paid', 'sent', 'returned')".to_owned());
    for first in (0..tables).step_by(BATCH as usize) {
        let last = (first + BATCH).min(tables) - 1;
        all.push(batch(first, last));
    }
    all.push("analyze".to_owned());
    // Hint bits and the visibility map are written by whoever comes first: it shall not be the review.
    all.push("vacuum (freeze)".to_owned());
    all.push("checkpoint".to_owned());
    all
}

fn batch(first: u32, last: u32) -> String {
    format!(
        r"do $$
declare
    t text;
begin
    for n in {first}..{last} loop
        t := format('area_%s.orders_%s', n % 10, n);
        execute format('create table %s (id bigint generated always as identity primary key, tenant_id uuid not null,
            parent_id bigint, title text not null, note varchar(200), state public.order_state not null default ''open'',
            amount numeric(12, 2) not null check (amount >= 0), details jsonb, created_at timestamptz not null default now(),
            updated_at timestamp, external_ref text, closed_at timestamptz)', t);
        execute format('create index on %s (tenant_id, created_at)', t);
        execute format('create index on %s (parent_id) where state <> ''returned''', t);
        execute format('create index on %s (lower(title))', t);
        if n % 2 = 1 then
            execute format('alter table %s add foreign key (parent_id) references area_%s.orders_%s (id)', t, (n - 1) % 10, n - 1);
        end if;
        if n % 5 = 0 then
            execute format('comment on table %s is %L', t, 'orders of area ' || n);
        end if;
        if n % 20 = 0 then
            execute format('create view %s_open as select id, title, amount from %s where state = ''open''', t, t);
        end if;
        if n % 10 = 0 then
            execute format('insert into %s (tenant_id, title, amount) select ''00000000-0000-0000-0000-000000000001'',
                ''order '' || i, i from generate_series(1, 20) i', t);
        end if;
    end loop;
end
$$"
    )
}
