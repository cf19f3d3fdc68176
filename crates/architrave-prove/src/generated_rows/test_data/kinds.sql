create extension if not exists citext;
create type mood as enum ('sad', 'ok');
create type pair as (a int, b text);
create domain grade as char(1) check (value in ('a', 'b'));
create table kinds (
    id int generated always as identity primary key,
    small smallint, big bigint not null, exact numeric not null, money numeric(6,2) not null, single real, double double precision,
    yes boolean not null, code varchar(6) unique not null, label citext not null, fixed char(3) not null, bytes bytea not null,
    day date not null, at timestamptz not null, clock time not null, zoned timetz not null, span interval not null,
    key uuid unique not null, host inet not null, net cidr, mac macaddr not null, mood mood not null, grade grade not null,
    tags text[] not null, numbers int[], doc jsonb not null, raw json, words tsvector not null, place point not null, comp pair not null, bits bit(4) not null,
    days daterange not null, ints int4range, price money not null, page xml,
    level int not null check (level >= 3 and level < 10),
    starts date not null, ends date not null, check (ends >= starts),
    doubled int generated always as (level * 2) stored,
    "Parent Id" int references kinds
);
create index on kinds ((doc->>'customer'));
create index on kinds using gin (words);
create index on kinds (lower(code));
create table listed (id int, region text not null, primary key (id, region)) partition by list (region);
create table listed_eu partition of listed for values in ('eu');
create table listed_us partition of listed for values in ('us');
create table hashed (id int primary key) partition by hash (id);
create table hashed_0 partition of hashed for values with (modulus 2, remainder 0);
create table hashed_1 partition of hashed for values with (modulus 2, remainder 1);
create table pairs (a int references kinds, b int references hashed, primary key (a, b));
create table base (id int primary key, note text);
create table derived (extra int) inherits (base);
create table only_generated (id int generated always as identity, twice int generated always as (2) stored);
create table nothing ();
create table tenants (id int primary key);
create table projects (tenant_id int references tenants, id int, primary key (tenant_id, id));
create table members (tenant_id int references tenants, id int, name text, primary key (tenant_id, id));
create table tasks (
    tenant_id int not null references tenants, id int, project_id int not null, member_id int, parent_id int,
    primary key (tenant_id, id),
    foreign key (tenant_id, project_id) references projects,
    foreign key (tenant_id, member_id) references members,
    foreign key (tenant_id, parent_id) references tasks
);
create table left_side (tenant_id int, id int, right_id int, primary key (tenant_id, id));
create table right_side (tenant_id int, id int, left_id int not null, primary key (tenant_id, id),
    foreign key (tenant_id, left_id) references left_side);
alter table left_side add foreign key (tenant_id, right_id) references right_side;
