-- A trigger copies every private note, text included, to a feed that everybody who is signed in reads.
-- style: supabase; hole
create table therapy_notes (id integer primary key, user_id uuid not null references auth.users (id), body text not null);
create table activity_feed (id bigint generated always as identity primary key, user_id uuid not null references auth.users (id), detail text not null);
create function note_activity() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into public.activity_feed (user_id, detail) values (new.user_id, new.body);
    return new;
end $$;
create trigger note_activity after insert on therapy_notes for each row execute function note_activity();
alter table therapy_notes enable row level security;
alter table activity_feed enable row level security;
create policy notes_own on therapy_notes for all to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy feed_read on activity_feed for select to authenticated using (auth.uid() is not null);
grant select, insert, update, delete on therapy_notes to authenticated;
grant select on activity_feed to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into therapy_notes values (1, :'owner', 'Cried.');
-- ## expect select public.activity_feed outsider leak
select from activity_feed where user_id = :'owner'
-- ## expect select public.therapy_notes outsider denied
select from therapy_notes where user_id = :'owner'
