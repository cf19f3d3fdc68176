-- Traps for rules on keys, foreign keys, constraints and indexes. Published linters find one to four of the six foreign keys without an index
-- in a schema like this one, and take up to nine good indexes for redundant.
--
-- The known answer stands beside each fault: `--! rule: message`. What has no such line looks like a fault and is none. Runs on every major from 12 on.

-- Foreign keys without an index, and with one that does not look like it -------------------------------------------------------------

create table tenants (id bigint generated always as identity primary key, name text not null);
create table people (id bigint generated always as identity primary key, tenant_id bigint not null references tenants, unique (tenant_id, id));
create table regions (country text not null, code text not null, primary key (country, code));
create table labels (code text primary key);

-- No index at all.
create table fk_bare (id bigint generated always as identity primary key, person_id bigint not null references people (id));
--! index/foreign-key-unindexed: no index of public.fk_bare starts with (person_id)

-- An index that only ends with the column.
create table fk_behind (id bigint generated always as identity primary key, person_id bigint not null references people (id), at timestamptz not null);
create index fk_behind_at_person_idx on fk_behind (at, person_id);
--! index/foreign-key-unindexed: no index of public.fk_behind starts with (person_id)

-- INCLUDE is no key.
create table fk_included (id bigint generated always as identity primary key, person_id bigint not null references people (id), at timestamptz not null);
create index fk_included_at_idx on fk_included (at) include (person_id);
--! index/foreign-key-unindexed: no index of public.fk_included starts with (person_id)

-- A predicate over another column leaves rows out.
create table fk_partial (id bigint generated always as identity primary key, person_id bigint not null references people (id), done boolean not null);
create index fk_partial_open_idx on fk_partial (person_id) where not done;
--! index/foreign-key-unindexed: no index of public.fk_partial starts with (person_id)

-- BRIN finds ranges of pages, not rows.
create table fk_brin (id bigint generated always as identity primary key, person_id bigint not null references people (id));
create index fk_brin_person_idx on fk_brin using brin (person_id);
--! index/foreign-key-unindexed: no index of public.fk_brin starts with (person_id)

-- Another collation than the column's is another order.
create table fk_collated (id bigint generated always as identity primary key, label text not null references labels);
create index fk_collated_label_idx on fk_collated (label collate "C");
--! index/foreign-key-unindexed: no index of public.fk_collated starts with (label)

-- An expression is not the column.
create table fk_expression (id bigint generated always as identity primary key, label text not null references labels);
create index fk_expression_label_idx on fk_expression (lower(label));
--! index/foreign-key-unindexed: no index of public.fk_expression starts with (label)

-- The index was made on the parent only; no partition has its part.
create table fk_only_parent (id bigint not null, person_id bigint not null references people (id), at date not null) partition by range (at);
create table fk_only_parent_2025 partition of fk_only_parent for values from ('2025-01-01') to ('2026-01-01');
create index fk_only_parent_person_idx on only fk_only_parent (person_id);
alter table fk_only_parent add primary key (id, at);
--! index/invalid: fk_only_parent_person_idx on public.fk_only_parent is invalid: 1 partition has no index attached to it
--! index/foreign-key-unindexed: no index of public.fk_only_parent starts with (person_id) but fk_only_parent_person_idx, which is invalid

-- A foreign key that a partition has of its own.
create table fk_of_part (id bigint not null, person_id bigint, at date not null, primary key (id, at)) partition by range (at);
create table fk_of_part_2025 partition of fk_of_part for values from ('2025-01-01') to ('2026-01-01');
alter table fk_of_part_2025 add constraint fk_of_part_own foreign key (person_id) references people (id);
--! index/foreign-key-unindexed: no index of public.fk_of_part_2025 starts with (person_id)

-- Good: two columns in the other order, with a third behind them.
create table fk_turned (id bigint generated always as identity primary key, country text not null, code text not null, at date, foreign key (country, code) references regions);
create index fk_turned_idx on fk_turned (code, country, at);

