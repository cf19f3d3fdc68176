//! Each inference with its opposite, on small schemas of our own.

use super::infer;
use architrave_model::QualifiedName;
use architrave_model::access::{Intent, Scope, Source, Stated, StatedScope, StatedTable};
use architrave_model::catalog::Catalog;
use architrave_model::context::Exposure;
use architrave_model::script::Location;
use architrave_sql::ddl::{DdlOptions, DdlReader};

/// What Supabase brings along, as far as it matters here.
const SUPABASE: &str = "create role anon; create role authenticated; create schema auth; create schema storage;
    create table auth.users (id uuid primary key, email text);
    create function auth.uid() returns uuid language sql stable as $$ select null::uuid $$;
    create function auth.jwt() returns jsonb language sql stable as $$ select null::jsonb $$;
    create function auth.role() returns text language sql stable as $$ select null::text $$;
    create table storage.objects (id uuid primary key, bucket_id text, name text, owner uuid, owner_id text);
    create function storage.foldername(name text) returns text[] language sql as $$ select string_to_array(name, '/') $$;";

fn catalog(sql: &str) -> Catalog {
    let mut reader = DdlReader::new(DdlOptions::default());
    for statement in architrave_sql::split(sql) {
        let applied = reader.apply(&statement);
        assert!(!format!("{applied:?}").starts_with("Refused"), "{}: {applied:?}", statement.text);
    }
    reader.catalog()
}

fn exposure() -> Exposure {
    Exposure { schemas: vec!["public".into()], roles: vec!["anon".into(), "authenticated".into()] }
}

fn intent_of(sql: &str) -> Intent {
    let catalog = catalog(&format!("{SUPABASE} {sql}"));
    infer(&catalog, &Exposure::default(), &Stated::default(), false)
}

/// The scope of `public.NAME` in few words.
fn scope(intent: &Intent, table: &str) -> String {
    let found = intent.of(&QualifiedName::new("public", table)).unwrap_or_else(|| panic!("{table} is missing"));
    let by = |at: &Option<usize>| at.and_then(|at| intent.memberships.get(at)).map_or("claims".to_owned(), |m| m.table.name.clone());
    let mut text = match &found.scope {
        Scope::Owner { column } => format!("owner {column}"),
        Scope::Tenant { column, membership } => format!("tenant {column} by {}", by(membership)),
        Scope::Through { columns, parent } => format!("through {} to {}", columns.join(","), parent.name),
        Scope::Public => "public".to_owned(),
        Scope::SignedIn => "signed in".to_owned(),
        Scope::Internal => "internal".to_owned(),
        Scope::Unknown => "unknown".to_owned(),
    };
    if let Some(condition) = &found.public_when {
        text += &format!(", public when {condition}");
    }
    if found.read_by_all {
        text += ", read by all";
    }
    if !found.writers.is_empty() {
        text += &format!(", written by {}", found.writers.join("/"));
    }
    if !found.privileged.is_empty() {
        text += &format!(", privileged {}", found.privileged.join("/"));
    }
    text
}

fn check(sql: &str, expected: &[(&str, &str)]) {
    let intent = intent_of(sql);
    let found: Vec<(&str, String)> = expected.iter().map(|(table, _)| (*table, scope(&intent, table))).collect();
    let expected: Vec<(&str, String)> = expected.iter().map(|(table, words)| (*table, (*words).to_owned())).collect();
    assert_eq!(found, expected);
}

#[test]
fn owners_by_policy_default_foreign_key_and_name() {
    check(
        "create table by_policy (id int primary key, writer uuid, note text);
         create policy p on by_policy using ((select auth.uid()) = writer);
         create table by_default (id int primary key, held_by uuid default auth.uid());
         create table by_key (id int primary key, created_by uuid references auth.users, owner_id uuid references auth.users);
         create table by_maker (id int primary key, created_by uuid references auth.users);
         create table by_name (id int primary key, user_id uuid);
         create table other_type (id int primary key, user_id bigint);",
        &[
            ("by_policy", "owner writer"),
            ("by_default", "owner held_by"),
            ("by_key", "owner owner_id"),
            ("by_maker", "owner created_by"),
            ("by_name", "owner user_id"),
            ("other_type", "unknown"),
        ],
    );
}

