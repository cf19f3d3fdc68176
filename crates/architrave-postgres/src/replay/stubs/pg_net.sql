-- schema: net
-- Requests are queued and never sent.
create type net.http_method as enum ('GET', 'POST', 'DELETE');
create table net.http_request_queue (id bigserial, method text not null, url text not null, headers jsonb not null, body bytea, timeout_milliseconds integer not null);
create table net._http_response (id bigint, status_code integer, content_type text, headers jsonb, content text, timed_out boolean, error_msg text, created timestamptz not null default now());
create function net.http_get(url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000) returns bigint
    language sql as 'insert into net.http_request_queue (method, url, headers, timeout_milliseconds) values (''GET'', $1, coalesce($3, ''{}''), $4) returning id';
create function net.http_post(url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000)
    returns bigint language sql
    as 'insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds) values (''POST'', $1, coalesce($4, ''{}''), convert_to($2::text, ''UTF8''), $5) returning id';
create function net.http_delete(url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000, body jsonb default null) returns bigint
    language sql
    as 'insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds) values (''DELETE'', $1, coalesce($3, ''{}''), convert_to($5::text, ''UTF8''), $4) returning id';
grant usage on schema net to public;
grant select, insert, update, delete on net.http_request_queue, net._http_response to public;
grant usage, select on sequence net.http_request_queue_id_seq to public;
