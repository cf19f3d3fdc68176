-- Published articles are for everybody, drafts for their author.
-- style: supabase; secure
create table articles (
    id bigint generated always as identity primary key,
    author_id uuid not null default auth.uid() references auth.users (id),
    title text not null,
    status text not null default 'draft' check (status in ('draft', 'published'))
);
alter table articles enable row level security;
create policy articles_read on articles for select using (status = 'published' or author_id = (select auth.uid()));
create policy articles_write on articles for all to authenticated using (author_id = (select auth.uid())) with check (author_id = (select auth.uid()));
grant select on articles to anon;
grant select, insert, update, delete on articles to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into articles (author_id, title, status) values (:'owner', 'Out', 'published'), (:'owner', 'Not yet', 'draft');
-- ## expect update public.articles outsider denied
update articles set title = 'Defaced' where author_id = :'owner'
-- ## expect delete public.articles outsider denied
delete from articles where author_id = :'owner'
-- ## expect insert public.articles outsider denied|allowed
insert into articles (author_id, title) values (:'owner', 'In her name')
-- ## expect select public.articles owner allowed
select from articles where author_id = :'owner' and status = 'draft'