#[test]
fn a_wrong_comparison_does_not_hide_the_owner() {
    check(
        "create table letters (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, body text);
         create policy p on letters for select using (auth.uid() = id);
         create table tags (id uuid primary key, name text);
         create policy p on tags for select using (auth.uid() is not null);",
        &[("letters", "owner user_id"), ("tags", "signed in")],
    );
}

#[test]
fn profiles_read_by_all_and_their_privileged_columns() {
    let sql = "create table profiles (id uuid primary key references auth.users, nick text, is_admin boolean, plan text);
         create policy r on profiles for select using (true);
         create policy w on profiles for update using (id = auth.uid());
         create table reports (id int primary key, author_id uuid references profiles);
         create policy r on reports for select using (author_id = auth.uid() or exists (select 1 from profiles p where p.id = auth.uid() and p.is_admin));
         create table quiet (id uuid primary key references auth.users);
         create policy r on quiet using (id = auth.uid());";
    check(sql, &[("profiles", "owner id, read by all, privileged is_admin/plan"), ("reports", "owner author_id"), ("quiet", "owner id")]);
    let identity = intent_of(sql).identity;
    assert_eq!(identity.users, Some((QualifiedName::new("auth", "users"), "id".into())));
    assert_eq!(identity.profiles.len(), 2);
    assert_eq!(identity.id_type, "uuid");
}

const TEAMS: &str = "create table teams (id bigint primary key, name text);
    create table team_members (team_id bigint references teams, user_id uuid references auth.users,
        role text check (role in ('viewer', 'owner', 'editor')), primary key (team_id, user_id));
    create policy m on team_members for select using (user_id = auth.uid());
    create policy t on teams for select using (exists (select 1 from team_members m where m.team_id = teams.id and m.user_id = auth.uid()));";

#[test]
fn tenants_through_a_membership_table() {
    let sql = format!(
        "{TEAMS}
        create table boards (id int primary key, team_id bigint references teams, made_by uuid references auth.users);
        create policy r on boards for select using (team_id in (select team_id from team_members where user_id = auth.uid()));
        create policy w on boards for insert with check (exists (select 1 from team_members m where m.team_id = boards.team_id
            and m.user_id = auth.uid() and m.role in ('owner', 'editor')));
        create table cards (id int primary key, board_id int not null references boards);
        create table wrong (id int primary key, team_id bigint references teams);
        create policy r on wrong for select using (exists (select 1 from team_members m where m.team_id = m.team_id and m.user_id = auth.uid()));"
    );
    check(
        &sql,
        &[
            ("teams", "tenant id by team_members"),
            ("team_members", "tenant team_id by team_members, privileged role"),
            ("boards", "tenant team_id by team_members, written by owner/editor"),
            ("cards", "through board_id to boards"),
            ("wrong", "tenant team_id by team_members"),
        ],
    );
    let intent = intent_of(&sql);
    assert_eq!(intent.memberships[0].roles, ["owner", "editor", "viewer"]);
    assert_eq!(intent.memberships[0].role.as_deref(), Some("role"));
    assert_eq!(intent.identity.tenants, Some((QualifiedName::new("public", "teams"), "id".into())));
    assert_eq!(intent.identity.tenant_type, "bigint");
}

