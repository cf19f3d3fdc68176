create foreign data wrapper postgres_fdw; grant usage on foreign data wrapper postgres_fdw to postgres;
