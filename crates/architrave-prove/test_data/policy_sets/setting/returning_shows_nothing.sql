-- Writing is allowed without reading: what was written cannot be read back, nor anybody else's.
-- style: setting; secure
-- ids: integer
-- role: ballot_app
-- settings: ballot.voter=:user
create role ballot_app nologin;
create table ballots (id integer generated always as identity primary key, voter_id integer not null unique, choice text not null check (choice in ('yes', 'no')));
alter table ballots enable row level security;
create policy cast_once on ballots for insert to ballot_app with check (voter_id = nullif(current_setting('ballot.voter', true), '')::integer);
grant select, insert on ballots to ballot_app;
-- ## seed
insert into ballots (voter_id, choice) values (1, 'yes');
-- ## expect select public.ballots outsider denied
select from ballots where voter_id = 1
-- ## expect returning public.ballots outsider denied|allowed
insert into ballots (voter_id, choice) values (3, 'no') returning id
-- ## expect insert public.ballots outsider denied|allowed
insert into ballots (voter_id, choice) values (2, 'no')