#[test]
fn helper_functions_are_looked_through() {
    let functions = "create function my_teams() returns setof bigint language sql stable security definer as
            $$ select team_id from public.team_members where user_id = auth.uid() $$;
        create function is_member(p_team bigint) returns boolean language plpgsql stable security definer as $$
            declare uid uuid := auth.uid();
            begin
                if uid is null then return false; end if;
                return exists (select 1 from public.team_members m where m.team_id = p_team and m.user_id = uid);
            end $$;
        create function my_role(of_team bigint) returns text language plpgsql as $$
            declare found_role text;
            begin
                select m.role into found_role from public.team_members m where m.team_id = of_team and m.user_id = auth.uid();
                return found_role;
            end $$;
        create function strange() returns boolean language plpgsql as $$ begin execute 'select 1'; return true; end $$;";
    let sql = format!(
        "{TEAMS} {functions}
        create table a (id int primary key, team_id bigint);
        create policy p on a using (team_id in (select my_teams()));
        create table b (id int primary key, team_id bigint);
        create policy p on b using (team_id = any (array(select my_teams())));
        create table c (id int primary key, of bigint);
        create policy p on c using (is_member(of));
        create table d (id int primary key, of bigint);
        create policy p on d using (my_role(of) = 'owner');
        create table e (id int primary key, label text);
        create policy p on e using (strange());
        create function has_role(team bigint, wanted text default null) returns boolean language sql as
            $$ select exists (select 1 from public.team_members m where m.team_id = has_role.team and m.user_id = auth.uid()
                and (m.role = has_role.wanted or has_role.wanted is null)) $$;
        create table f (id int primary key, of bigint);
        create policy p on f for select using (has_role(of) = true);
        create policy q on f for insert with check (has_role(of, 'owner') = true);"
    );
    let by = "tenant team_id by team_members";
    check(
        &sql,
        &[
            ("a", by),
            ("b", by),
            ("c", "tenant of by team_members"),
            ("d", "tenant of by team_members, written by owner"),
            ("e", "unknown"),
            ("f", "tenant of by team_members, written by owner"),
        ],
    );
}

#[test]
fn a_tenant_in_the_profile() {
    check(
        "create table organizations (id uuid primary key);
         create table profiles (id uuid primary key references auth.users, organization_id uuid references organizations, role text);
         create table invoices (id int primary key, organization_id uuid references organizations);
         create policy r on invoices for select using (organization_id = (select organization_id from profiles where id = auth.uid()));
         create policy w on invoices for delete using (organization_id = (select organization_id from profiles where id = auth.uid() and role = 'admin'));",
        &[
            ("invoices", "tenant organization_id by profiles, written by admin"),
            ("profiles", "owner id, privileged role"),
            ("organizations", "tenant id by profiles"),
        ],
    );
}

#[test]
fn rows_through_another_row() {
    check(
        "create table orders (id int primary key, customer uuid references auth.users);
         create policy p on orders using (customer = auth.uid());
         create table lines (id int primary key, order_id int references orders, product int);
         create policy p on lines using (exists (select 1 from orders o where o.id = lines.order_id and o.customer = auth.uid()));
         create table notes (line int references lines);
         create table products (id int primary key);
         create policy p on products for select using (true);
         create table prices (product int references products);",
        &[("lines", "through order_id to orders"), ("notes", "through line to lines"), ("products", "public"), ("prices", "unknown")],
    );
}

#[test]
fn public_flags_are_no_soft_deletes() {
    check(
        "create table posts (id int primary key, user_id uuid references auth.users, is_public boolean, deleted_at timestamptz, status text);
         create policy o on posts using (user_id = auth.uid());
         create policy p on posts for select using (is_public and deleted_at is null);
         create policy s on posts for select using (status = 'published');
         create table drafts (id int primary key, user_id uuid references auth.users, deleted_at timestamptz);
         create policy o on drafts using (user_id = auth.uid());
         create policy p on drafts for select using (deleted_at is null);
         create table chats (id int primary key, user_id uuid references auth.users, sharing text);
         create policy o on chats using (user_id = auth.uid());
         create policy p on chats for select using (sharing <> 'private');",
        &[
            ("posts", "owner user_id, public when (is_public and deleted_at is null) or (status = 'published')"),
            ("drafts", "owner user_id"),
            ("chats", "owner user_id, public when sharing <> 'private'"),
        ],
    );
    let sql = "create table chats (id int primary key, user_id uuid references auth.users, sharing text);
         create policy o on chats using (user_id = auth.uid());
         create table messages (id int primary key, chat_id int references chats, user_id uuid references auth.users);
         create policy o on messages using (user_id = auth.uid());
         create policy p on messages for select using (chat_id in (select id from chats where sharing <> 'private'));";
    let intent = intent_of(sql);
    let messages = intent.of(&QualifiedName::new("public", "messages")).unwrap();
    assert_eq!(messages.scope, Scope::Owner { column: "user_id".into() });
    assert!(messages.public_when.as_ref().is_some_and(|c| c.contains("sharing <> 'private'")), "{:?}", messages.public_when);
}

