-- name: OpenOrders
select id, customer_id, total, note from orders where status = 'open' order by created_at limit 50;

-- name: NewCustomer
insert into customers (email) values ($1) returning id;
