-- The trap schema: a lending library in which nothing is wrong (schema library: everything in it looks like a fault and is none), and a
-- workshop full of faults (schema trap). Above each planted fault stands what must be found: `-- finds: rule object`, or
-- `-- finds since 18: rule object` where no earlier major version has what is wrong. What is found beside that is a false alarm, what is
-- missing an oversight; `architrave selftest` fails on both.

create schema library;
comment on schema library is 'Lending library: sound, and full of look-alikes';

create domain library.isbn as text check (value ~ '^[0-9]{13}$');
comment on domain library.isbn is 'International standard book number, 13 digits';
create type library.loan_state as enum ('open', 'returned', 'lost');
comment on type library.loan_state is 'What has become of a loan';

create function library.touch() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  new.updated_at := now();
  return new;
end $$;
comment on function library.touch() is 'Keeps updated_at';

create table library.author (
  author_id bigint generated always as identity primary key,
  pen_name text not null,
  born_year int check (born_year between 1000 and 2100),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table library.author is 'Writers under the name on their books';
create trigger author_touch before update on library.author for each row execute function library.touch();

-- A text key that is a standard's, a domain over text, a text array with the index that arrays have.
create table library.book (
  isbn library.isbn primary key,
  title text not null,
  subjects text[] not null default '{}',
  pages int not null check (pages > 0),
  weight_grams double precision,
  details jsonb not null default '{}'
);
comment on table library.book is 'Editions, one row per number';
create index book_title_idx on library.book (title);
-- Not a duplicate: another operator class, for LIKE 'x%'.
create index book_title_pattern_idx on library.book (title text_pattern_ops);
-- Not a duplicate: another order of sorting.
create index book_title_c_idx on library.book (title collate "C");
create index book_subjects_idx on library.book using gin (subjects);
create index book_details_idx on library.book using gin (details jsonb_path_ops);

-- A table of pairs: its key begins with one foreign key, the other has an index of its own.
create table library.book_author (
  isbn library.isbn not null references library.book,
  author_id bigint not null references library.author,
  place int not null,
  primary key (isbn, author_id),
  unique (isbn, place)
);
comment on table library.book_author is 'Who wrote what, in the order of the title page';
create index book_author_author_idx on library.book_author (author_id);

create table library.branch (
  branch_id int generated always as identity (maxvalue 30000) primary key,
  code text not null unique,
  opened_on date not null
);
comment on table library.branch is 'Houses of the library; a handful';

-- The foreign key's columns stand in another order in the index: any order of the leading columns serves.
create table library.copy (
  branch_id int not null references library.branch,
  copy_number int not null,
  isbn library.isbn not null references library.book,
  bought_at timestamptz not null default now(),
  price numeric(10, 2) not null check (price >= 0),
  primary key (branch_id, copy_number)
);
comment on table library.copy is 'Single volumes on the shelves';
create index copy_isbn_idx on library.copy (isbn);
-- Not redundant beside the primary key: it begins with the other column.
create index copy_number_idx on library.copy (copy_number, branch_id);

create table library.card (
  card_id bigint generated always as identity primary key,
  holder_ref uuid not null unique,
  active boolean not null default true,
  issued_at timestamptz not null default now()
);
comment on table library.card is 'Library cards; holders are known to another system';

-- A partial index over a foreign key that is rarely set covers it: rows without a value refer to nothing.
create table library.loan (
  loan_id bigint generated always as identity primary key,
  branch_id int not null,
  copy_number int not null,
  card_id bigint not null references library.card,
  renewed_from bigint references library.loan,
  state library.loan_state not null default 'open',
  lent_at timestamptz not null default now(),
  due_on date not null,
  returned_at timestamptz,
  foreign key (branch_id, copy_number) references library.copy,
  check (returned_at is null or returned_at >= lent_at)
);
comment on table library.loan is 'Who has borrowed which volume';
create index loan_copy_idx on library.loan (copy_number, branch_id, lent_at desc);
create index loan_card_idx on library.loan (card_id, lent_at);
-- Not redundant: the same beginning, sorted the other way behind it.
create index loan_card_newest_idx on library.loan (card_id, lent_at desc);
create index loan_renewed_idx on library.loan (renewed_from) where renewed_from is not null;
-- Unique for a part of the rows is a rule, not a duplicate of the plain index.
create unique index loan_open_copy_key on library.loan (branch_id, copy_number) where returned_at is null;

-- Exclusion instead of uniqueness; a key that a constraint needs is no superfluous index.
create table library.closing (
  branch_id int not null references library.branch,
  days daterange not null,
  reason text not null,
  primary key (branch_id, days),
  exclude using gist (days with &&) where (branch_id = 1)
);
comment on table library.closing is 'Days on which a house is closed';

-- Partitioned by time, with a default partition that is empty, and indexes that come from the parent.
create table library.visit (
  visit_id bigint generated by default as identity,
  branch_id int not null references library.branch,
  at timestamptz not null,
  door text not null,
  primary key (visit_id, at)
) partition by range (at);
comment on table library.visit is 'Counted at the doors';
create table library.visit_2026 partition of library.visit for values from ('2026-01-01') to ('2027-01-01');
comment on table library.visit_2026 is 'Visits of 2026';
create table library.visit_later partition of library.visit for values from ('2027-01-01') to ('2100-01-01');
comment on table library.visit_later is 'Visits to come';
create index visit_branch_idx on library.visit (branch_id, at);

-- Two tables of settings: one row each is what they are for.
create table library.opening_hours (
  branch_id int not null references library.branch,
  weekday smallint not null check (weekday between 1 and 7),
  opens time not null,
  closes time not null,
  primary key (branch_id, weekday),
  check (closes > opens)
);
comment on table library.opening_hours is 'When a house is open';

-- Not numbered columns: names of standards that end in digits.
create table library.file_sum (
  file_name text primary key,
  md5 text not null,
  sha256 text not null,
  utf8 boolean not null
);
comment on table library.file_sum is 'Scans and their check sums';

-- Row level security whose policy looks its column up in an index.
create table library.note (
  note_id bigint generated always as identity primary key,
  card_id bigint not null references library.card,
  body text not null
);
comment on table library.note is 'Remarks of card holders, seen by themselves only';
create index note_card_idx on library.note (card_id);
alter table library.note enable row level security;
create policy own_notes on library.note using (card_id = (select nullif(current_setting('library.card', true), '')::bigint))
  with check (card_id = (select nullif(current_setting('library.card', true), '')::bigint));

create view library.open_loan with (security_barrier) as
  select loan_id, card_id, due_on from library.loan where state = 'open' with check option;
comment on view library.open_loan is 'Loans that are out';
create materialized view library.branch_size as
  select branch_id, count(*) as copies from library.copy group by branch_id;
comment on materialized view library.branch_size is 'Volumes per house';
create unique index branch_size_key on library.branch_size (branch_id);

-- ---------------------------------------------------------------------------------------------------------------------------------
create schema trap;
comment on schema trap is 'Everything in here has a fault';
-- Everybody may look around, so that what is open to all is open indeed.
grant usage on schema trap to public;

-- finds: key/primary-key-missing trap.keyless
create table trap.keyless (label text not null, amount int not null);
comment on table trap.keyless is 'Rows that cannot be told apart';

-- finds: key/serial-over-identity trap.serial_key.serial_id
-- finds: key/integer-primary-key trap.serial_key.serial_id
create table trap.serial_key (serial_id serial primary key, label text not null);
comment on table trap.serial_key is 'An old way to number rows';

-- finds: type/uuid-as-text trap.text_uuid.text_uuid_id
create function trap.uuid_generate_v4() returns uuid language sql volatile set search_path = pg_catalog as 'select md5(random()::text || clock_timestamp()::text)::uuid';
create table trap.text_uuid (text_uuid_id text primary key default trap.uuid_generate_v4()::text, label text not null);
comment on table trap.text_uuid is 'Sixteen bytes in thirty-seven';

-- finds: key/primary-key-wide trap.wide_key.wide_key_pkey
create table trap.wide_key (a int not null, b int not null, c int not null, d int not null, e int not null, f text not null, primary key (a, b, c, d, e));
comment on table trap.wide_key is 'Five columns to name a row';

-- finds: index/foreign-key-unindexed trap.child.child_parent_fkey
create table trap.parent (parent_id bigint generated always as identity primary key, label text not null);
comment on table trap.parent is 'Referred to by others';
create table trap.child (
  child_id bigint generated always as identity primary key,
  parent_id bigint not null constraint child_parent_fkey references trap.parent,
  label text not null
);
comment on table trap.child is 'Its reference has no index';

-- The reference has an index that cannot serve: partial by another condition, and second in an index.
-- finds: index/foreign-key-unindexed trap.partly.partly_parent_fkey
create table trap.partly (
  partly_id bigint generated always as identity primary key,
  parent_id bigint not null constraint partly_parent_fkey references trap.parent,
  state text not null check (state in ('open', 'closed'))
);
comment on table trap.partly is 'Its indexes look as if they covered the reference';
create index partly_open_idx on trap.partly (parent_id) where state = 'open';
create index partly_state_idx on trap.partly (state, parent_id);

-- finds: index/duplicate trap.twice.twice_label_idx
-- finds: index/redundant trap.twice.twice_first_idx
create table trap.twice (twice_id bigint generated always as identity primary key, label text not null, rank int not null, kind int not null);
comment on table trap.twice is 'Indexes that others make needless';
create index twice_label_idx on trap.twice (label);
create index twice_label_again_idx on trap.twice (label);
create index twice_first_idx on trap.twice (rank);
create index twice_both_idx on trap.twice (rank, kind);

-- finds: index/predicate-always-true trap.always.always_label_idx
create table trap.always (always_id bigint generated always as identity primary key, label text not null);
comment on table trap.always is 'Indexed under a condition that always holds';
create index always_label_idx on trap.always (label) where label is not null;

-- finds: index/btree-on-container trap.container.container_tags_idx
create table trap.container (container_id bigint generated always as identity primary key, tags text[] not null);
comment on table trap.container is 'An array under a b-tree';
create index container_tags_idx on trap.container (tags);

-- finds: constraint/not-validated trap.unvalidated.unvalidated_rank_check
create table trap.unvalidated (unvalidated_id bigint generated always as identity primary key, rank int not null);
comment on table trap.unvalidated is 'A check that never looked at old rows';
alter table trap.unvalidated add constraint unvalidated_rank_check check (rank > 0) not valid;

-- finds: constraint/unique-without-effect trap.needless.needless_both_key
create table trap.needless (needless_id bigint generated always as identity primary key, label text not null, constraint needless_both_key unique (needless_id, label));
comment on table trap.needless is 'Unique by more than the key';

-- finds: constraint/unique-with-soft-delete trap.soft.soft_label_key
create table trap.soft (
  soft_id bigint generated always as identity primary key, label text not null, deleted_at timestamptz,
  constraint soft_label_key unique (label, deleted_at)
);
comment on table trap.soft is 'Unique with a column that is null in live rows';

-- finds: constraint/unique-over-nullable trap.holes.holes_key
create table trap.holes (
  holes_id bigint generated always as identity primary key, region int not null, district int,
  constraint holes_key unique (region, district)
);
comment on table trap.holes is 'Unique unless a part is missing';

-- finds: relation/type-mismatch trap.narrow.parent_id
create table trap.narrow (
  narrow_id bigint generated always as identity primary key,
  parent_id int not null constraint narrow_parent_fkey references trap.parent
);
comment on table trap.narrow is 'Refers with a smaller number than there are';
create index narrow_parent_idx on trap.narrow (parent_id);

-- finds: relation/duplicate trap.double_ref.double_ref_fkey
create table trap.double_ref (
  double_ref_id bigint generated always as identity primary key,
  parent_id bigint not null,
  constraint double_ref_again_fkey foreign key (parent_id) references trap.parent,
  constraint double_ref_fkey foreign key (parent_id) references trap.parent
);
comment on table trap.double_ref is 'The same reference twice';
create index double_ref_parent_idx on trap.double_ref (parent_id);

-- finds: relation/half-null-unchecked trap.half.half_region_fkey
create table trap.region (land int not null, district int not null, label text not null, primary key (land, district));
comment on table trap.region is 'Named by two numbers';
create table trap.half (
  half_id bigint generated always as identity primary key, land int, district int,
  constraint half_region_fkey foreign key (land, district) references trap.region
);
comment on table trap.half is 'Half a reference goes unchecked';
create index half_region_idx on trap.half (land, district);

-- finds: relation/references-itself trap.selfish.selfish_self_fkey
create table trap.selfish (selfish_id bigint primary key, constraint selfish_self_fkey foreign key (selfish_id) references trap.selfish);
comment on table trap.selfish is 'Refers to its own key by its own key';

-- finds: relation/cycle-not-null trap.hen.hen_egg_id_fkey
create table trap.hen (hen_id bigint primary key, egg_id bigint not null);
comment on table trap.hen is 'Needs an egg first';
create table trap.egg (egg_id bigint primary key, hen_id bigint not null references trap.hen);
comment on table trap.egg is 'Needs a hen first';
create index egg_hen_idx on trap.egg (hen_id);
alter table trap.hen add foreign key (egg_id) references trap.egg;
create index hen_egg_idx on trap.hen (egg_id);

-- finds: relation/polymorphic trap.remark.subject_id
create table trap.remark (remark_id bigint generated always as identity primary key, subject_type text not null check (subject_type in ('parent', 'child')), subject_id bigint not null, words text not null);
comment on table trap.remark is 'Refers to one of several tables';
create index remark_subject_idx on trap.remark (subject_type, subject_id);

-- finds: relation/foreign-key-absent trap.orphan.parent_id
create table trap.orphan (orphan_id bigint generated always as identity primary key, parent_id bigint not null);
comment on table trap.orphan is 'Names a parent without being held to it';
create index orphan_parent_idx on trap.orphan (parent_id);

-- finds: type/timestamp-without-zone trap.clock.seen_at
-- finds: type/time-with-zone trap.clock.rings_at
-- finds: type/seconds-rounded trap.clock.logged_at
create table trap.clock (clock_id bigint generated always as identity primary key, seen_at timestamp not null, rings_at timetz not null, logged_at timestamptz(0) not null);
comment on table trap.clock is 'Times of three bad kinds';

-- finds: type/float-for-money trap.purse.price
-- finds: type/money trap.purse.fee
-- finds: type/char-padded trap.purse.marker
-- finds: type/json-over-jsonb trap.purse.extra
create table trap.purse (purse_id bigint generated always as identity primary key, price double precision not null, fee money not null, marker char(10) not null, extra json not null);
comment on table trap.purse is 'Values of four bad types';

-- finds: type/upgrade-blocked trap.blocked.what
create table trap.blocked (blocked_id bigint generated always as identity primary key, what regproc not null);
comment on table trap.blocked is 'A type that no upgrade takes along';

-- finds: column/default-null-text trap.defaults.label
-- finds: column/default-frozen-time trap.defaults.made_at
create table trap.defaults (
  defaults_id bigint generated always as identity primary key,
  label text default 'NULL',
  made_at timestamptz not null default timestamptz 'now'
);
comment on table trap.defaults is 'Defaults that are not what they look like';

-- finds: enum/near-duplicate-values trap.mood
create type trap.mood as enum ('good', 'Good', 'bad');
-- finds: enum/unused trap.unused_kind
create type trap.unused_kind as enum ('one', 'two');
-- finds: enum/single-value trap.only_kind
create type trap.only_kind as enum ('only');
create table trap.mooded (mooded_id bigint generated always as identity primary key, mood trap.mood not null, kind trap.only_kind not null);
comment on table trap.mooded is 'Uses enums of little use';

-- finds: naming/case-collision trap.Casing
create table trap.casing (casing_id bigint generated always as identity primary key, label text not null);
comment on table trap.casing is 'One of two';
create table trap."Casing" (casing_id bigint generated always as identity primary key, label text not null);
comment on table trap."Casing" is 'Two of two';

-- finds: naming/reserved-word trap.reserved.order
create table trap.reserved (reserved_id bigint generated always as identity primary key, "order" int not null);
comment on table trap.reserved is 'A column that must be quoted for ever';

-- finds: naming/invisible-characters trap.blank.label 
create table trap.blank (blank_id bigint generated always as identity primary key, "label " text not null);
comment on table trap.blank is 'A blank that nobody sees';

-- finds: partition/none trap.partless
create table trap.partless (at timestamptz not null, label text not null, primary key (at, label)) partition by range (at);
comment on table trap.partless is 'Partitioned into nothing';

-- finds: sequence/cycles trap.round_seq
-- finds: key/serial-over-identity trap.round.round_id
create sequence trap.round_seq cycle maxvalue 1000;
create table trap.round (round_id bigint primary key default nextval('trap.round_seq'), label text not null);
comment on table trap.round is 'Numbers that come again';
alter sequence trap.round_seq owned by trap.round.round_id;

-- finds: table/inheritance trap.heir
create table trap.ancestor (ancestor_id bigint generated always as identity primary key, label text not null);
comment on table trap.ancestor is 'Inherited from';
create table trap.heir (heir_id bigint generated always as identity primary key) inherits (trap.ancestor);
comment on table trap.heir is 'Inherits columns, but no key';

-- finds: table/rewrite-rule trap.ruled.ruled_keep
create table trap.ruled (ruled_id bigint generated always as identity primary key, label text not null);
comment on table trap.ruled is 'Rewritten behind one''s back';
create rule ruled_keep as on delete to trap.ruled do instead nothing;

-- finds: table/unlogged trap.forgetful
create unlogged table trap.forgetful (forgetful_id bigint generated always as identity primary key, label text not null);
comment on table trap.forgetful is 'Empty after a crash';

-- finds: table/numbered-columns trap.numbered.phone1
-- finds: privacy/personal-data trap.numbered.phone1
-- finds: privacy/personal-data trap.numbered.phone2
-- finds: privacy/personal-data trap.numbered.phone3
create table trap.numbered (numbered_id bigint generated always as identity primary key, phone1 text, phone2 text, phone3 text, label text not null);
comment on table trap.numbered is 'A list laid across columns';

-- finds: table/entity-attribute-value trap.attribute_value
create table trap.attribute_value (parent_id bigint not null references trap.parent, attribute_name text not null, attribute_value text, primary key (parent_id, attribute_name));
comment on table trap.attribute_value is 'One attribute per row';

-- finds: table/all-columns-nullable trap.optional
create table trap.optional (optional_id bigint generated always as identity primary key, a text, b text, c int, d int, e int);
comment on table trap.optional is 'Nothing has to be there';

-- finds: table/comment-missing trap.silent
create table trap.silent (silent_id bigint generated always as identity primary key, label text not null);

-- finds: column/password-plain-text trap.account.password
-- finds: privacy/token-in-clear trap.account.api_key
create table trap.account (account_id bigint generated always as identity primary key, login text not null unique, password text not null, api_key text not null);
comment on table trap.account is 'Secrets in clear';

-- finds: privacy/card-verification-code-stored trap.payment.cvv
create table trap.payment (payment_id bigint generated always as identity primary key, cvv text not null, amount numeric(10, 2) not null);
comment on table trap.payment is 'What must never be stored';

-- finds: function/security-definer-search-path trap.raised()
-- finds: function/security-definer-open-to-all trap.raised()
create function trap.raised() returns bigint language sql stable security definer as 'select count(*) from trap.parent';
-- finds: function/immutable-depends-on-state trap.unsteady()
create function trap.unsteady() returns timestamptz language sql immutable set search_path = pg_catalog as 'select now()';
-- finds: function/dynamic-sql-injection trap.injected(tab text)
create function trap.injected(tab text) returns bigint language plpgsql set search_path = pg_catalog as $$
declare n bigint;
begin
  execute 'select count(*) from ' || tab into n;
  return n;
end $$;
-- finds: function/errors-swallowed trap.swallowed()
create function trap.swallowed() returns void language plpgsql set search_path = pg_catalog as $$
begin
  delete from trap.parent where label = 'gone';
exception when others then null;
end $$;

-- finds: trigger/disabled trap.stale.switched_off
-- finds: trigger/updated-at-unmaintained trap.stale.updated_at
create table trap.stale (stale_id bigint generated always as identity primary key, label text not null, updated_at timestamptz not null default now());
comment on table trap.stale is 'Its trigger is off';
create trigger switched_off before update on trap.stale for each row execute function library.touch();
alter table trap.stale disable trigger switched_off;

-- finds: trigger/row-never-kept trap.refuses.dropped_rows
create function trap.drop_row() returns trigger language plpgsql set search_path = pg_catalog as $$ begin return null; end $$;
create table trap.refuses (refuses_id bigint generated always as identity primary key, label text not null);
comment on table trap.refuses is 'Takes no rows and does not say so';
create trigger dropped_rows before insert on trap.refuses for each row execute function trap.drop_row();

-- finds: rls/policy-always-true trap.secured.open_policy
create table trap.secured (secured_id bigint generated always as identity primary key, owner_name text not null);
comment on table trap.secured is 'Secured by a policy that lets all through';
alter table trap.secured enable row level security;
create policy open_policy on trap.secured using (true) with check (true);
grant select, insert, update, delete on trap.secured to public;

-- finds: rls/policy-column-unindexed trap.looked_up.owner_name
create table trap.looked_up (looked_up_id bigint generated always as identity primary key, owner_name text not null);
comment on table trap.looked_up is 'Its policy reads every row';
alter table trap.looked_up enable row level security;
create policy own_rows on trap.looked_up using (owner_name = current_setting('trap.owner', true));

-- finds: view/materialized-without-unique-index trap.summary
create materialized view trap.summary as select label, count(*) as n from trap.parent group by label;
-- finds: view/never-populated trap.unfilled
create materialized view trap.unfilled as select label, count(*) as n from trap.parent group by label with no data;
create unique index unfilled_key on trap.unfilled (label);
-- finds: view/nested-deeply trap.deep_5
-- finds: view/nested-deeply trap.deep_4
create view trap.deep_1 as select parent_id, label from trap.parent;
create view trap.deep_2 as select * from trap.deep_1;
create view trap.deep_3 as select * from trap.deep_2;
create view trap.deep_4 as select * from trap.deep_3;
create view trap.deep_5 as select * from trap.deep_4;

-- finds: schema/empty nothing_here
create schema nothing_here;

-- finds: schema/public-create-granted open_to_all
-- finds: schema/public-create-granted public
create schema open_to_all;
comment on schema open_to_all is 'Anybody may leave things here';
grant usage, create on schema open_to_all to public;
create table open_to_all.thing (thing_id bigint generated always as identity primary key, label text not null);
comment on table open_to_all.thing is 'So that the schema is not empty';
grant create on schema public to public;

-- A schema that has begun to comment its columns.
create schema half_told;
comment on schema half_told is 'Comments stop half way';
-- finds: comment/columns-missing half_told.tale.ending
create table half_told.tale (tale_id bigint generated always as identity primary key, opening text not null, ending text not null);
comment on table half_told.tale is 'Stories for children';
comment on column half_told.tale.opening is 'The first sentence, read aloud to choose one';

-- finds: comment/uninformative trap.muttered
create table trap.muttered (muttered_id bigint generated always as identity primary key, label text not null);
comment on table trap.muttered is 'Muttered table';

-- finds: column/default-of-session-zone trap.reading.taken_on
create table trap.reading (reading_id bigint generated always as identity primary key, taken_on date not null default current_date, celsius real not null);
comment on table trap.reading is 'Taken on a day that depends on who writes';

-- finds: column/large-object-unmanaged trap.scan.content
create table trap.scan (scan_id bigint generated always as identity primary key, label text not null, content oid);
comment on table trap.scan is 'Large objects that nobody deletes';

-- finds: column/references-in-array trap.gathering.parent_ids
create table trap.gathering (gathering_id bigint generated always as identity primary key, parent_ids bigint[] not null default '{}');
comment on table trap.gathering is 'References that nothing checks';

-- finds: column/status-unchecked trap.job.status
create table trap.job (job_id bigint generated always as identity primary key, status text not null default 'queued');
comment on table trap.job is 'Takes any word for a state';

-- finds: column/type-differs-from-key trap.ticket.parent_id
create table trap.ticket (ticket_id bigint generated always as identity primary key, parent_id text not null);
comment on table trap.ticket is 'Names a number in letters';

-- finds: type/flag-not-boolean trap.flagged.is_active
create table trap.flagged (flagged_id bigint generated always as identity primary key, is_active smallint not null default 1);
comment on table trap.flagged is 'A flag of 65,536 values';

-- finds: type/silently-cut trap.cut.label
create table trap.cut (cut_id bigint generated always as identity primary key, label name not null);
comment on table trap.cut is 'Cuts long labels without a word';

-- finds: enum/order-not-by-rank trap.urgency
create type trap.urgency as enum ('high', 'low', 'medium');
-- finds: enum/too-many-values trap.city
do $$ begin
  execute (select format('create type trap.city as enum (%s)', string_agg(quote_literal('c' || to_char(n, 'FM000')), ', ')) from generate_series(0, 99) n);
end $$;
create table trap.urgent (urgent_id bigint generated always as identity primary key, urgency trap.urgency not null, city trap.city not null);
comment on table trap.urgent is 'Sorts low above high';

-- finds since 18: constraint/not-enforced trap.unenforced.unenforced_parent_fkey
create table trap.unenforced (unenforced_id bigint generated always as identity primary key, parent_id bigint not null);
comment on table trap.unenforced is 'Its reference is a remark only';
create index unenforced_parent_idx on trap.unenforced (parent_id);
do $$ begin
  if current_setting('server_version_num')::int >= 180000 then
    execute 'alter table trap.unenforced add constraint unenforced_parent_fkey foreign key (parent_id) references trap.parent not enforced';
  else
    execute 'alter table trap.unenforced add constraint unenforced_parent_fkey foreign key (parent_id) references trap.parent';
  end if;
end $$;

-- finds: index/invalid trap.split.split_label_idx
create table trap.split (split_id bigint not null, at date not null, label text not null, primary key (split_id, at)) partition by range (at);
comment on table trap.split is 'The index of the whole was never finished';
create table trap.split_2026 partition of trap.split for values from ('2026-01-01') to ('2100-01-01');
comment on table trap.split_2026 is 'Its only part';
create index split_label_idx on only trap.split (label);

-- finds: index/too-many trap.overindexed
create table trap.overindexed (
  overindexed_id bigint generated always as identity primary key, a int not null, b int, c int, d int, e int, f int, g int, h int, i int, j int, k int, l int, m int, n int
);
comment on table trap.overindexed is 'Fifteen places to write for a row';
do $$ declare letter text; begin
  foreach letter in array string_to_array('abcdefghijklmn', null) loop
    execute format('create index on trap.overindexed (%I)', letter);
  end loop;
end $$;

-- finds: key/primary-key-mutable trap.member.email
-- finds: privacy/personal-data trap.member.email
create table trap.member (email text primary key, label text not null);
comment on table trap.member is 'Known by an address that changes';

-- finds: key/replica-identity-absent trap.published
create table trap.published (published_id bigint primary key, label text not null);
comment on table trap.published is 'Published, and cannot be updated';
alter table trap.published replica identity nothing;
create publication trap_changes for table trap.published;

-- finds: key/sequence-ends-before-column trap.widened.number
-- finds: key/serial-over-identity trap.widened.number
create table trap.widened (widened_id bigint generated always as identity primary key, number bigint not null);
comment on table trap.widened is 'Widened without its sequence';
create sequence trap.widened_number_seq as integer owned by trap.widened.number;
alter table trap.widened alter column number set default nextval('trap.widened_number_seq');

-- finds: key/sequence-near-end trap.invoice_number_seq
-- finds: key/serial-over-identity trap.invoice.number
create table trap.invoice (number bigint primary key, label text not null);
comment on table trap.invoice is 'Nearly out of numbers';
create sequence trap.invoice_number_seq start with 93000 maxvalue 99999 owned by trap.invoice.number;
alter table trap.invoice alter column number set default nextval('trap.invoice_number_seq');

-- finds: key/sequence-wider-than-column trap.counted.number
-- finds: key/serial-over-identity trap.counted.number
create table trap.counted (counted_id bigint generated always as identity primary key, number integer not null);
comment on table trap.counted is 'Its sequence goes on where it ends';
create sequence trap.counted_number_seq owned by trap.counted.number;
alter table trap.counted alter column number set default nextval('trap.counted_number_seq');

-- finds: sequence/not-owned trap.receipt_no
create sequence trap.receipt_no;
create table trap.receipt (receipt_id uuid primary key, number bigint not null default nextval('trap.receipt_no'));
comment on table trap.receipt is 'Its numbers outlive it';

-- finds: sequence/shared-by-tables trap.origin_origin_id_seq
create table trap.origin (origin_id bigserial primary key, label text not null);
comment on table trap.origin is 'Its numbers are used elsewhere, too';
create table trap.borrower (borrower_id bigint primary key default nextval('trap.origin_origin_id_seq'), label text not null);
comment on table trap.borrower is 'Borrows numbers';

-- finds: naming/identifier-truncated trap.wall.average_temperature_of_the_outer_wall_during_the_first_night_of
create table trap.wall (wall_id bigint generated always as identity primary key, average_temperature_of_the_outer_wall_during_the_first_night_of real not null);
comment on table trap.wall is 'A name that was cut';

-- finds: naming/mixed-styles trap.styled.timeZone
create table trap.styled (styled_id bigint generated always as identity primary key, "timeZone" text not null);
comment on table trap.styled is 'One name in another style';

-- finds: partition/detached-leftover trap.event_2019_03
-- finds: partition/index-missing trap.event_2026_12
-- finds: key/primary-key-missing trap.event_2019_03
create table trap.event (event_id bigint not null, at date not null, kind text not null, primary key (event_id, at)) partition by range (at);
comment on table trap.event is 'One part lacks an index, one part hangs loose';
create table trap.event_2026_10 partition of trap.event for values from ('2026-10-01') to ('2026-11-01');
create table trap.event_2026_11 partition of trap.event for values from ('2026-11-01') to ('2026-12-01');
create table trap.event_2026_12 partition of trap.event for values from ('2026-12-01') to ('2100-01-01');
create table trap.event_2019_03 (event_id bigint not null, at date not null, kind text not null);
comment on table trap.event_2026_10 is 'October';
comment on table trap.event_2026_11 is 'November';
comment on table trap.event_2026_12 is 'December and later';
comment on table trap.event_2019_03 is 'Once a part';
create index on trap.event_2026_10 (kind);
create index on trap.event_2026_11 (kind);

-- finds: relation/references-unique-key trap.coded.unit
create table trap.coded (coded_id bigint generated always as identity primary key, unit text not null unique);
comment on table trap.coded is 'Referred to by another name than its key';
create table trap.by_code (by_code_id bigint generated always as identity primary key, unit text not null references trap.coded (unit));
comment on table trap.by_code is 'Refers to a name';
create index by_code_unit_idx on trap.by_code (unit);

-- finds: table/leftover-copy trap.parent_backup_20250311
-- finds: key/primary-key-missing trap.parent_backup_20250311
create table trap.parent_backup_20250311 (parent_id bigint, label text);
comment on table trap.parent_backup_20250311 is 'Copied before a change';

-- finds: table/log-without-time trap.login_history
create table trap.login_history (login_history_id bigint generated always as identity primary key, succeeded boolean not null);
comment on table trap.login_history is 'What happened, but not when';

-- finds: table/numbered-tables trap.sales_2024
create table trap.sales_2024 (sale_id bigint primary key, sold_on date not null, amount numeric not null);
create table trap.sales_2025 (sale_id bigint primary key, sold_on date not null, amount numeric not null);
create table trap.sales_2026 (sale_id bigint primary key, sold_on date not null, amount numeric not null);
comment on table trap.sales_2024 is 'Sold in the shop before the move';
comment on table trap.sales_2025 is 'Sold in the year of the move';
comment on table trap.sales_2026 is 'Sold in the new house';

-- finds: table/row-exceeds-page trap.boxed
-- finds: table/too-many-columns trap.boxed
do $$ begin
  execute (
    select format('create table trap.boxed (boxed_id bigint generated always as identity primary key, %s)', string_agg('side_' || chr(97 + n / 26) || chr(97 + n % 26) || ' box not null', ', ' order by n))
    from generate_series(0, 259) n
  );
end $$;
comment on table trap.boxed is 'No page holds a whole row';

-- finds: table/without-columns trap.nothing
create table trap.nothing ();
comment on table trap.nothing is 'Holds no fact';

-- finds: function/ambiguous-overload trap.price_of(item bigint)
create function trap.price_of(item bigint) returns numeric language sql stable set search_path = pg_catalog as $$ select 1.0 $$;
create function trap.price_of(item bigint, currency text default 'EUR') returns numeric language sql stable set search_path = pg_catalog as $$ select 1.0 $$;

-- finds: function/volatile-in-policy trap.me()
create function trap.me() returns text language sql set search_path = pg_catalog as $$ select current_setting('trap.owner', true) $$;
create table trap.own_thing (own_thing_id bigint generated always as identity primary key, owner_name text not null);
comment on table trap.own_thing is 'Asks for every row who is there';
create index own_thing_owner_idx on trap.own_thing (owner_name);
alter table trap.own_thing enable row level security;
create policy own_things on trap.own_thing using (owner_name = trap.me());

-- finds: privacy/copied-to-history trap.client
-- finds: privacy/personal-data trap.client.first_name
-- finds: privacy/personal-data trap.client.email
-- finds: privacy/erasure-blocked trap.client
create table trap.client (client_id bigint generated always as identity primary key, first_name text not null, email text not null);
comment on table trap.client is 'People of whom every version is kept';
create table trap.client_order (client_order_id bigint generated always as identity primary key, client_id bigint not null references trap.client, amount numeric(12, 2) not null);
comment on table trap.client_order is 'Keeps its client from being erased';
create index client_order_client_idx on trap.client_order (client_id);
create table trap.history (history_id bigint generated always as identity primary key, at timestamptz not null default now(), relation_name text not null, row_before jsonb not null);
comment on table trap.history is 'Rows as they were';
create function trap.record_change() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  insert into trap.history (relation_name, row_before) values (tg_relid::regclass::text, to_jsonb(old));
  return null;
end $$;
create trigger client_history after update or delete on trap.client for each row execute function trap.record_change();

-- Four with the trigger, and one without.
create schema audited;
comment on schema audited is 'A history of everything but one table';
-- finds: trigger/audit-incomplete audited.refund
create table audited.tax (tax_id bigint generated always as identity primary key, label text not null, rate numeric(5, 2) not null);
create table audited.discount (discount_id bigint generated always as identity primary key, label text not null, rate numeric(5, 2) not null);
create table audited.tariff (tariff_id bigint generated always as identity primary key, label text not null, rate numeric(5, 2) not null);
create table audited.duty (duty_id bigint generated always as identity primary key, label text not null, rate numeric(5, 2) not null);
create table audited.refund (refund_id bigint generated always as identity primary key, label text not null, amount numeric(12, 2) not null);
comment on table audited.tax is 'Watched';
comment on table audited.discount is 'Watched as well';
comment on table audited.tariff is 'Watched like the others';
comment on table audited.duty is 'Last of those that are watched';
comment on table audited.refund is 'Money that nobody watches';
create trigger tax_history after update or delete on audited.tax for each row execute function trap.record_change();
create trigger discount_history after update or delete on audited.discount for each row execute function trap.record_change();
create trigger tariff_history after update or delete on audited.tariff for each row execute function trap.record_change();
create trigger duty_history after update or delete on audited.duty for each row execute function trap.record_change();

-- finds: privacy/password-weakly-hashed trap.may_enter(given_login text, given_password text)
create function trap.may_enter(given_login text, given_password text) returns boolean language sql stable set search_path = pg_catalog as $$
  select exists (select from trap.account where login = given_login and password = md5(given_password))
$$;

-- finds: privacy/readable-by-all trap.patient
-- finds: privacy/personal-data trap.patient.first_name
-- finds: privacy/personal-data trap.patient.diagnosis
create table trap.patient (patient_id bigint generated always as identity primary key, first_name text not null, diagnosis text not null);
comment on table trap.patient is 'Everybody may read what ails them';
grant select on trap.patient to public;

-- finds: privacy/retention-undecided trap.login_attempt
-- finds: privacy/personal-data trap.login_attempt.email
-- finds: privacy/personal-data trap.login_attempt.ip
create table trap.login_attempt (login_attempt_id bigint generated always as identity primary key, at timestamptz not null, email text not null, ip inet not null);
comment on table trap.login_attempt is 'Grows for ever';

-- finds: privacy/secret-in-definition trap.send_all()
create function trap.send_all() returns void language plpgsql set search_path = pg_catalog as $$
begin
  perform dblink('postgres://mailer:Tr0ub4dor-and-3@mail.internal/queue', 'select send()');
end $$;

-- finds: privacy/soft-delete-blocks-reuse trap.subscriber.subscriber_email_key
-- finds: privacy/personal-data trap.subscriber.email
create table trap.subscriber (subscriber_id bigint generated always as identity primary key, email text not null unique, deleted_at timestamptz);
comment on table trap.subscriber is 'An address is taken for ever';

-- finds: trigger/complex-logic trap.line.line_changed
create table trap.bill (bill_id bigint generated always as identity primary key, total numeric not null default 0);
create table trap.line (line_id bigint generated always as identity primary key, bill_id bigint not null references trap.bill, price numeric not null);
create table trap.ledger (ledger_id bigint primary key, amount numeric not null default 0);
create table trap.message (message_id bigint generated always as identity primary key, body text not null);
comment on table trap.bill is 'Summed up by a trigger';
comment on table trap.line is 'Sets off a chain of three';
comment on table trap.ledger is 'Second link of the chain';
comment on table trap.message is 'End of the chain';
create index line_bill_idx on trap.line (bill_id);
create function trap.line_changed() returns trigger language plpgsql set search_path = pg_catalog as $$
begin update trap.bill set total = total + new.price where bill_id = new.bill_id; return null; end $$;
create function trap.bill_changed() returns trigger language plpgsql set search_path = pg_catalog as $$
begin update trap.ledger set amount = amount + new.total where ledger_id = new.bill_id; return null; end $$;
create function trap.ledger_changed() returns trigger language plpgsql set search_path = pg_catalog as $$
begin insert into trap.message (body) values ('ledger ' || new.ledger_id); return null; end $$;
create trigger line_changed after insert on trap.line for each row execute function trap.line_changed();
create trigger bill_changed after update on trap.bill for each row execute function trap.bill_changed();
create trigger ledger_changed after update on trap.ledger for each row execute function trap.ledger_changed();

-- finds: trigger/order-by-name trap.taxed.taxed_fee
create table trap.taxed (taxed_id bigint generated always as identity primary key, net numeric not null, total numeric);
comment on table trap.taxed is 'Two triggers, one column';
create function trap.add_tax() returns trigger language plpgsql set search_path = pg_catalog as $$ begin new.total := new.net * 1.19; return new; end $$;
create function trap.add_fee() returns trigger language plpgsql set search_path = pg_catalog as $$ begin new.total := coalesce(new.total, new.net) + 5; return new; end $$;
create trigger taxed_fee before insert or update on trap.taxed for each row execute function trap.add_fee();
create trigger taxed_tax before insert or update on trap.taxed for each row execute function trap.add_tax();

-- finds: trigger/recursive trap.node.node_touch
create table trap.node (node_id bigint generated always as identity primary key, up bigint, touched timestamptz);
comment on table trap.node is 'Touches itself';
create function trap.touch_up() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  update trap.node set touched = now() where node_id = new.up;
  return null;
end $$;
create trigger node_touch after update on trap.node for each row execute function trap.touch_up();

-- finds: trigger/row-unused trap.sale.sale_turnover
create table trap.sale (sale_id bigint generated always as identity primary key, amount numeric not null);
comment on table trap.sale is 'Sums up all for each';
create materialized view trap.turnover as select 1 as one, sum(amount) as total from trap.sale;
create unique index turnover_key on trap.turnover (one);
create function trap.refresh_turnover() returns trigger language plpgsql set search_path = pg_catalog as $$ begin refresh materialized view trap.turnover; return new; end $$;
create trigger sale_turnover after insert or update or delete on trap.sale for each row execute function trap.refresh_turnover();

-- finds: view/materialized-chain trap.monthly
create materialized view trap.daily as select sold_on, sum(amount) as total from trap.sales_2026 group by sold_on;
create unique index daily_key on trap.daily (sold_on);
create materialized view trap.monthly as select date_trunc('month', sold_on) as month, sum(total) as total from trap.daily group by 1;
create unique index monthly_key on trap.monthly (month);

-- finds: view/security-barrier-missing trap.own_receipt
-- finds: view/check-option-missing trap.own_receipt
create table trap.slip (slip_id bigint generated always as identity primary key, tenant text not null, total numeric);
comment on table trap.slip is 'Seen through a view';
create view trap.own_receipt as select slip_id, tenant, total from trap.slip where tenant = current_user;
grant select, insert, update on trap.own_receipt to public;

-- finds: table/column-privileges-void trap.sheet
create table trap.sheet (sheet_id bigint generated always as identity primary key, label text not null, weight numeric);
comment on table trap.sheet is 'Some columns are granted, and all of them';
grant select on trap.sheet to public;
grant select (label) on trap.sheet to public;
