-- Keys of TPC-DS, and indexes as an application would have them. Foreign keys are not checked: that would only take time.
alter table call_center add primary key (cc_call_center_sk);
alter table catalog_page add primary key (cp_catalog_page_sk);
alter table catalog_returns add primary key (cr_item_sk, cr_order_number);
alter table catalog_sales add primary key (cs_item_sk, cs_order_number);
alter table customer add primary key (c_customer_sk);
alter table customer_address add primary key (ca_address_sk);
alter table customer_demographics add primary key (cd_demo_sk);
alter table date_dim add primary key (d_date_sk);
alter table household_demographics add primary key (hd_demo_sk);
alter table income_band add primary key (ib_income_band_sk);
alter table inventory add primary key (inv_date_sk, inv_item_sk, inv_warehouse_sk);
alter table item add primary key (i_item_sk);
alter table promotion add primary key (p_promo_sk);
alter table reason add primary key (r_reason_sk);
alter table ship_mode add primary key (sm_ship_mode_sk);
alter table store add primary key (s_store_sk);
alter table store_returns add primary key (sr_item_sk, sr_ticket_number);
alter table store_sales add primary key (ss_item_sk, ss_ticket_number);
alter table time_dim add primary key (t_time_sk);
alter table warehouse add primary key (w_warehouse_sk);
alter table web_page add primary key (wp_web_page_sk);
alter table web_returns add primary key (wr_item_sk, wr_order_number);
alter table web_sales add primary key (ws_item_sk, ws_order_number);
alter table web_site add primary key (web_site_sk);
create index on catalog_returns (cr_returned_date_sk);
create index on catalog_returns (cr_refunded_customer_sk);
create index on catalog_returns (cr_refunded_addr_sk);
create index on catalog_returns (cr_returning_customer_sk);
create index on catalog_returns (cr_returning_addr_sk);
create index on catalog_returns (cr_warehouse_sk);
create index on catalog_returns (cr_order_number);
create index on catalog_sales (cs_sold_date_sk);
create index on catalog_sales (cs_ship_date_sk);
create index on catalog_sales (cs_bill_customer_sk);
create index on catalog_sales (cs_bill_addr_sk);
create index on catalog_sales (cs_ship_customer_sk);
create index on catalog_sales (cs_ship_addr_sk);
create index on catalog_sales (cs_warehouse_sk);
create index on catalog_sales (cs_order_number);
create index on customer (c_current_addr_sk);
create index on customer (c_first_shipto_date_sk);
create index on customer (c_first_sales_date_sk);
create index on customer (c_last_review_date_sk);
create index on inventory (inv_item_sk);
create index on inventory (inv_warehouse_sk);
create index on store_returns (sr_returned_date_sk);
create index on store_returns (sr_customer_sk);
create index on store_returns (sr_addr_sk);
create index on store_returns (sr_store_sk);
create index on store_returns (sr_ticket_number);
create index on store_sales (ss_sold_date_sk);
create index on store_sales (ss_customer_sk);
create index on store_sales (ss_addr_sk);
create index on store_sales (ss_store_sk);
create index on store_sales (ss_ticket_number);
create index on web_returns (wr_returned_date_sk);
create index on web_returns (wr_refunded_customer_sk);
create index on web_returns (wr_refunded_addr_sk);
create index on web_returns (wr_returning_customer_sk);
create index on web_returns (wr_returning_addr_sk);
create index on web_returns (wr_order_number);
create index on web_sales (ws_sold_date_sk);
create index on web_sales (ws_ship_date_sk);
create index on web_sales (ws_bill_customer_sk);
create index on web_sales (ws_bill_addr_sk);
create index on web_sales (ws_ship_customer_sk);
create index on web_sales (ws_ship_addr_sk);
create index on web_sales (ws_warehouse_sk);
create index on web_sales (ws_order_number);
create index on customer (lower(c_last_name));
create index on item (i_category, i_class) include (i_brand);
create index on date_dim (d_year, d_moy);
create index on store_sales (ss_quantity) where ss_net_profit > 0;
create statistics item_category_class (dependencies, mcv) on i_category, i_class, i_brand from item;
alter table call_center
    add foreign key (cc_closed_date_sk) references date_dim not valid, add foreign key (cc_open_date_sk) references date_dim not valid;
alter table catalog_page
    add foreign key (cp_start_date_sk) references date_dim not valid, add foreign key (cp_end_date_sk) references date_dim not valid;
alter table catalog_returns
    add foreign key (cr_returned_date_sk) references date_dim not valid, add foreign key (cr_returned_time_sk) references time_dim not valid,
    add foreign key (cr_item_sk) references item not valid, add foreign key (cr_refunded_customer_sk) references customer not valid,
    add foreign key (cr_refunded_cdemo_sk) references customer_demographics not valid,
    add foreign key (cr_refunded_hdemo_sk) references household_demographics not valid,
    add foreign key (cr_refunded_addr_sk) references customer_address not valid,
    add foreign key (cr_returning_customer_sk) references customer not valid,
    add foreign key (cr_returning_cdemo_sk) references customer_demographics not valid,
    add foreign key (cr_returning_hdemo_sk) references household_demographics not valid,
    add foreign key (cr_returning_addr_sk) references customer_address not valid,
    add foreign key (cr_call_center_sk) references call_center not valid, add foreign key (cr_catalog_page_sk) references catalog_page not valid,
    add foreign key (cr_ship_mode_sk) references ship_mode not valid, add foreign key (cr_warehouse_sk) references warehouse not valid,
    add foreign key (cr_reason_sk) references reason not valid;
