-- A share has to name who made it, and nobody asks whether the report is his: share it with yourself, then read it.
-- style: supabase; hole
create table sketches (
    id bigint generated always as identity primary key,
    owner_id uuid not null references auth.users (id),
    body text not null
);
create table sketch_shares (
    sketch_id bigint not null references sketches (id) on delete cascade,
    user_id uuid not null references auth.users (id),
    shared_by uuid not null references auth.users (id),
    primary key (sketch_id, user_id)
);
alter table sketches enable row level security;
alter table sketch_shares enable row level security;
create policy sketches_read on sketches for select to authenticated
    using (owner_id = auth.uid() or exists (select 1 from sketch_shares s where s.sketch_id = sketches.id and s.user_id = auth.uid()));
create policy shares_seen on sketch_shares for select to authenticated using (user_id = auth.uid() or shared_by = auth.uid());
create policy shares_made on sketch_shares for insert to authenticated with check (shared_by = auth.uid());
grant select on sketches to authenticated;
grant select, insert on sketch_shares to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into sketches (owner_id, body) values (:'owner', 'A cat');
-- ## expect select public.sketches outsider leak
insert into sketch_shares values (1, :'outsider', :'outsider');
select from sketches where owner_id = :'owner'
-- ## expect update public.sketches outsider denied
update sketches set body = 'x' where owner_id = :'owner'
-- ## expect select public.sketches anonymous denied
select from sketches where owner_id = :'owner'
-- ## expect insert public.sketch_shares outsider leak
insert into sketch_shares values (1, :'outsider', :'outsider')
