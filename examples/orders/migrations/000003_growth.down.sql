alter table customers drop column referral_code;
alter table orders rename column remark to note;
alter table orders alter column total type integer;
alter table orders drop constraint orders_customer_id_fkey;