alter table catalog_sales
    add foreign key (cs_sold_date_sk) references date_dim not valid, add foreign key (cs_sold_time_sk) references time_dim not valid,
    add foreign key (cs_ship_date_sk) references date_dim not valid, add foreign key (cs_bill_customer_sk) references customer not valid,
    add foreign key (cs_bill_cdemo_sk) references customer_demographics not valid,
    add foreign key (cs_bill_hdemo_sk) references household_demographics not valid,
    add foreign key (cs_bill_addr_sk) references customer_address not valid, add foreign key (cs_ship_customer_sk) references customer not valid,
    add foreign key (cs_ship_cdemo_sk) references customer_demographics not valid,
    add foreign key (cs_ship_hdemo_sk) references household_demographics not valid,
    add foreign key (cs_ship_addr_sk) references customer_address not valid, add foreign key (cs_call_center_sk) references call_center not valid,
    add foreign key (cs_catalog_page_sk) references catalog_page not valid, add foreign key (cs_ship_mode_sk) references ship_mode not valid,
    add foreign key (cs_warehouse_sk) references warehouse not valid, add foreign key (cs_item_sk) references item not valid,
    add foreign key (cs_promo_sk) references promotion not valid;
alter table customer
    add foreign key (c_current_cdemo_sk) references customer_demographics not valid,
    add foreign key (c_current_hdemo_sk) references household_demographics not valid,
    add foreign key (c_current_addr_sk) references customer_address not valid,
    add foreign key (c_first_shipto_date_sk) references date_dim not valid, add foreign key (c_first_sales_date_sk) references date_dim not valid,
    add foreign key (c_last_review_date_sk) references date_dim not valid;
alter table household_demographics
    add foreign key (hd_income_band_sk) references income_band not valid;
alter table inventory
    add foreign key (inv_date_sk) references date_dim not valid, add foreign key (inv_item_sk) references item not valid,
    add foreign key (inv_warehouse_sk) references warehouse not valid;
alter table promotion
    add foreign key (p_start_date_sk) references date_dim not valid, add foreign key (p_end_date_sk) references date_dim not valid,
    add foreign key (p_item_sk) references item not valid;
alter table store
    add foreign key (s_closed_date_sk) references date_dim not valid;
alter table store_returns
    add foreign key (sr_returned_date_sk) references date_dim not valid, add foreign key (sr_return_time_sk) references time_dim not valid,
    add foreign key (sr_item_sk) references item not valid, add foreign key (sr_customer_sk) references customer not valid,
    add foreign key (sr_cdemo_sk) references customer_demographics not valid,
    add foreign key (sr_hdemo_sk) references household_demographics not valid, add foreign key (sr_addr_sk) references customer_address not valid,
    add foreign key (sr_store_sk) references store not valid, add foreign key (sr_reason_sk) references reason not valid;
alter table store_sales
    add foreign key (ss_sold_date_sk) references date_dim not valid, add foreign key (ss_sold_time_sk) references time_dim not valid,
    add foreign key (ss_item_sk) references item not valid, add foreign key (ss_customer_sk) references customer not valid,
    add foreign key (ss_cdemo_sk) references customer_demographics not valid,
    add foreign key (ss_hdemo_sk) references household_demographics not valid, add foreign key (ss_addr_sk) references customer_address not valid,
    add foreign key (ss_store_sk) references store not valid, add foreign key (ss_promo_sk) references promotion not valid;
alter table web_page
    add foreign key (wp_creation_date_sk) references date_dim not valid, add foreign key (wp_access_date_sk) references date_dim not valid,
    add foreign key (wp_customer_sk) references customer not valid;
alter table web_returns
    add foreign key (wr_returned_date_sk) references date_dim not valid, add foreign key (wr_returned_time_sk) references time_dim not valid,
    add foreign key (wr_item_sk) references item not valid, add foreign key (wr_refunded_customer_sk) references customer not valid,
    add foreign key (wr_refunded_cdemo_sk) references customer_demographics not valid,
    add foreign key (wr_refunded_hdemo_sk) references household_demographics not valid,
    add foreign key (wr_refunded_addr_sk) references customer_address not valid,
    add foreign key (wr_returning_customer_sk) references customer not valid,
    add foreign key (wr_returning_cdemo_sk) references customer_demographics not valid,
    add foreign key (wr_returning_hdemo_sk) references household_demographics not valid,
    add foreign key (wr_returning_addr_sk) references customer_address not valid, add foreign key (wr_web_page_sk) references web_page not valid,
    add foreign key (wr_reason_sk) references reason not valid;
alter table web_sales
    add foreign key (ws_sold_date_sk) references date_dim not valid, add foreign key (ws_sold_time_sk) references time_dim not valid,
    add foreign key (ws_ship_date_sk) references date_dim not valid, add foreign key (ws_item_sk) references item not valid,
    add foreign key (ws_bill_customer_sk) references customer not valid,
    add foreign key (ws_bill_cdemo_sk) references customer_demographics not valid,
    add foreign key (ws_bill_hdemo_sk) references household_demographics not valid,
    add foreign key (ws_bill_addr_sk) references customer_address not valid, add foreign key (ws_ship_customer_sk) references customer not valid,
    add foreign key (ws_ship_cdemo_sk) references customer_demographics not valid,
    add foreign key (ws_ship_hdemo_sk) references household_demographics not valid,
    add foreign key (ws_ship_addr_sk) references customer_address not valid, add foreign key (ws_web_page_sk) references web_page not valid,
    add foreign key (ws_web_site_sk) references web_site not valid, add foreign key (ws_ship_mode_sk) references ship_mode not valid,
    add foreign key (ws_warehouse_sk) references warehouse not valid, add foreign key (ws_promo_sk) references promotion not valid;
alter table web_site
    add foreign key (web_open_date_sk) references date_dim not valid, add foreign key (web_close_date_sk) references date_dim not valid;