#[test]
fn reference_data_and_internal_tables() {
    let sql = format!(
        "{SUPABASE}
         create table countries (code text primary key, created_by uuid references auth.users);
         create policy r on countries for select using (true);
         create table wall (id int primary key, user_id uuid references auth.users);
         create policy r on wall for select using (true);
         create policy w on wall for insert with check (user_id = auth.uid());
         create table jobs (id int primary key);
         create table events (id int primary key); grant select on events to anon;
         create table vault_items (id int primary key); alter table vault_items enable row level security; grant select on vault_items to anon;
         grant select on countries, wall to anon, authenticated;"
    );
    let intent = infer(&catalog(&sql), &exposure(), &Stated::default(), false);
    let scopes: Vec<String> = ["countries", "wall", "jobs", "events", "vault_items"].iter().map(|t| scope(&intent, t)).collect();
    assert_eq!(scopes, ["public", "owner user_id, read by all", "internal", "unknown", "internal"]);
}

#[test]
fn settings_of_the_application() {
    let sql = "create table accounts (id bigint primary key, name text);
         create table bills (id int primary key, account_id bigint references accounts, holder int);
         create policy p on bills using (account_id = nullif(current_setting('app.account', true), '')::bigint);
         create table own (id int primary key, holder int);
         create policy p on own using (holder = current_setting('app.current_user_id', true)::int);";
    let intent = infer(&catalog(sql), &Exposure::default(), &Stated::default(), false);
    assert_eq!(intent.identity.source, architrave_model::access::IdentitySource::Setting { name: "app.current_user_id".into() });
    assert_eq!(intent.identity.tenant_key.as_deref(), Some("app.account"));
    assert_eq!((intent.identity.id_type.as_str(), intent.identity.tenant_type.as_str()), ("integer", "bigint"));
    assert_eq!([scope(&intent, "bills"), scope(&intent, "own")], ["tenant account_id by claims", "owner holder"]);
}

#[test]
fn a_role_for_every_user() {
    let sql = "create table sheets (id int primary key, keeper name); create policy p on sheets using (keeper = current_user);
        create table plain (id int primary key);";
    let intent = infer(&catalog(sql), &Exposure::default(), &Stated::default(), false);
    assert_eq!(intent.identity.source, architrave_model::access::IdentitySource::Role);
    assert_eq!([scope(&intent, "sheets"), scope(&intent, "plain")], ["owner keeper", "unknown"]);
}

#[test]
fn clerk_has_texts_and_organisations() {
    let sql = format!(
        "{SUPABASE}
        create table users (id uuid primary key, clerk_id text unique not null);
        create table tasks (id int primary key, user_id text default (auth.jwt() ->> 'sub'));
        create policy p on tasks using (((select auth.jwt()) ->> 'sub') = user_id);
        create table pages (id int primary key, user_id uuid references users);
        create policy p on pages using (user_id = (select id from users where clerk_id = (auth.jwt() ->> 'sub')));
        create table plans (id int primary key, org_id text);
        create policy p on plans using (org_id = coalesce(auth.jwt() -> 'o' ->> 'id', auth.jwt() ->> 'org_id'));"
    );
    let intent = infer(&catalog(&sql), &Exposure::default(), &Stated::default(), true);
    assert_eq!(intent.identity.id_type, "text");
    assert_eq!(intent.identity.users, Some((QualifiedName::new("public", "users"), "clerk_id".into())));
    assert_eq!(intent.identity.tenant_key.as_deref(), Some("o.id"));
    let scopes: Vec<String> = ["tasks", "pages", "plans", "users"].iter().map(|t| scope(&intent, t)).collect();
    assert_eq!(scopes, ["owner user_id", "owner user_id", "tenant org_id by claims", "owner clerk_id"]);
}

