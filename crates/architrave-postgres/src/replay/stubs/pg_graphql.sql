-- schema: graphql
grant usage on schema graphql to public;
create function graphql.resolve(query text, variables jsonb default '{}', "operationName" text default null, extensions jsonb default null) returns jsonb language sql as 'select ''{}''::jsonb';
