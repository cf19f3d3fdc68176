create function {schema}.dblink_connect(text) returns text language plpgsql as 'begin raise ''no connection leaves the private server''; end';
create function {schema}.dblink_connect(text, text) returns text language plpgsql as 'begin raise ''no connection leaves the private server''; end';
create function {schema}.dblink_exec(text, text) returns text language plpgsql as 'begin raise ''no connection leaves the private server''; end';
create function {schema}.dblink(text, text) returns setof record language plpgsql as 'begin raise ''no connection leaves the private server''; end';
create function {schema}.dblink(text) returns setof record language plpgsql as 'begin raise ''no connection leaves the private server''; end';
create function {schema}.dblink_disconnect(text) returns text language plpgsql as 'begin raise ''no connection leaves the private server''; end';
