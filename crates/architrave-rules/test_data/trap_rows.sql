-- The trap schema with rows: what only the values tell (schema rows), beside values that look as if they told something and do not (schema
-- sound). Annotated as `trap.sql` is; statistics are taken after the rows have come.

revoke create on schema public from public;
create schema sound;
comment on schema sound is 'Values that look wrong and are not';

-- Mostly null, but not always; one value in most rows, but not in all; of two values, one in two thousand.
create table sound.measured (
  measured_id bigint generated always as identity primary key,
  remark text,
  kind text not null check (kind in ('usual', 'odd')),
  passed boolean not null
);
comment on table sound.measured is 'Rare is not never';
insert into sound.measured (remark, kind, passed)
select case when n % 50 = 0 then 'remark ' || n end, case when n % 40 = 0 then 'odd' else 'usual' end, n % 3 > 0 from generate_series(1, 120000) n;

-- Sentences with commas are no lists, and long values that differ end where they end.
create table sound.essay (essay_id bigint generated always as identity primary key, body text not null, heading varchar(60) not null);
comment on table sound.essay is 'Commas and long lines';
insert into sound.essay (body, heading)
select 'First, the ' || n || 'th of them; then, whatever follows, more words.', 'Heading number ' || n from generate_series(1, 5000) n;

create table sound.owner (owner_id bigint generated always as identity primary key, label text not null);
comment on table sound.owner is 'Own a few things each';
-- Deletes a few rows along, never many; the reference is not set in a tenth of the rows.
create table sound.thing (thing_id bigint generated always as identity primary key, owner_id bigint references sound.owner on delete cascade, label text not null);
comment on table sound.thing is 'Owned by somebody, for the most part';
create index thing_owner_idx on sound.thing (owner_id);
insert into sound.owner (label) select 'owner ' || n from generate_series(1, 4000) n;
insert into sound.thing (owner_id, label) select case when n % 10 > 0 then 1 + n % 4000 end, 'thing ' || n from generate_series(1, 20000) n;

-- A default partition that is empty, and one of a list, where the rest of the world lives.
create table sound.visit (visit_id bigint not null, at date not null, primary key (visit_id, at)) partition by range (at);
comment on table sound.visit is 'Every day has its part';
create table sound.visit_all partition of sound.visit for values from ('2000-01-01') to ('2100-01-01');
create table sound.visit_other partition of sound.visit default;
comment on table sound.visit_all is 'This century';
comment on table sound.visit_other is 'No day yet';
insert into sound.visit select n, date '2026-01-01' + n % 300 from generate_series(1, 2000) n;
create table sound.guest (guest_id bigint not null, country text not null, primary key (guest_id, country)) partition by list (country);
comment on table sound.guest is 'Two countries for themselves';
create table sound.guest_near partition of sound.guest for values in ('AT', 'CH');
create table sound.guest_far partition of sound.guest default;
comment on table sound.guest_near is 'Neighbours';
comment on table sound.guest_far is 'From everywhere else';
insert into sound.guest select n, case when n % 4 = 0 then 'AT' else 'country ' || n % 90 end from generate_series(1, 4000) n;

-- ---------------------------------------------------------------------------------------------------------------------------------
create schema rows;
comment on schema rows is 'Values that tell a fault';

-- finds: column/always-null rows.parcel.carrier_note
-- finds: column/single-value rows.parcel.channel
-- finds: column/never-null rows.parcel.weight
create table rows.parcel (
  parcel_id bigint generated always as identity primary key,
  carrier_note text,
  channel text not null,
  weight int
);
comment on table rows.parcel is 'Columns that say nothing, one that always does';
insert into rows.parcel (channel, weight) select 'counter', n % 977 from generate_series(1, 120000) n;

-- finds: column/list-in-text rows.post.tags
-- finds: column/length-limit-reached rows.post.message
create table rows.post (post_id bigint generated always as identity primary key, tags text not null, message varchar(40) not null);
comment on table rows.post is 'Lists in a text, and texts that were cut';
insert into rows.post (tags, message)
select
  'tag' || n % 700 || ',word' || n % 31 || ',kind' || n % 11,
  left(n || ' is the number of a message whose end is missing', case when n % 4 = 0 then 40 else 12 + n % 18 end)
from generate_series(1, 5000) n;

-- finds: column/nullable-foreign-key rows.variant.product_id
create table rows.product (product_id bigint generated always as identity primary key, label text not null);
comment on table rows.product is 'Has variants';
create table rows.variant (variant_id bigint generated always as identity primary key, product_id bigint references rows.product on delete cascade, label text not null);
comment on table rows.variant is 'Always of a product, though it need not be';
create index variant_product_idx on rows.variant (product_id);
insert into rows.product (label) select 'product ' || n from generate_series(1, 3000) n;
insert into rows.variant (product_id, label) select 1 + n % 3000, 'variant ' || n from generate_series(1, 12000) n;

-- finds: relation/cascade-reach rows.tenant
create table rows.tenant (tenant_id bigint generated always as identity primary key, label text not null);
comment on table rows.tenant is 'One of three owns all';
create table rows.document (document_id bigint generated always as identity primary key, tenant_id bigint not null references rows.tenant on delete cascade, label text not null);
comment on table rows.document is 'Goes with its tenant';
create index document_tenant_idx on rows.document (tenant_id);
insert into rows.tenant (label) select 'tenant ' || n from generate_series(1, 3) n;
insert into rows.document (tenant_id, label) select 1 + n % 3, 'document ' || n from generate_series(1, 60000) n;

-- finds: constraint/unique-by-data-only rows.device.serial_number
create table rows.device (device_id bigint generated always as identity primary key, serial_number text not null);
comment on table rows.device is 'Unique by chance';
insert into rows.device (serial_number) select 'SN-' || (n * 7919) % 1000003 from generate_series(1, 20000) n;

-- finds: partition/default-has-rows rows.call_other
create table rows.call (call_id bigint not null, at date not null, primary key (call_id, at)) partition by range (at);
comment on table rows.call is 'A year and a half was forgotten';
create table rows.call_early partition of rows.call for values from ('2000-01-01') to ('2021-01-01');
create table rows.call_late partition of rows.call for values from ('2022-06-01') to ('2100-01-01');
create table rows.call_other partition of rows.call default;
comment on table rows.call_early is 'Up to 2020';
comment on table rows.call_late is 'From the summer of 2022 on';
comment on table rows.call_other is 'All the rest';
insert into rows.call select n, date '2020-06-01' + n % 1000 from generate_series(1, 4000) n;

-- finds: privacy/history-missing rows.wallet
create table rows.wallet (wallet_id bigint generated always as identity primary key, balance numeric(12, 2) not null);
comment on table rows.wallet is 'Money without a history';
insert into rows.wallet (balance) select n % 700 from generate_series(1, 300) n;

-- finds: partition/too-many rows.shard
create table rows.shard (shard_id bigint not null, label text not null, primary key (shard_id)) partition by hash (shard_id);
comment on table rows.shard is 'Six hundred rows in sixty parts';
do $$ begin
  for n in 0 .. 59 loop
    execute format('create table rows.shard_of_%s partition of rows.shard for values with (modulus 60, remainder %s)', n, n);
    execute format('comment on table rows.shard_of_%s is %L', n, 'Every sixtieth row, beginning with ' || n);
  end loop;
end $$;
insert into rows.shard select n, 'shard ' || n from generate_series(1, 600) n;