-- Good: the predicate leaves out only rows that refer to nothing.
create table fk_optional (id bigint generated always as identity primary key, person_id bigint references people (id));
create index fk_optional_person_idx on fk_optional (person_id desc nulls first) where person_id is not null;

-- Good: hash knows equality, pattern operators share it.
create table fk_hash (id bigint generated always as identity primary key, person_id bigint not null references people (id), label text not null references labels);
create index fk_hash_person_idx on fk_hash using hash (person_id);
create index fk_hash_label_idx on fk_hash (label text_pattern_ops);

-- Good: the primary key begins with one, a unique half finds one row at most for the other.
create table fk_keyed (person_id bigint not null references people (id), country text not null, code text not null unique, primary key (person_id, country), foreign key (country, code) references regions);

-- Good: every partition has its part.
create table fk_parts (id bigint not null, person_id bigint not null references people (id), at date not null, primary key (id, at)) partition by range (at);
create table fk_parts_2025 partition of fk_parts for values from ('2025-01-01') to ('2026-01-01');
create index fk_parts_person_idx on fk_parts (person_id);

-- Duplicate and redundant indexes, and such as only look like it -----------------------------------------------------------------------

create table ix_twice (id bigint generated always as identity primary key, a int not null, b int not null);
create index ix_twice_a_idx on ix_twice (a);
create index ix_twice_by_a on ix_twice (a);
create unique index ix_twice_id_key on ix_twice (id);
--! index/duplicate: ix_twice_by_a on public.ix_twice repeats ix_twice_a_idx, btree (a)
--! index/duplicate: ix_twice_id_key on public.ix_twice repeats ix_twice_pkey, btree (id)

create table ix_prefix (id bigint generated always as identity primary key, tenant_id bigint not null references tenants, slug text not null, unique (tenant_id, slug));
create index ix_prefix_tenant_idx on ix_prefix (tenant_id);
--! index/redundant: ix_prefix_tenant_idx on public.ix_prefix is contained in ix_prefix_tenant_id_slug_key, btree (tenant_id)

-- Read backwards, the wide one has the order of the narrow one.
create table ix_backwards (id bigint generated always as identity primary key, at timestamptz not null, kind text not null);
create index ix_backwards_at_idx on ix_backwards (at);
create index ix_backwards_newest_idx on ix_backwards (at desc, kind desc);
--! index/redundant: ix_backwards_at_idx on public.ix_backwards is contained in ix_backwards_newest_idx, btree (at)

-- The same expression, the same predicate.
create table ix_expression (id bigint generated always as identity primary key, email text not null, name text not null, active boolean not null);
create index ix_expression_email_idx on ix_expression (lower(email)) where active;
create index ix_expression_email_name_idx on ix_expression (lower(email), name) where active;
--! index/redundant: ix_expression_email_idx on public.ix_expression is contained in ix_expression_email_name_idx, btree (lower(email)) where active

-- Good: `name` is no prefix of `name_normalized`.
create table ix_names (id bigint generated always as identity primary key, name text not null, name_normalized text not null);
create index ix_names_name_idx on ix_names (name);
create index ix_names_normalized_idx on ix_names (name_normalized);

-- Good: uniqueness, deferral, a constraint, the replica identity, the order of CLUSTER.
create table ix_unique (id bigint generated always as identity primary key, code text not null unique, kind text not null, n int not null);
create index ix_unique_code_kind_idx on ix_unique (code, kind);
create index ix_unique_n_idx on ix_unique (n);
create index ix_unique_n_kind_idx on ix_unique (n, kind);
alter table ix_unique cluster on ix_unique_n_idx;
create table ix_deferred (id bigint generated always as identity primary key, position int not null, constraint ix_deferred_position unique (position) deferrable);
create unique index ix_deferred_position_key on ix_deferred (position);
create table ix_identity (id bigint generated always as identity primary key, code text not null, kind text not null);
create unique index ix_identity_code_key on ix_identity (code);
create index ix_identity_code_kind_idx on ix_identity (code, kind);
alter table ix_identity replica identity using index ix_identity_code_key;

