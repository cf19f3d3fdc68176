-- The policy would let a member move; a trigger keeps team, user and role as they are.
-- style: supabase; secure
create table parishes (id uuid primary key default gen_random_uuid(), title text not null);
create table parish_members (
    id bigint generated always as identity primary key,
    parish_id uuid not null references parishes (id),
    user_id uuid not null references auth.users (id),
    role text not null default 'member' check (role in ('priest', 'member')),
    phone text
);
create table confessions (id bigint generated always as identity primary key, parish_id uuid not null references parishes (id), words text not null);
create function keep_membership() returns trigger language plpgsql as $$
begin
    if (new.parish_id, new.user_id, new.role) is distinct from (old.parish_id, old.user_id, old.role) then
        raise exception 'a membership cannot be moved' using errcode = '42501';
    end if;
    return new;
end $$;
create trigger keep_membership before update on parish_members for each row execute function keep_membership();
alter table parishes enable row level security;
alter table parish_members enable row level security;
alter table confessions enable row level security;
create policy parishes_read on parishes for select to authenticated using (exists (select 1 from parish_members m where m.parish_id = parishes.id and m.user_id = auth.uid()));
create policy members_read on parish_members for select to authenticated using (user_id = auth.uid());
create policy members_edit on parish_members for update to authenticated using (user_id = auth.uid());
create policy confessions_read on confessions for select to authenticated
    using (exists (select 1 from parish_members m where m.parish_id = confessions.parish_id and m.user_id = auth.uid()));
grant select on parishes, confessions to authenticated;
grant select, update on parish_members to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into parishes values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into parish_members (parish_id, user_id, role) values (:'tenant', :'owner', 'member'), (:'other', :'outsider', 'member');
insert into confessions (parish_id, words) values (:'tenant', 'Well');
-- ## expect select public.confessions outsider denied
update parish_members set parish_id = :'tenant' where user_id = :'outsider';
select from confessions where parish_id = :'tenant'
-- ## expect update public.parish_members outsider denied
update parish_members set parish_id = :'tenant' where user_id = :'outsider'
-- ## expect select public.parish_members outsider denied
select from parish_members where user_id = :'owner'
