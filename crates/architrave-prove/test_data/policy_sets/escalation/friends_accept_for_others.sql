-- Whoever asks for a friendship may write at once that it was accepted.
-- style: supabase; hole
create table friendships (
    requester_id uuid not null references auth.users (id), addressee_id uuid not null references auth.users (id),
    status text not null default 'pending' check (status in ('pending', 'accepted', 'declined')),
    primary key (requester_id, addressee_id), check (requester_id <> addressee_id)
);
create table journals (id bigint generated always as identity primary key, author_id uuid not null references auth.users (id), body text not null);
alter table friendships enable row level security;
alter table journals enable row level security;
create policy friendships_read on friendships for select to authenticated using (auth.uid() in (requester_id, addressee_id));
create policy friendships_ask on friendships for insert to authenticated with check (requester_id = auth.uid());
create policy journals_read on journals for select to authenticated using (
    author_id = auth.uid()
    or exists (select 1 from friendships f where f.status = 'accepted'
               and (f.requester_id = auth.uid() and f.addressee_id = author_id or f.addressee_id = auth.uid() and f.requester_id = author_id)));
grant select, insert on friendships to authenticated;
grant select on journals to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into journals (author_id, body) values (:'owner', 'Dear diary');
-- ## expect select public.journals outsider leak
insert into friendships values (:'outsider', :'owner', 'accepted');
select from journals where author_id = :'owner'
-- ## expect select public.journals anonymous denied
select from journals where author_id = :'owner'
