create table sized (id bigint, shuffled int, ten int, thousand int, by_four bigint, hash text, email text, sparse int, amount numeric(10,2),
  created_at timestamptz, status text, token uuid, doc jsonb, tags text[], words text, span int4range, real_one double precision, code char(3));
insert into sized select i, (i::bigint * 7919) % 100003, i % 10, (i * 31) % 1000, i / 4, md5(i::text), 'user' || i % 5000 || '@example.com',
  case when i % 10 < 3 then i end, (i % 9999) / 100.0, '2024-01-01'::timestamptz + i * interval '1 minute',
  case when i % 50 = 0 then 'open' when i % 7 = 0 then 'held' else 'done' end, md5((i % 60000)::text)::uuid,
  jsonb_build_object('kind', 'k' || i % 300, 'n', i % 1000, 'deep', jsonb_build_object('a', i % 17, 'b', 'x' || i % 50)),
  array['t' || i % 500, 'u' || i % 37, 'v' || i % 5], 'the quick brown fox number ' || i % 2000 || ' jumps over lazy dog ' || i % 77,
  int4range(i % 9000, i % 9000 + 20), i % 777, chr(65 + i % 26) || chr(65 + i % 7) || 'X'
  from generate_series(1, 100000) i;
create index unique_bigint on sized (id);
create unique index really_unique on sized (id);
create index shuffled_int on sized (shuffled);
create index ten_values on sized (ten);
create index thousand_values on sized (thousand);
create index by_fours on sized (by_four);
create index hash_text on sized (hash);
create index email_text on sized (email);
create index sparse_int on sized (sparse);
create index numeric_no_merge on sized (amount);
create index float_no_merge on sized (real_one);
create index timestamps on sized (created_at);
create index status_text on sized (status);
create index tokens on sized (token);
create index codes on sized (code);
create index two_columns on sized (ten, thousand);
create index two_wide on sized (status, created_at);
create index three_columns on sized (ten, status, id);
create index text_then_int on sized (email, shuffled);
create index covering on sized (thousand) include (amount, status);
create index covering_wide on sized (id) include (hash, email);
create index loose on sized (thousand) with (fillfactor = 70);
create index lowered on sized (lower(email));
create index partial_rare on sized (created_at) where status = 'open';
create index partial_not_null on sized (sparse) where sparse is not null;
create index brin_time on sized using brin (created_at);
create index hash_method on sized using hash (hash);
create index hash_email on sized using hash (email);
create index gin_tags on sized using gin (tags);
create index gin_doc on sized using gin (doc);
create index gin_doc_path on sized using gin (doc jsonb_path_ops);
create index gin_words on sized using gin (to_tsvector('simple'::regconfig, words));
create index gist_span on sized using gist (span);
vacuum analyze sized;
