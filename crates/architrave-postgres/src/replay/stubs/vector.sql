create type {schema}.vector;
create function {schema}.vector_in(cstring, oid, integer) returns {schema}.vector language internal immutable strict parallel safe as 'varcharin';
create function {schema}.vector_out({schema}.vector) returns cstring language internal immutable strict parallel safe as 'varcharout';
create function {schema}.vector_typmod_in(cstring[]) returns integer language internal immutable strict parallel safe as 'varchartypmodin';
create function {schema}.vector_typmod_out(integer) returns cstring language internal immutable strict parallel safe as 'varchartypmodout';
create type {schema}.vector (input = {schema}.vector_in, output = {schema}.vector_out, typmod_in = {schema}.vector_typmod_in,
                             typmod_out = {schema}.vector_typmod_out, internallength = variable, storage = external);
create type {schema}.halfvec;
create function {schema}.halfvec_in(cstring, oid, integer) returns {schema}.halfvec language internal immutable strict parallel safe as 'varcharin';
create function {schema}.halfvec_out({schema}.halfvec) returns cstring language internal immutable strict parallel safe as 'varcharout';
create type {schema}.halfvec (input = {schema}.halfvec_in, output = {schema}.halfvec_out, typmod_in = {schema}.vector_typmod_in,
                              typmod_out = {schema}.vector_typmod_out, internallength = variable, storage = external);
create function {schema}.vector_hash({schema}.vector) returns integer language internal immutable strict parallel safe as 'hashvarlena';
create function {schema}.halfvec_hash({schema}.halfvec) returns integer language internal immutable strict parallel safe as 'hashvarlena';
create function {schema}.l2_distance({schema}.vector, {schema}.vector) returns double precision language sql immutable strict parallel safe as
    $$ select sqrt(sum((a - b) ^ 2)) from unnest(string_to_array(btrim($1::text, '[] '), ',')::double precision[], string_to_array(btrim($2::text, '[] '), ',')::double precision[]) as e (a, b) $$;
create function {schema}.inner_product({schema}.vector, {schema}.vector) returns double precision language sql immutable strict parallel safe as
    $$ select sum(a * b) from unnest(string_to_array(btrim($1::text, '[] '), ',')::double precision[], string_to_array(btrim($2::text, '[] '), ',')::double precision[]) as e (a, b) $$;
create function {schema}.negative_inner_product({schema}.vector, {schema}.vector) returns double precision language sql immutable strict parallel safe as
    $$ select -sum(a * b) from unnest(string_to_array(btrim($1::text, '[] '), ',')::double precision[], string_to_array(btrim($2::text, '[] '), ',')::double precision[]) as e (a, b) $$;
create function {schema}.cosine_distance({schema}.vector, {schema}.vector) returns double precision language sql immutable strict parallel safe as
    $$ select 1 - sum(a * b) / nullif(sqrt(sum(a * a) * sum(b * b)), 0) from unnest(string_to_array(btrim($1::text, '[] '), ',')::double precision[], string_to_array(btrim($2::text, '[] '), ',')::double precision[]) as e (a, b) $$;
create function {schema}.l1_distance({schema}.vector, {schema}.vector) returns double precision language sql immutable strict parallel safe as
    $$ select sum(abs(a - b)) from unnest(string_to_array(btrim($1::text, '[] '), ',')::double precision[], string_to_array(btrim($2::text, '[] '), ',')::double precision[]) as e (a, b) $$;
create function {schema}.vector_dims({schema}.vector) returns integer language sql immutable strict parallel safe as $$ select cardinality(string_to_array($1::text, ',')) $$;
create function {schema}.halfvec_cosine_distance({schema}.halfvec, {schema}.halfvec) returns double precision language sql immutable strict parallel safe as
    $$ select 1 - sum(a * b) / nullif(sqrt(sum(a * a) * sum(b * b)), 0) from unnest(string_to_array(btrim($1::text, '[] '), ',')::double precision[], string_to_array(btrim($2::text, '[] '), ',')::double precision[]) as e (a, b) $$;
create operator {schema}.<-> (leftarg = {schema}.vector, rightarg = {schema}.vector, function = {schema}.l2_distance);
create operator {schema}.<#> (leftarg = {schema}.vector, rightarg = {schema}.vector, function = {schema}.negative_inner_product);
create operator {schema}.<=> (leftarg = {schema}.vector, rightarg = {schema}.vector, function = {schema}.cosine_distance);
create operator {schema}.<+> (leftarg = {schema}.vector, rightarg = {schema}.vector, function = {schema}.l1_distance);
create operator {schema}.<=> (leftarg = {schema}.halfvec, rightarg = {schema}.halfvec, function = {schema}.halfvec_cosine_distance);
create access method hnsw type index handler hashhandler;
create access method ivfflat type index handler hashhandler;
create operator class {schema}.vector_l2_ops default for type {schema}.vector using ivfflat as function 1 {schema}.vector_hash({schema}.vector);
create operator class {schema}.vector_ip_ops for type {schema}.vector using ivfflat as function 1 {schema}.vector_hash({schema}.vector);
create operator class {schema}.vector_cosine_ops for type {schema}.vector using ivfflat as function 1 {schema}.vector_hash({schema}.vector);
create operator class {schema}.vector_l2_ops for type {schema}.vector using hnsw as function 1 {schema}.vector_hash({schema}.vector);
create operator class {schema}.vector_ip_ops for type {schema}.vector using hnsw as function 1 {schema}.vector_hash({schema}.vector);
create operator class {schema}.vector_cosine_ops for type {schema}.vector using hnsw as function 1 {schema}.vector_hash({schema}.vector);
create operator class {schema}.vector_l1_ops for type {schema}.vector using hnsw as function 1 {schema}.vector_hash({schema}.vector);
create operator class {schema}.halfvec_l2_ops for type {schema}.halfvec using hnsw as function 1 {schema}.halfvec_hash({schema}.halfvec);
create operator class {schema}.halfvec_ip_ops for type {schema}.halfvec using hnsw as function 1 {schema}.halfvec_hash({schema}.halfvec);
create operator class {schema}.halfvec_cosine_ops for type {schema}.halfvec using hnsw as function 1 {schema}.halfvec_hash({schema}.halfvec);