#[test]
fn friends_and_addresses_and_moments() {
    check(
        "create table follows (follower uuid references auth.users, followed uuid references auth.users, primary key (follower, followed));
         create policy o on follows using (follower = auth.uid());
         create table stories (id int primary key, author_id uuid references auth.users, published_at timestamptz, until timestamptz);
         create policy r on stories for select using (author_id = auth.uid()
            or exists (select 1 from follows f where f.follower = auth.uid() and f.followed = author_id));
         create policy p on stories for select using (published_at <= now());
         create table letters (id int primary key, address text);
         create policy l on letters using (address = (auth.jwt() ->> 'email'));",
        &[("follows", "owner follower"), ("stories", "owner author_id, public when published_at <= now()"), ("letters", "owner address")],
    );
}

#[test]
fn a_helper_that_refuses_some_lets_the_others_in() {
    let refuses = |body: &str| {
        format!(
            "{TEAMS} create function f(team bigint) returns boolean language plpgsql as $$ declare s text; begin
                select m.role into s from public.team_members m where m.team_id = team and m.user_id = auth.uid();
                {body} end $$;
             create table lockers (id int primary key, team_id bigint references teams); create policy p on lockers using (f(team_id));"
        )
    };
    check(&refuses("if s = 'viewer' then return false; end if; return true;"), &[("lockers", "tenant team_id by team_members")]);
    check(&refuses("if s is null then return false; end if; return true;"), &[("lockers", "tenant team_id by team_members")]);
}

#[test]
fn objects_by_their_folder() {
    let intent = intent_of(
        "create policy p on storage.objects for select using (bucket_id = 'a' and (storage.foldername(name))[1] = auth.uid()::text)",
    );
    let found = intent.of(&QualifiedName::new("storage", "objects")).unwrap();
    assert_eq!(found.scope, Scope::Owner { column: "name".into() });
    let none = intent_of("create table t (id int)");
    assert_eq!(none.of(&QualifiedName::new("storage", "objects")), None);
}

#[test]
fn views_show_whose_their_rows_are() {
    let base = "create table notes (id int primary key, user_id uuid references auth.users, body text);";
    check(&format!("{base} create view all_notes as select id, user_id, body from notes;"), &[("all_notes", "owner user_id")]);
    check(&format!("{base} create view bodies as select body from notes;"), &[("bodies", "unknown")]);
}

fn stated(table: &str, scope: StatedScope) -> Stated {
    let location = Location { path: "architrave.toml".into(), line: 2, column: 1 };
    let table = StatedTable {
        table: QualifiedName::new("public", table),
        scope: Some(scope),
        public_when: None,
        read_by_all: None,
        writers: None,
        privileged: Some(vec!["secret".into()]),
        reason: None,
        location,
    };
    Stated { tables: vec![table], ..Stated::default() }
}

#[test]
fn what_is_stated_goes_first() {
    let catalog = catalog(&format!(
        "{SUPABASE} {TEAMS} create table x (id int primary key, team_id bigint references teams, user_id uuid, secret text);"
    ));
    let with = |s: &Stated| infer(&catalog, &Exposure::default(), s, false);
    assert_eq!(scope(&with(&Stated::default()), "x"), "tenant team_id by team_members");
    let own = stated("x", StatedScope::Owner("user_id".into()));
    assert_eq!(scope(&with(&own), "x"), "owner user_id, privileged secret");
    assert!(matches!(with(&own).of(&QualifiedName::new("public", "x")).unwrap().source, Source::Stated { .. }));
    assert_eq!(scope(&with(&stated("x", StatedScope::Through("team_id".into()))), "x"), "through team_id to teams, privileged secret");
    assert_eq!(super::unmatched(&catalog, &own), []);
    let gaps = super::unmatched(&catalog, &stated("y", StatedScope::Public));
    assert_eq!(gaps[0].what, "[[access.table]] public.y (architrave.toml:2)");
    assert_eq!(super::unmatched(&catalog, &stated("x", StatedScope::Owner("ower".into())))[0].why, "no column ower");
}
