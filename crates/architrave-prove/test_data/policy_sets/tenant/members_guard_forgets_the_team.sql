-- The trigger keeps the role, and forgets the team.
-- style: supabase; hole
create table unions (id uuid primary key default gen_random_uuid(), title text not null);
create table union_members (
    id bigint generated always as identity primary key,
    union_id uuid not null references unions (id),
    user_id uuid not null references auth.users (id),
    role text not null default 'member' check (role in ('chair', 'member'))
);
create table votes (id bigint generated always as identity primary key, union_id uuid not null references unions (id), choice text not null);
create function keep_role() returns trigger language plpgsql as $$
begin
    new.role := old.role;
    return new;
end $$;
create trigger keep_role before update on union_members for each row execute function keep_role();
alter table unions enable row level security;
alter table union_members enable row level security;
alter table votes enable row level security;
create policy unions_read on unions for select to authenticated using (exists (select 1 from union_members m where m.union_id = unions.id and m.user_id = auth.uid()));
create policy members_read on union_members for select to authenticated using (user_id = auth.uid());
create policy members_edit on union_members for update to authenticated using (user_id = auth.uid());
create policy votes_read on votes for select to authenticated
    using (exists (select 1 from union_members m where m.union_id = votes.union_id and m.user_id = auth.uid()));
grant select on unions, votes to authenticated;
grant select, update on union_members to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into unions values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into union_members (union_id, user_id) values (:'tenant', :'owner'), (:'other', :'outsider');
insert into votes (union_id, choice) values (:'tenant', 'yes');
-- ## expect select public.votes outsider leak
update union_members set union_id = :'tenant' where user_id = :'outsider';
select from votes where union_id = :'tenant'
-- ## expect select public.votes anonymous denied
select from votes where union_id = :'tenant'
-- ## expect update public.union_members outsider leak
update union_members set union_id = :'tenant' where user_id = :'outsider'
-- ## expect select public.unions outsider leak
update union_members set union_id = :'tenant' where user_id = :'outsider';
select from unions where id = :'tenant'
