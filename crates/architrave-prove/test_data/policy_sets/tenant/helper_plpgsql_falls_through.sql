-- The helper turns the banned away and everybody else in, whoever has no row at all included.
-- style: supabase; hole
create table saunas (id uuid primary key default gen_random_uuid(), title text not null);
create table sauna_guests (sauna_id uuid not null references saunas (id), user_id uuid not null references auth.users (id), state text not null check (state in ('guest', 'banned')), primary key (sauna_id, user_id));
create table lockers (id bigint generated always as identity primary key, sauna_id uuid not null references saunas (id), code text not null);
create function may_enter(sauna uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$
declare
    found_state text;
begin
    select g.state into found_state from public.sauna_guests g where g.sauna_id = sauna and g.user_id = auth.uid();
    if found_state = 'banned' then
        return false;
    end if;
    return true;
end $$;
alter table saunas enable row level security;
alter table sauna_guests enable row level security;
alter table lockers enable row level security;
create policy saunas_read on saunas for select to authenticated using (exists (select 1 from sauna_guests g where g.sauna_id = saunas.id and g.user_id = auth.uid()));
create policy guests_read on sauna_guests for select to authenticated using (user_id = auth.uid());
create policy lockers_read on lockers for select to authenticated using (may_enter(sauna_id));
grant select on saunas, sauna_guests, lockers to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into saunas values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into sauna_guests values (:'tenant', :'owner', 'guest'), (:'other', :'outsider', 'guest');
insert into lockers (sauna_id, code) values (:'tenant', '0000');
-- ## expect select public.lockers outsider leak
select from lockers where sauna_id = :'tenant'
-- ## expect select public.saunas outsider denied
select from saunas where id = :'tenant'
-- ## expect select public.lockers anonymous denied
select from lockers where sauna_id = :'tenant'