-- Good: another operator class, collation, direction, place of nulls, predicate, method, INCLUDE.
create table ix_classes (id bigint generated always as identity primary key, a text, b int, c int, d int);
create index ix_classes_a_idx on ix_classes (a);
create index ix_classes_a_pattern_idx on ix_classes (a text_pattern_ops, b);
create index ix_classes_a_c_idx on ix_classes (a collate "C", b);
create index ix_classes_b_idx on ix_classes (b, c);
create index ix_classes_b_mixed_idx on ix_classes (b, c desc, d);
create index ix_classes_c_idx on ix_classes (c nulls first);
create index ix_classes_c_last_idx on ix_classes (c, d);
create index ix_classes_d_idx on ix_classes (d);
create index ix_classes_d_some_idx on ix_classes (d, b) where b > 0;
create index ix_classes_d_hash_idx on ix_classes using hash (d);
create index ix_classes_include_idx on ix_classes (id, b) include (a);
create index ix_classes_include_wide_idx on ix_classes (id, b, c);

-- What indexes hold ---------------------------------------------------------------------------------------------------------------------

create table ix_needless (id bigint generated always as identity primary key, a int not null, b int);
create index ix_needless_a_idx on ix_needless (a) where a is not null;
create index ix_needless_b_idx on ix_needless (b) where b is not null;
--! index/predicate-always-true: ix_needless_a_idx on public.ix_needless is partial without need: (a IS NOT NULL) holds for every row

create table ix_documents (id bigint generated always as identity primary key, tags text[] not null, data jsonb not null, path int[] not null unique);
create index ix_documents_tags_idx on ix_documents (tags);
create index ix_documents_data_idx on ix_documents using gin (data);
create index ix_documents_author_idx on ix_documents ((data ->> 'author'));
--! index/btree-on-container: ix_documents_tags_idx on public.ix_documents is a b-tree over text[] tags: it finds whole values only

-- Keys and sequences --------------------------------------------------------------------------------------------------------------------

create table key_none (at timestamptz not null, what text not null);
--! key/primary-key-missing: public.key_none has no primary key

create table key_small (id integer generated always as identity primary key);
--! key/integer-primary-key: public.key_small.id is a generated integer key and ends at 2,147,483,647

create table key_serial (id bigserial primary key);
--! key/serial-over-identity: 2 columns of schema public are serial: key_serial.id and key_widened.number

create table key_wide (a int, b int, c int, d int, e int, primary key (a, b, c, d, e));
--! key/primary-key-wide: the primary key of public.key_wide has 5 columns

create table key_email (email text primary key);
--! key/primary-key-mutable: the primary key of public.key_email is email

create table key_code (code text primary key, currency char(3));

-- Widened, but not its sequence.
create table key_widened (id bigint generated always as identity primary key, number bigint not null);
create sequence key_widened_number_seq as integer owned by key_widened.number;
alter table key_widened alter column number set default nextval('key_widened_number_seq');
--! key/sequence-ends-before-column: public.key_widened.number is bigint, and its sequence public.key_widened_number_seq is integer and ends at 2,147,483,647

-- The chosen replica identity is gone; the other table has one.
create table key_published (id bigint generated always as identity primary key, code text not null);
create unique index key_published_code_key on key_published (code);
alter table key_published replica identity using index key_published_code_key;
drop index key_published_code_key;
create publication traps for table key_published, ix_identity;
--! key/replica-identity-absent: public.key_published is published by traps, and the index that was its replica identity is gone

-- Constraints ---------------------------------------------------------------------------------------------------------------------------

