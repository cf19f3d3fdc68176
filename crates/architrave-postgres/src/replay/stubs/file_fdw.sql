create foreign data wrapper file_fdw; grant usage on foreign data wrapper file_fdw to postgres;
