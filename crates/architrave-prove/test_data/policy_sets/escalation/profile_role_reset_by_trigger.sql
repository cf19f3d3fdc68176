-- The policy lets the role be written, a trigger writes it back.
-- style: supabase; secure
create table members (id uuid primary key references auth.users (id), bio text, level integer not null default 0 check (level between 0 and 9));
create table board_minutes (id bigint generated always as identity primary key, author_id uuid not null references auth.users (id), body text not null);
create function keep_level() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' then new.level := 0; else new.level := old.level; end if;
    return new;
end $$;
create trigger keep_level before insert or update on members for each row execute function keep_level();
alter table members enable row level security;
alter table board_minutes enable row level security;
create policy members_own on members for all to authenticated using (id = auth.uid()) with check (id = auth.uid());
create policy minutes_read on board_minutes for select to authenticated
    using (author_id = auth.uid() or exists (select 1 from members m where m.id = auth.uid() and m.level >= 5));
grant select, insert, update on members to authenticated;
grant select on board_minutes to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into members (id) values (:'owner'), (:'outsider');
insert into board_minutes (author_id, body) values (:'owner', 'Budget');
-- ## expect select public.board_minutes outsider denied
update members set level = 9 where id = :'outsider';
select from board_minutes where author_id = :'owner'
-- ## expect select public.members outsider denied
select from members where id = :'owner'
