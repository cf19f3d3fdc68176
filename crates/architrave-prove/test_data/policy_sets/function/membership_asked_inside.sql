-- The function takes the team as an argument and asks whether the caller belongs to it.
-- style: supabase; secure
create table choirs (id uuid primary key default gen_random_uuid(), title text not null);
create table singers (choir_id uuid not null references choirs (id), user_id uuid not null references auth.users (id), primary key (choir_id, user_id));
create table scores (id integer primary key, choir_id uuid not null references choirs (id), title text not null);
alter table choirs enable row level security;
alter table singers enable row level security;
alter table scores enable row level security;
create policy singers_own on singers for select to authenticated using (user_id = auth.uid());
create policy choirs_read on choirs for select to authenticated using (exists (select 1 from singers s where s.choir_id = choirs.id and s.user_id = auth.uid()));
create policy scores_read on scores for select to authenticated using (exists (select 1 from singers s where s.choir_id = scores.choir_id and s.user_id = auth.uid()));
grant select on choirs, singers, scores to authenticated;
create function scores_of(choir uuid) returns setof scores language plpgsql stable security definer set search_path = '' as $$
begin
    if not exists (select 1 from public.singers s where s.choir_id = choir and s.user_id = auth.uid()) then
        raise exception 'not a singer of this choir' using errcode = '42501';
    end if;
    return query select * from public.scores s where s.choir_id = choir;
end $$;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'member', 'cyd@example.com'), (:'outsider', 'bob@example.com');
insert into choirs values (:'tenant', 'A'), (:'other', 'B');
insert into singers values (:'tenant', :'owner'), (:'tenant', :'member'), (:'other', :'outsider');
insert into scores values (1, :'tenant', 'Mass');
-- ## expect execute public.scores_of(uuid) outsider denied
select from scores_of(:'tenant')
-- ## expect execute public.scores_of(uuid) member allowed
select from scores_of(:'tenant')
-- ## expect select public.scores outsider denied
select from scores where choir_id = :'tenant'
