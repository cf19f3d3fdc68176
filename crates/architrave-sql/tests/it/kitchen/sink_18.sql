-- What PostgreSQL 17 and 18 added.
create table app.modern (
  id bigint generated always as identity,
  a int,
  doubled int generated always as (a * 2) virtual,
  region text not null,
  constraint modern_pk primary key (id, region)
) partition by list (region);
create table app.modern_eu partition of app.modern for values in ('eu');
create table app.loose (a int, b int, constraint b_there not null b no inherit);
alter table app.loose add constraint a_there not null a not valid;
alter table app.loose add constraint unenforced check (a > 0) not enforced;
grant maintain on app.loose to kitchen_reader;
