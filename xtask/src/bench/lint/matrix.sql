-- Forms of DDL, each with what it does on the majors 12 to 18: expectations from measured facts, one block for a form. `setup` is committed before;
-- all statements of a form run in one transaction unless they refuse. Locks: AS ACCESS SHARE, RS ROW SHARE, RX ROW EXCLUSIVE, SUE SHARE UPDATE EXCLUSIVE,
-- S SHARE, SRE SHARE ROW EXCLUSIVE, E EXCLUSIVE, AE ACCESS EXCLUSIVE (of indexes from SUE on); blocks: r readers, w writers.

-- expect: locks item=AE; blocks item=rw
alter table item add column extra int;
-- expect: locks item=AE; blocks item=rw
alter table item add column extra int default 12;
-- expect: locks item=AE; blocks item=rw
alter table item add column extra int not null default 12;
-- expect: locks item=AE; blocks item=rw
alter table item add column made_at timestamptz default now();
-- expect: locks item=AE; blocks item=rw
alter table item add column made_on date default current_date;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column made_at timestamptz default clock_timestamp();
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column dice double precision default random();
-- expect 12: fails
-- expect 13-18: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column key uuid default gen_random_uuid();
-- expect: locks item=AE; blocks item=rw
alter table item add column extra int default one_fixed();
-- expect: locks item=AE; blocks item=rw
alter table item add column extra int default one_sql();
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column extra int default one_plpgsql();
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column number serial;
-- expect: locks slip=AE; rewrite slip; scan slip; blocks slip=rw
alter table slip add column number bigint generated always as identity;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column twice int generated always as (qty * 2) stored;
-- expect 12-17: fails
-- expect 18: locks item=AE; blocks item=rw
alter table item add column twice int generated always as (qty * 2) virtual;
-- expect: locks item=AE; blocks item=rw
alter table item add column wording plain_text;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column stars positive;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column stars positive default 5;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column hits counted;
-- expect: fails
alter table item add column extra int not null;
-- expect: locks item=AE; scan item; blocks item=rw
alter table item add column extra int check (extra > 0);
-- expect: locks item=AE; scan item; blocks item=rw
alter table item add column extra int default 4 check (extra > 0);
-- expect: locks item=AE maker=SRE; blocks item=rw maker=w
alter table item add column second_maker bigint references maker (id);
-- expect: locks item=AE maker=SRE; scan item maker; blocks item=rw maker=w
alter table item add column second_maker bigint default 2 references maker (id);
-- expect: locks item=AE; scan item; blocks item=rw
alter table item add column code int unique;
-- expect: locks slip=AE; rewrite slip; scan slip; blocks slip=rw
alter table slip add column number bigint generated always as identity primary key;
-- expect: locks item=AE; blocks item=rw
alter table item add column if not exists qty int;
-- expect: locks item=AE; blocks item=rw
alter table item drop column stock;
-- expect: locks item=AE item_sku=AE; blocks item=rw
alter table item drop column sku;
-- expect: locks item=AE maker=AE; blocks item=rw maker=rw
alter table item drop column maker_id;
-- expect: fails
alter table item drop column qty;
-- expect: locks item=AE; blocks item=rw
alter table item alter column qty set default 7;
-- expect: locks item=AE; blocks item=rw
alter table item alter column qty drop default;
-- expect: locks item=AE; scan item; blocks item=rw
alter table item alter column stock set not null;
-- setup: alter table item add constraint filled check (stock is not null)
-- expect: locks item=AE; blocks item=rw
alter table item alter column stock set not null;
-- setup: alter table item add constraint filled check (stock is not null and stock > 0)
-- expect: locks item=AE; blocks item=rw
alter table item alter column stock set not null;
-- setup: alter table item add constraint filled check (stock > 0)
-- expect: locks item=AE; scan item; blocks item=rw
alter table item alter column stock set not null;
-- setup: alter table item add constraint filled check (stock is not null) not valid
-- expect: locks item=AE; scan item; blocks item=rw
alter table item alter column stock set not null;
-- setup: alter table item add constraint filled check (stock is not null)
-- expect: locks item=AE; scan item; blocks item=rw
alter table item alter column stock set not null, drop constraint filled;
-- setup: alter table item add constraint filled check (stock is not null); alter table item add constraint other check (qty > 0) not valid
-- expect: locks item=AE; blocks item=rw
alter table item alter column stock set not null;
-- expect 12-17: fails
-- expect 18: locks item=AE; blocks item=rw
alter table item add constraint filled not null stock not valid;
-- setup: alter table item add constraint filled not null stock not valid
-- expect 12-17: fails
-- expect 18: locks item=SUE; scan item
alter table item validate constraint filled;
-- setup: alter table item add constraint filled not null stock not valid
-- expect 12-17: fails
-- expect 18: locks item=AE; scan item; blocks item=rw
alter table item alter column stock set not null;
-- expect: locks item=AE; blocks item=rw
alter table item alter column rank drop not null;
-- expect: locks item=SUE
alter table item alter column qty set statistics 400;
-- expect: locks item=AE; blocks item=rw
alter table item alter column note set storage external;
-- expect 12-13: fails
-- expect 14-18: locks item=AE; blocks item=rw
alter table item alter column note set compression pglz;
-- expect: locks item=SUE
alter table item alter column qty set (n_distinct = -0.4);
-- expect: locks item=AE; blocks item=rw
alter table item alter column rank add generated by default as identity;
-- expect: locks item=AE item_serial_no_seq=AE; blocks item=rw item_serial_no_seq=rw
alter table item alter column serial_no drop identity;
-- expect 12: fails
-- expect 13-18: locks item=AE; blocks item=rw
alter table item alter column doubled drop expression;
-- expect 12-16: fails
-- expect 17-18: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column doubled set expression as (qty * 4);
-- expect: locks item=AE; blocks item=rw
alter table item alter column label type varchar(80);
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column label type varchar(25);
-- expect: locks item=AE; blocks item=rw
alter table item alter column label type varchar;
-- expect: locks item=AE; blocks item=rw
alter table item alter column label type text;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column label type char(70);
-- expect: locks item=AE; blocks item=rw
alter table item alter column label type plain_text;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column label type short_text;
-- expect: locks item=AE; blocks item=rw
alter table item alter column brand type text;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column brand type varchar(90);
-- expect: locks item=AE; blocks item=rw
alter table item alter column note type varchar;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column note type varchar(90);
-- expect: locks item=AE; blocks item=rw
alter table item alter column note type plain_text;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column grade type text;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column grade type varchar(10);
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column grade type char(16);
-- expect: locks item=AE; blocks item=rw
alter table item alter column price type numeric(14,2);
-- expect: locks item=AE; blocks item=rw
alter table item alter column price type numeric;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column price type numeric(14,3);
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column price type numeric(8,2);
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column weight type numeric(18,2);
-- setup: drop view item_view; drop materialized view item_list; alter table item drop column doubled
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column qty type bigint;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column stock type bigint;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column size type int;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column total type int;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column stock type numeric;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column stock type text;
-- expect: locks item=AE; blocks item=rw
alter table item alter column stock type oid;
-- expect: locks item=AE; blocks item=rw
alter table item alter column file_id type int using file_id::int;
-- expect: locks item=AE; blocks item=rw
alter table item alter column file_id type regclass;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
set timezone = 'UTC'; alter table item alter column millis_at type timestamptz(3);
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
set timezone = 'Europe/Oslo'; alter table item alter column millis_at type timestamptz(3);
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
set timezone = 'GMT'; alter table item alter column millis_at type timestamptz(3);
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
set timezone = 'Etc/UTC'; alter table item alter column millis_at type timestamptz(3);
-- expect: locks item=AE; blocks item=rw
set timezone = 'UTC'; alter table item alter column seen_at type timestamp;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
set timezone = 'Europe/Oslo'; alter table item alter column seen_at type timestamp;
-- expect: locks item=AE item_sold_at=AE; rebuild item_sold_at; scan item; blocks item=rw
set timezone = 'UTC'; alter table item alter column sold_at type timestamptz;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
set timezone = 'UTC'; alter table item alter column millis_at type timestamptz(3) using millis_at at time zone 'UTC';
-- expect: locks item=AE; blocks item=rw
alter table item alter column millis_at type timestamp;
-- expect: locks item=AE; blocks item=rw
alter table item alter column millis_at type timestamp(6);
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column millis_at type timestamp(0);
-- expect: locks item=AE; blocks item=rw
alter table item alter column opens_at type time(6);
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column lasts type interval(3);
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column millis_at type date;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column day type timestamp;
-- expect: locks item=AE; blocks item=rw
alter table item alter column network type inet;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column host type cidr;
-- expect: locks item=AE; blocks item=rw
alter table item alter column mask type varbit(24);
-- expect: locks item=AE; blocks item=rw
alter table item alter column mask type varbit;
-- expect: fails
alter table item alter column flags type bit(16);
-- expect: locks item=AE; blocks item=rw
alter table item alter column flags type varbit;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column raw type jsonb;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column doc type json;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column doc type text;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column raw type text;
-- expect: locks item=AE; blocks item=rw
alter table item alter column page type text;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column note type json using null::json;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column mood type text;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column tag type text;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column numbers type bigint[];
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column words type text[];
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column words type varchar(30)[];
-- expect: locks item=AE item_sku=AE; blocks item=rw
alter table item alter column sku type text;
-- expect: locks item=AE item_sku=AE; blocks item=rw
alter table item alter column sku type varchar(70);
-- expect: locks item=AE item_title=AE; blocks item=rw
alter table item alter column title type varchar;
-- expect: locks item=AE item_title=AE; rebuild item_title; scan item; blocks item=rw
alter table item alter column title type text collate "POSIX";
-- expect: locks item=AE; scan item; blocks item=rw
alter table item alter column checked type text;
-- expect: locks item=AE; scan item; blocks item=rw
alter table item alter column checked type varchar(70);
-- expect: fails
alter table item alter column maker_id type numeric;
-- expect: locks item=AE; blocks item=rw
alter table item alter column label type text using label::text;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column label type text using lower(label);
-- expect: locks item=AE; blocks item=rw
alter table item alter column label type varchar(50);
-- expect: locks item=AE; blocks item=rw
alter table item alter column rating type int;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item alter column stock type positive;
-- expect: fails
alter table item alter column qty type bigint;
-- expect: locks item=AE; scan item; blocks item=rw
alter table item add constraint extra check (qty > 0);
-- expect: locks item=AE; blocks item=rw
alter table item add constraint extra check (qty > 0) not valid;
-- setup: alter table item add constraint extra check (qty > 0) not valid
-- expect: locks item=SUE; scan item
alter table item validate constraint extra;
-- expect 12-17: fails
-- expect 18: locks item=AE; blocks item=rw
alter table item add constraint extra check (qty > 0) not enforced;
-- expect: locks item=SRE maker=SRE; scan item maker; blocks item=w maker=w
alter table item add constraint extra foreign key (other_maker) references maker (id);
-- expect: locks item=SRE maker=SRE; blocks item=w maker=w
alter table item add constraint extra foreign key (other_maker) references maker (id) not valid;
-- setup: alter table item add constraint extra foreign key (other_maker) references maker (id) not valid
-- expect: locks item=SUE maker=RS; scan item maker
alter table item validate constraint extra;
-- expect: locks item=SRE maker=SRE; scan item maker; blocks item=w maker=w
alter table item add constraint extra foreign key (other_maker) references maker (id) not valid; alter table item validate constraint extra;
-- expect 12-17: fails
-- expect 18: locks item=SRE maker=SRE; blocks item=w maker=w
alter table item add constraint extra foreign key (other_maker) references maker (id) not enforced;
-- setup: alter table item add constraint extra foreign key (other_maker) references maker (id) not enforced
-- expect 12-17: fails
-- expect 18: locks item=AE maker=SRE; scan item maker; blocks item=rw maker=w
alter table item alter constraint extra enforced;
-- expect: locks item=AE maker=AE; blocks item=rw maker=rw
alter table item drop constraint item_maker_id_fkey;
-- expect: locks item=AE; scan item; blocks item=rw
alter table item add constraint extra unique (qty);
-- setup: create unique index item_qty_unique on item (qty)
-- expect: locks item=AE item_qty_unique=SUE; blocks item=rw
alter table item add constraint extra unique using index item_qty_unique;
-- expect: locks slip=AE; scan slip; blocks slip=rw
alter table slip add primary key (id);
-- expect: locks slip=AE; scan slip; blocks slip=rw
alter table slip add primary key (ref_no);
-- setup: create unique index slip_key on slip (id)
-- expect: locks slip=AE; blocks slip=rw
alter table slip add primary key using index slip_key;
-- setup: create unique index slip_key on slip (ref_no)
-- expect: locks slip=AE; scan slip; blocks slip=rw
alter table slip add primary key using index slip_key;
-- setup: create unique index slip_key on slip (ref_no); alter table slip add check (ref_no is not null)
-- expect: locks slip=AE; blocks slip=rw
alter table slip add primary key using index slip_key;
-- expect: locks item=AE; scan item; blocks item=rw
alter table item add constraint extra exclude using btree (qty with =);
-- setup: alter table item add constraint extra check (qty > 0)
-- expect: locks item=AE; blocks item=rw
alter table item drop constraint extra;
-- setup: alter table item add constraint extra unique (qty)
-- expect: locks extra=AE item=AE; blocks item=rw
alter table item drop constraint extra;
-- expect: locks item=AE item_pkey=AE; blocks item=rw
alter table item drop constraint item_pkey;
-- expect: locks item=AE; blocks item=rw
alter table item alter constraint item_maker_id_fkey deferrable;
-- expect: locks item=AE; blocks item=rw
alter table item rename constraint item_maker_id_fkey to made_by;
-- expect: locks item=S; scan item; blocks item=w
create index item_rank on item (rank);
-- expect: locks item=S; scan item; blocks item=w
create unique index item_rank on item (rank);
-- expect: locks item=SUE; scan item; waits
create index concurrently item_rank on item (rank);
-- in a transaction
-- expect: fails
create index concurrently item_rank on item (rank);
-- expect: locks item=AE item_qty=AE; blocks item=rw
drop index item_qty;
-- expect: locks item=SUE item_qty=SUE; waits
drop index concurrently item_qty;
-- expect: locks item=S item_qty=AE; rebuild item_qty; scan item; blocks item=rw
reindex index item_qty;
-- expect: locks item=S item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
reindex table item;
-- expect: locks item=SUE item_qty=SUE; rebuild item_qty; scan item; waits
reindex index concurrently item_qty;
-- expect: locks item=SUE item_pkey=SUE item_qty=SUE item_sku=SUE item_sold_at=SUE item_title=SUE; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; waits
reindex table concurrently item;
-- expect: locks item_qty=SUE
alter index item_qty rename to item_by_qty;
-- expect: locks item_qty=SUE
alter index item_qty set (fillfactor = 85);
-- expect: locks event=S event_1=S event_other=S; scan event_1 event_other; blocks event=w event_1=w event_other=w
create index event_kind on event (kind);
-- expect: fails
create index concurrently event_kind on event (kind);
-- expect: locks event=S; blocks event=w
create index event_kind on only event (kind);
-- setup: create index event_kind on only event (kind); create index event_1_kind on event_1 (kind)
-- expect: locks event=AS event_1=AS event_1_kind=AE event_kind=SUE; blocks event=rw event_1=rw
alter index event_kind attach partition event_1_kind;
-- expect: locks item=AE; blocks item=rw
alter table item rename to article;
-- expect: locks item=AE; blocks item=rw
alter table item rename column stock to in_stock;
-- setup: create schema elsewhere
-- expect: locks item=AE item_serial_no_seq=AE; blocks item=rw item_serial_no_seq=rw
alter table item set schema elsewhere;
-- expect: locks item=SUE
alter table item set (fillfactor = 75);
-- expect: locks item=SUE
alter table item set (autovacuum_vacuum_scale_factor = 0.02);
-- expect: locks item=AE; blocks item=rw
alter table item set (user_catalog_table = true);
-- expect: locks slip=AE; rewrite slip; scan slip; blocks slip=rw
alter table slip set unlogged;
-- setup: alter table slip set unlogged
-- expect: locks slip=AE; rewrite slip; scan slip; blocks slip=rw
alter table slip set logged;
-- expect 12-14: fails
-- expect 15-18: locks slip=AE; rewrite slip; scan slip; blocks slip=rw
alter table slip set access method heap_again;
-- expect: locks item=SUE
alter table item set without cluster;
-- expect: locks item=SUE item_qty=SUE
alter table item cluster on item_qty;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
cluster item using item_qty;
-- expect: locks item=SUE
vacuum item;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
vacuum full item;
-- expect: locks item=SUE
analyze item;
-- expect: locks item=AE; blocks item=rw
alter table item enable row level security;
-- expect: locks item=AE; blocks item=rw
create policy everyone on item using (true);
-- expect: locks item=SRE; blocks item=w
create trigger noted before insert on item for each row execute function on_change();
-- setup: create trigger noted before insert on item for each row execute function on_change()
-- expect: locks item=AE; blocks item=rw
drop trigger noted on item;
-- expect: locks item=SRE; blocks item=w
alter table item disable trigger user;
-- expect: locks item=AE; blocks item=rw
create rule kept as on delete to item do also nothing;
-- expect: locks item=AE; blocks item=rw
alter table item replica identity full;
-- expect: locks item=AE; blocks item=rw
alter table item owner to postgres;
-- expect 12-17: nothing
-- expect 18: locks item=AS
grant select on item to public;
-- expect: locks item=SUE
comment on column item.qty is 'how many';
-- expect: locks item=SUE
create statistics item_both on qty, rank from item;
-- expect: locks slip=AE; rewrite slip; blocks slip=rw
truncate slip;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE maker=AE maker_pkey=AE; rewrite item maker; rebuild item_pkey item_qty item_sku item_sold_at item_title maker_pkey; blocks item=rw maker=rw
truncate maker cascade;
-- expect: locks item=AE item_list=AE item_list_id=AE item_pkey=AE item_qty=AE item_serial_no_seq=AE item_sku=AE item_sold_at=AE item_title=AE item_view=AE maker=AE; blocks item=rw item_list=r item_serial_no_seq=rw item_view=rw maker=rw
drop table item cascade;
-- expect: locks item=AE maker=AE maker_pkey=AE; blocks item=rw maker=rw
drop table maker cascade;
-- expect: locks maker=SRE; blocks maker=w
create table part (id int, maker_id bigint references maker (id));
-- expect: locks item=AS
create table part (like item including all);
-- expect: locks item=AS; scan item
create table part as select * from item;
-- setup: create table part (id bigint not null, ref_no bigint, n int)
-- expect: locks part=AE slip=SUE; blocks part=rw
alter table part inherit slip;
-- expect: locks item=AS
create view item_names as select qty from item;
-- expect: locks item=AS item_view=AE; blocks item_view=rw
create or replace view item_view as select id, qty, rank from item;
-- expect: locks item_view=AE; blocks item_view=rw
drop view item_view;
-- expect: locks item=AS; scan item
create materialized view item_sums as select qty from item;
-- expect: locks item=AS item_list=AE item_list_id=AE; rewrite item_list; rebuild item_list_id; scan item item_list; blocks item_list=r
refresh materialized view item_list;
-- expect: locks item=AS item_list=E; scan item item_list
refresh materialized view concurrently item_list;
-- expect: locks item=SUE
create publication items for table item;
-- expect: locks item=AE; blocks item=rw
lock table item;
-- expect: locks item=RX; scan item
update item set stock = stock + 1;
-- expect: locks slip=RX; scan slip
delete from slip;
-- expect: locks item=RS
select * from item where id = 5 for update;
-- expect: locks slip=RX
insert into slip values (0, 0, 0);
-- expect 12-13: locks sale=AE; blocks sale=rw sale_1=w
-- expect 14-18: locks sale=AE; blocks sale=rw
create table sale_2 partition of sale for values from (1000000) to (2000000);
-- expect 12-13: locks event=AE event_other=AE; scan event_other; blocks event=rw event_1=w event_other=rw
-- expect 14-18: locks event=AE event_other=AE; scan event_other; blocks event=rw event_other=rw
create table event_2 partition of event for values from (3000000) to (4000000);
-- expect: locks event_new=AE sale=SUE; scan event_new; blocks event_new=rw
alter table sale attach partition event_new for values from (3000000) to (4000000);
-- setup: alter table event_new add check (day_no >= 3000000 and day_no < 4000000)
-- expect: locks event_new=AE sale=SUE; blocks event_new=rw
alter table sale attach partition event_new for values from (3000000) to (4000000);
-- setup: alter table event_new add check (day_no >= 3000000 and day_no < 4000000)
-- expect: locks event=SUE event_new=AE event_other=AE; scan event_other; blocks event=rw event_new=rw event_other=rw
alter table event attach partition event_new for values from (3000000) to (4000000);
-- setup: alter table event_new add check (day_no >= 3000000 and day_no < 4000000); alter table event_other add check (not (day_no >= 3000000 and day_no < 4000000))
-- expect: locks event=SUE event_new=AE event_other=AE; blocks event=rw event_new=rw event_other=rw
alter table event attach partition event_new for values from (3000000) to (4000000);
-- expect 12-13: locks sale=AE sale_1=SUE; blocks sale=rw sale_1=w
-- expect 14-18: locks sale=AE sale_1=AE; blocks sale=rw sale_1=rw
alter table sale detach partition sale_1;
-- expect 12-13: fails
-- expect 14-18: locks sale=SUE sale_1=AE; blocks sale_1=rw; waits
alter table sale detach partition sale_1 concurrently;
-- expect: fails
alter table event detach partition event_1 concurrently;
-- expect: locks sale=AE sale_1=AE; blocks sale=rw sale_1=rw
drop table sale_1;
-- expect 12-13: locks sale=AS sale_1=AE; rewrite sale_1; blocks sale=rw sale_1=rw
-- expect 14-18: locks sale_1=AE; rewrite sale_1; blocks sale=rw sale_1=rw
truncate sale_1;
-- expect 12-17: fails
-- expect 18: locks event=SRE event_1=SRE event_other=SRE maker=SRE; blocks event=w event_1=w event_other=w maker=w
alter table event add constraint extra foreign key (id) references maker (id) not valid;
-- setup: create table visit (id bigint, day_no int, primary key (id, day_no)) partition by range (day_no); create table visit_1 partition of visit for values from (0) to (9999999); insert into visit select g, g from generate_series(1, 300) g
-- expect: locks slip=SRE visit=SRE visit_1=SRE; scan slip visit_1; blocks slip=w visit=w visit_1=w
alter table slip add constraint extra foreign key (id, n) references visit (id, day_no);
-- expect: locks event=AE event_1=AE event_other=AE; blocks event=rw event_1=rw event_other=rw
alter table event add constraint extra check (kind > 0) not valid;
-- expect: locks event=AE event_1=AE event_other=AE; scan event_1 event_other; blocks event=rw event_1=rw event_other=rw
alter table event alter column kind set not null;
-- expect: fails
alter table only event add column extra int;
-- expect: nothing
alter type temper add value 'wilder';
-- expect: fails
alter type temper add value 'wilder'; update item set mood = 'wilder' where id = 1;
-- expect 12-16: fails
-- expect 17-18: nothing
create type colour as enum ('red'); alter type colour add value 'blue'; create table paint (shade colour); insert into paint values ('blue');
-- expect: nothing
alter type temper rename value 'calm' to 'quiet';
-- expect: locks item=S; scan item; blocks item=w
alter domain positive add constraint small check (value < 100000000);
-- expect: nothing
alter domain positive add constraint small check (value < 100000000) not valid;
-- setup: alter domain positive add constraint small check (value < 100000000) not valid
-- expect: locks item=S; scan item; blocks item=w
alter domain positive validate constraint small;
-- expect: locks item=S; scan item; blocks item=w
alter domain positive set not null;
-- expect: nothing
alter domain positive drop constraint positive_check;
-- expect: locks item_serial_no_seq=SRE; blocks item_serial_no_seq=w
alter sequence item_serial_no_seq restart with 8;
-- expect: nothing
create function two() returns int language sql as 'select 2';
-- expect: nothing
create or replace function on_change() returns trigger language plpgsql as 'begin return old; end';
-- expect: locks item=AE; blocks item=rw
alter table item add column extra_1 int, add column extra_2 int default 3, add column extra_3 text;
-- expect: locks item=AE maker=SRE; blocks item=rw maker=w
alter table item add column second_maker bigint, add constraint extra foreign key (second_maker) references maker (id) not valid;
-- expect: locks item=AE; blocks item=rw
alter table item add column extra int default -3;
-- expect: locks item=AE; blocks item=rw
alter table item add column extra int default (3);
-- expect: locks item=AE; blocks item=rw
alter table item add column extra int default null;
-- expect: locks item=AE; blocks item=rw
alter table item add column extra date default current_date;
-- expect: locks item=AE; blocks item=rw
alter table item add column extra timestamp default localtimestamp;
-- expect: locks item=AE; blocks item=rw
alter table item add column extra text default current_user;
-- expect: locks item=AE; blocks item=rw
alter table item add column extra timestamp default (now() at time zone 'utc');
-- expect: locks item=AE; blocks item=rw
alter table item add column extra timestamptz default now() + interval '2 days';
-- expect: locks item=AE; blocks item=rw
alter table item add column extra jsonb default '{}'::jsonb;
-- expect: locks item=AE; blocks item=rw
alter table item add column extra text default lower('ABC');
-- expect: locks item=AE; blocks item=rw
alter table item add column extra text default coalesce(null, 'b');
-- expect: locks item=AE; blocks item=rw
alter table item add column extra date default make_date(2021, 2, 3);
-- expect: locks item=AE; blocks item=rw
alter table item add column extra text[] default array[]::text[];
-- expect: locks item=AE; blocks item=rw
alter table item add column extra timestamptz default pg_catalog.now();
-- expect: locks item=AE item_pkey=AE item_qty=AE item_serial_no_seq=RX item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column extra bigint default nextval('item_serial_no_seq');
-- expect 12-17: fails
-- expect 18: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column extra uuid default uuidv7();
-- expect: locks item=AE; blocks item=rw
alter table item add column extra jsonb default jsonb_build_object();
-- expect: locks item=AE; blocks item=rw
alter table item add column extra int default case when true then 3 else 4 end;
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column extra text default timeofday();
-- expect: locks item=AE; blocks item=rw
alter table item add column extra timestamptz default statement_timestamp();
-- expect: locks item=AE; blocks item=rw
alter table item add column extra timestamptz default transaction_timestamp();
-- expect: locks item=AE; blocks item=rw
alter table item add column extra bigint default txid_current();
-- expect: locks item=AE; blocks item=rw
alter table item add column extra int default pg_backend_pid();
-- expect: locks item=AE; blocks item=rw
alter table item add column extra text default to_char(now(), 'MM');
-- expect: locks item=AE item_pkey=AE item_qty=AE item_sku=AE item_sold_at=AE item_title=AE; rewrite item; rebuild item_pkey item_qty item_sku item_sold_at item_title; scan item; blocks item=rw
alter table item add column extra text default md5(random()::text);
-- expect: locks item=AE; blocks item=rw
alter table item add column extra text default encode('b', 'hex');
-- expect: locks moment=AE; blocks moment=rw
set timezone = 'UTC'; alter table moment alter column plain type timestamptz;
-- expect: locks moment=AE; blocks moment=rw
set timezone = 'Etc/UTC'; alter table moment alter column plain type timestamptz;
-- expect: locks moment=AE; blocks moment=rw
set timezone = 'GMT'; alter table moment alter column plain type timestamptz;
-- expect: locks moment=AE; rewrite moment; scan moment; blocks moment=rw
set timezone = 'Europe/London'; alter table moment alter column plain type timestamptz;
-- expect: locks moment=AE; rewrite moment; scan moment; blocks moment=rw
set timezone = 'Europe/Oslo'; alter table moment alter column plain type timestamptz;
-- expect: locks moment=AE; blocks moment=rw
set timezone = '+00'; alter table moment alter column plain type timestamptz;
-- expect: locks moment=AE; blocks moment=rw
set timezone = 'UTC'; alter table moment alter column six type timestamptz(6);
-- expect: locks moment=AE; blocks moment=rw
set timezone = 'UTC'; alter table moment alter column six type timestamptz;
-- expect: locks moment=AE; blocks moment=rw
set timezone = 'UTC'; alter table moment alter column plain type timestamptz(6);
-- expect: locks moment=AE; blocks moment=rw
set timezone = 'UTC'; alter table moment alter column zoned_six type timestamp(6);
-- expect: locks moment=AE; rewrite moment; scan moment; blocks moment=rw
set timezone = 'UTC'; alter table moment alter column zoned_three type timestamp(3);
-- expect: locks moment=AE; blocks moment=rw
set timezone = 'UTC'; alter table moment alter column zoned_six type timestamp;
-- expect: locks moment=AE; blocks moment=rw
alter table moment alter column six type timestamp;
-- expect: locks moment=AE; blocks moment=rw
alter table moment alter column plain type timestamp(6);
-- expect: locks moment=AE; rewrite moment; scan moment; blocks moment=rw
alter table moment alter column plain type timestamp(3);
-- expect: locks item=S; blocks item=w
create index if not exists item_qty on item (qty);
-- expect: nothing
create table if not exists item (id int references maker (id));
-- expect: nothing
alter table if exists nowhere add column extra int;
-- expect: nothing
drop table if exists nowhere;
-- expect: locks item=AE; scan item; blocks item=rw
alter table item alter column stock set not null, add column extra int;
-- expect: locks item=AE; scan item; blocks item=rw
alter table item add constraint extra check (qty > 0) not valid, validate constraint extra;
-- expect: locks item=AE; scan item; blocks item=rw
alter table item add constraint extra check (qty > 0) not valid; alter table item validate constraint extra;
-- expect: locks item=SRE; blocks item=w
create trigger noted before insert on item for each row execute function on_change(); alter table item enable trigger noted;
-- setup: create index item_sum on item ((qty + rank))
-- expect: locks item_sum=SUE
alter index item_sum alter column 1 set statistics 400;
-- expect: locks item_view=AE; blocks item_view=rw
alter view item_view rename to items;
-- expect: locks item_serial_no_seq=SRE; blocks item_serial_no_seq=w
alter sequence item_serial_no_seq restart;
-- expect: locks item=AE item_serial_no_seq=AE; blocks item=rw item_serial_no_seq=rw
alter table item alter column serial_no drop identity if exists;
-- expect: fails
drop type temper;
-- setup: create trigger noted before insert on item for each row execute function on_change()
-- expect: fails
drop function on_change();
-- expect: nothing
create extension if not exists pgcrypto;
-- expect 12-13: fails
-- expect 14-18: locks item=SUE item_qty=SUE; rebuild item_qty; scan item; waits
reindex (concurrently) index item_qty;
-- expect: locks item=AE; blocks item=rw
alter table item set tablespace pg_default;
-- expect: locks event=AE event_1=AE event_other=AE; blocks event=rw event_1=rw event_other=rw
alter table event add column extra int default 6;
-- expect: locks event=AE event_1=AE event_other=AE; rewrite event_1 event_other; scan event_1 event_other; blocks event=rw event_1=rw event_other=rw
alter table event add column dice double precision default random();
-- setup: create index event_kind on event (kind)
-- expect: locks event=AE event_1=AE event_1_kind_idx=AE event_kind=AE event_other=AE event_other_kind_idx=AE; blocks event=rw event_1=rw event_other=rw
drop index event_kind;
-- expect: locks event=AE event_1=AE event_other=AE; blocks event=rw event_1=rw event_other=rw
alter table event rename column kind to sort;
-- expect 12-17: locks event=AE event_1=S event_other=S; scan event_1 event_other; blocks event=rw event_1=w event_other=w
-- expect 18: locks event=AE event_1=AE event_other=AE; scan event_1 event_other; blocks event=rw event_1=rw event_other=rw
alter table event add primary key (id, day_no);
-- setup: alter table item add constraint extra foreign key (other_maker) references maker (id) not valid
-- expect: locks item=SUE maker=RS; scan item maker
alter table item validate constraint extra;
-- expect: locks item=AE; scan item; blocks item=rw
alter table item add column extra int; update item set extra = 2;
-- setup: alter table item add constraint extra foreign key (other_maker) references maker (id) deferrable initially deferred
-- expect: locks item=AE; scan item; blocks item=rw
update item set other_maker = other_maker; alter table item add column extra int;
-- expect: locks item=AE; scan item; blocks item=rw
alter table item alter column sku set not null;
-- expect: locks item=AE; blocks item=rw
alter table item alter column rank drop default, alter column rank set default 4;
-- expect: fails
create unique index item_active on item (active);
-- setup: update item set total = 888888 where id = 1
-- expect: fails
alter table item add constraint extra foreign key (total) references maker (id);
-- expect: fails
alter table item add constraint extra check (qty > 5);
-- expect: fails
alter table item alter column note type int using note::int;
-- expect: locks item=AE; blocks item=rw
alter table item rename column qty to amount;
-- expect: locks item=AE item_list=AE item_list_id=AE item_qty=AE item_view=AE; blocks item=rw item_list=r item_view=rw
alter table item drop column qty cascade;
