-- A function with the rights of its caller: the policies hold inside.
-- style: supabase; secure
create table snippets (id integer primary key, user_id uuid not null references auth.users (id), body text not null);
alter table snippets enable row level security;
create policy snippets_own on snippets for all to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on snippets to authenticated;
create function search_snippets(term text) returns setof snippets language sql stable as
    $$ select * from snippets s where s.body ilike '%' || term || '%' $$;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into snippets values (1, :'owner', 'select 1');
-- ## expect execute public.search_snippets(text) outsider denied
select from search_snippets('select')
-- ## expect select public.snippets outsider denied
select from snippets where user_id = :'owner'
-- ## expect insert public.snippets outsider denied|allowed
insert into snippets values (2, :'owner', 'x')
