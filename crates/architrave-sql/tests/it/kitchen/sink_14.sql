-- What PostgreSQL 14 added.
create function app.customer_names() returns setof text language sql stable begin atomic select name from app.customers order by name; end;
create procedure app.two_steps(a int) language sql begin atomic insert into app.scratch values (a, case when a > 0 then 'it''s; ok' else 'b' end); delete from app.scratch where a < 0; end;
create view app.names as select n from app.customer_names() as n;
create type app.temperature as range (subtype = float8, multirange_type_name = app.temperatures);
alter table app.customers alter preferences set compression pglz;
create statistics app.orders_expr on (lower(code)), status from app.orders;
create procedure app.out_args(in a int, out b int) language plpgsql as $$ begin b := a; end $$;
create function app.total_of(c app.customers) returns numeric language sql stable begin atomic select sum(amount) from app.orders where customer_id = c.id; end;
create function app.default_total() returns numeric language sql stable begin atomic select app.total_of(c) from app.customers c limit 1; end;
create table app.summary (id int, total numeric default app.default_total());
