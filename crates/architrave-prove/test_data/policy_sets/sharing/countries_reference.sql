-- Reference data: everybody reads, only the back end writes.
-- style: supabase; secure
create table countries (
    code char(2) primary key check (code = upper(code)),
    label text not null
);
create table currencies (
    code char(3) primary key,
    minor_units smallint not null check (minor_units between 0 and 4),
    country_code char(2) references countries (code)
);
alter table countries enable row level security;
alter table currencies enable row level security;
create policy countries_read on countries for select to anon, authenticated using (true);
create policy currencies_read on currencies for select to anon, authenticated using (true);
grant select on countries, currencies to anon, authenticated;
-- ## seed
insert into countries values ('PT', 'Portugal');
insert into currencies values ('EUR', 2, 'PT');
-- ## expect select public.countries anonymous allowed|open
select from countries
-- ## expect select public.currencies outsider allowed|open
select from currencies
-- ## expect insert public.countries outsider denied|allowed
insert into countries values ('XX', 'Nowhere')
-- ## expect update public.currencies outsider denied
update currencies set minor_units = 0
-- ## expect delete public.countries anonymous denied
delete from currencies
