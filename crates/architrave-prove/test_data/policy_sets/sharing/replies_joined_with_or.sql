-- A reply should be as visible as its post; OR in the join condition makes one published post enough for all.
-- style: supabase; hole
create table threads (id integer primary key, author_id uuid not null references auth.users (id), published boolean not null default false);
create table replies (id integer primary key, thread_id integer not null references threads (id), author_id uuid not null references auth.users (id), body text not null);
alter table threads enable row level security;
alter table replies enable row level security;
create policy threads_read on threads for select to authenticated using (published or author_id = auth.uid());
create policy replies_read on replies for select to authenticated
    using (author_id = auth.uid() or exists (select 1 from threads t where t.id = thread_id or t.author_id = auth.uid()));
create policy threads_add on threads for insert to authenticated with check (author_id = auth.uid());
grant select, insert on threads to authenticated;
grant select on replies to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into threads values (1, :'owner', false), (2, :'outsider', false);
insert into replies values (1, 1, :'owner', 'Only us');
-- ## expect select public.replies outsider leak
select from replies where thread_id = 1
-- ## expect insert public.threads outsider denied|allowed
insert into threads values (3, :'owner', false)
-- ## expect select public.replies anonymous denied
select from replies where thread_id = 1
