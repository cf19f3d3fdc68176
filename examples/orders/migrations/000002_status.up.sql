alter table orders add constraint orders_status_known check (status in ('open', 'paid', 'sent', 'returned')) not valid;