create table co_half_done (id bigint generated always as identity primary key, quantity int not null);
alter table co_half_done add constraint co_half_done_positive check (quantity > 0) not valid;
--! constraint/not-validated: co_half_done_positive on public.co_half_done is not validated: it holds for rows written since it was added only

create table co_deleted (id bigint generated always as identity primary key, email text not null, deleted_at timestamptz, constraint co_deleted_email unique (email, deleted_at));
--! constraint/unique-with-soft-delete: co_deleted_email on public.co_deleted: rows with deleted_at null may repeat (email)

-- Good: the live are kept apart.
create table co_live (id bigint generated always as identity primary key, email text not null, deleted_at timestamptz);
create unique index co_live_email_key on co_live (email) where deleted_at is null;

create table co_void (id bigint generated always as identity primary key, a int not null, constraint co_void_one unique (id, a));
--! constraint/unique-without-effect: co_void_one on public.co_void: unique (id, a) forbids nothing that co_void_pkey (id) allows

create table co_folder (id bigint generated always as identity primary key, up_id bigint references co_folder, name text not null, constraint co_folder_name unique (up_id, name));
--! constraint/unique-over-nullable: 1 unique constraint of schema public lets rows with a null repeat: co_folder_name on co_folder (up_id)

-- Relations -----------------------------------------------------------------------------------------------------------------------------

create table re_narrow (id bigint generated always as identity primary key, tenant_id integer not null references tenants);
create index re_narrow_tenant_idx on re_narrow (tenant_id);
--! relation/type-mismatch: 1 column that refers to public.tenants.id (bigint) is of another type: public.re_narrow.tenant_id (integer)

create table re_twice (id bigint generated always as identity primary key, tenant_id bigint not null references tenants);
alter table re_twice add constraint re_twice_tenant foreign key (tenant_id) references tenants (id);
create index re_twice_tenant_idx on re_twice (tenant_id);
--! relation/duplicate: re_twice_tenant_id_fkey on public.re_twice repeats re_twice_tenant: (tenant_id) refers to public.tenants twice

create table re_half (id bigint generated always as identity primary key, country text, code text, constraint re_half_region foreign key (country, code) references regions);
create index re_half_region_idx on re_half (country, code);
--! relation/half-null-unchecked: re_half_region on public.re_half is not checked where one of country and code is null and the other is not

-- Good: an optional person within a tenant that is always there.
create table re_within (id bigint generated always as identity primary key, tenant_id bigint not null references tenants, person_id bigint, foreign key (tenant_id, person_id) references people (tenant_id, id));
create index re_within_idx on re_within (tenant_id, person_id);

create table re_itself (id bigint primary key, up bigint, constraint re_itself_up foreign key (id) references re_itself (id));
--! relation/references-itself: re_itself_up on public.re_itself refers from (id) to (id) of the same row

create table re_hen (id bigint generated always as identity primary key, egg bigint not null unique);
create table re_egg (id bigint generated always as identity primary key, hen bigint not null unique references re_hen);
alter table re_hen add constraint re_hen_egg foreign key (egg) references re_egg;
--! relation/cycle-not-null: public.re_egg and public.re_hen need each other's rows first: no key of the circle may be null or wait

create table re_coded (id bigint generated always as identity primary key, unit text not null unique);
create table re_by_code (id bigint generated always as identity primary key, unit text not null unique references re_coded (unit));
--! relation/references-unique-key: 1 foreign key refers to public.re_coded.unit, which is unique but not the primary key: from public.re_by_code

create table re_believed (id bigint generated always as identity primary key, tenant_id bigint not null, stripe_tenant_id bigint, note text);
--! relation/foreign-key-absent: 1 column of schema public names another table's key and has no foreign key: re_believed.tenant_id (tenants)

create table re_any (id bigint generated always as identity primary key, commentable_type text not null, commentable_id bigint not null);
--! relation/polymorphic: 1 column of schema public refers to whichever table another column names: re_any (commentable_type, commentable_id)
