-- What PostgreSQL 15 added.
create view app.invoking with (security_invoker = true) as select id from app.orders;
alter table app.scratch add constraint scratch_key unique nulls not distinct (a, b);
create publication kitchen_part for table app.customers (id, name) where (id > 5), app.base with (publish_via_partition_root = true);
create publication kitchen_schemas for tables in schema "Weird ""Schema""", app;
create table public.set_some (a int, b int references public.cycle_a (id) on delete set null (b));
