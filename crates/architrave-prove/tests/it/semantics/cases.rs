//! The nineteen cases: tables and policies, what statements come to, and what the attack says.

use super::Case;

/// Before each schema: the application's role (which is the server's and stays), and a table of notes whose rows 1 and 2 are of the users 1 and 2.
pub(super) const BEFORE: &str = "
    do $$ begin if not exists (select from pg_catalog.pg_roles where rolname = 'reader') then create role reader nologin; end if; end $$;
    create function me() returns integer language sql stable as $$ select nullif(current_setting('app.user_id', true), '')::integer $$;
    create table notes (id integer primary key, owner_id integer not null, body text not null);
    insert into notes values (1, 1, 'mine'), (2, 2, 'theirs');
    alter table notes enable row level security;
    grant select, insert, update, delete on notes to reader;";

pub(super) static CASES: [Case; 19] = [
    Case {
        title: "a policy without USING and WITH CHECK lets nothing through",
        since: 12,
        owners: &[],
        schema: "create policy seen on notes for select to reader; create policy added on notes for insert to reader;",
        steps: &[("1", "select from notes", "0 rows"), ("1", "insert into notes values (3, 1, 'x')", "42501")],
        verdicts: &[
            "select notes outsider denied: policy seen lets no row of the victim through",
            "insert notes outsider denied: 42501 new row violates row-level security policy for table \"notes\"",
            "select notes service allowed",
        ],
        tells: &[],
    },
    Case {
        title: "UPDATE with USING only: USING is the check of the new row, too",
        since: 12,
        owners: &[],
        schema: "create policy seen on notes for select to reader using (owner_id = me());
                 create policy edited on notes for update to reader using (owner_id = me());",
        steps: &[("1", "update notes set owner_id = 2 where id = 1", "42501"), ("1", "update notes set body = 'x' where id = 1", "1 row")],
        verdicts: &[
            "update notes owner allowed",
            "update notes outsider denied: policy edited lets no row of the victim through",
        ],
        tells: &[],
    },
    Case {
        title: "UPDATE WITH CHECK (true), the new row may be read: the row is given away",
        since: 12,
        owners: &[],
        schema: "create policy seen on notes for select to reader using (true);
                 create policy edited on notes for update to reader using (owner_id = me()) with check (true);",
        steps: &[
            ("1", "update notes set owner_id = 2 where id = 1", "1 row"),
            ("", "select from notes where id = 1 and owner_id = 2", "1 row"),
            ("1", "update notes set body = 'x' where id = 2", "0 rows"),
        ],
        verdicts: &[
            "select notes outsider leak: policy seen on public.notes lets 1 row of the victim's through",
            "select notes anonymous leak: policy seen on public.notes lets 1 row of the victim's through",
            "update notes outsider leak: policy edited on public.notes: he gives a row of public.notes of his own to the victim",
        ],
        tells: &[],
    },
    Case {
        title: "the same, the new row may not be read: the read policy refuses it",
        since: 12,
        owners: &[],
        schema: "create policy seen on notes for select to reader using (owner_id = me());
                 create policy edited on notes for update to reader using (owner_id = me()) with check (true);",
        steps: &[("1", "update notes set owner_id = 2 where id = 1", "42501")],
        verdicts: &[
            "select notes outsider denied: policy seen lets no row of the victim through",
            "update notes outsider denied: policy edited lets no row of the victim through",
        ],
        tells: &[],
    },
    Case {
        title: "an UPDATE policy without a read policy: nothing with a condition, the own row without",
        since: 12,
        owners: &[],
        schema: "create policy edited on notes for update to reader using (owner_id = me());",
        steps: &[("1", "update notes set body = 'x' where id = 1", "0 rows"), ("1", "update notes set body = 'x'", "1 row")],
        verdicts: &[
            "select notes outsider denied: no policy for SELECT that binds reader",
            "update notes outsider denied",
        ],
        tells: &[],
    },
    Case {
        title: "a DELETE policy without a read policy: nothing with a condition, and no error",
        since: 12,
        owners: &[],
        schema: "create policy dropped on notes for delete to reader using (owner_id = me());",
        steps: &[("1", "delete from notes where id = 1", "0 rows"), ("1", "delete from notes", "1 row")],
        verdicts: &[
            "select notes outsider denied: no policy for SELECT that binds reader",
            "delete notes outsider denied",
        ],
        tells: &[],
    },
    Case {
        title: "RETURNING needs a read policy",
        since: 12,
        owners: &[],
        schema: "create policy added on notes for insert to reader with check (owner_id = me());",
        steps: &[
            ("1", "insert into notes values (3, 1, 'x')", "1 row"),
            ("1", "insert into notes values (4, 1, 'x') returning id", "42501"),
            ("1", "insert into notes values (5, 2, 'x')", "42501"),
        ],
        verdicts: &[
            "insert notes outsider allowed: he makes a row of his own in public.notes",
            "returning notes outsider denied",
        ],
        tells: &["notes_pkey tells outsider"],
    },
    Case {
        title: "a unique key tells of rows that stay unseen",
        since: 12,
        owners: &[],
        schema: "create policy own on notes to reader using (owner_id = me()) with check (owner_id = me());",
        steps: &[("1", "select from notes where id = 2", "0 rows"), ("1", "insert into notes values (2, 1, 'x')", "23505")],
        verdicts: &[
            "select notes outsider denied: policy own lets no row of the victim through",
            "insert notes outsider allowed: he makes a row of his own in public.notes",
        ],
        tells: &["notes_pkey tells outsider"],
    },
    Case {
        title: "a foreign key tells of rows that stay unseen, and links to them",
        since: 12,
        owners: &[("marks", "owner_id")],
        schema: "create policy own on notes to reader using (owner_id = me()) with check (owner_id = me());
                 create table marks (id integer primary key, owner_id integer not null, note_id integer not null references notes (id));
                 alter table marks enable row level security;
                 create policy own on marks to reader using (owner_id = me()) with check (owner_id = me());
                 grant select, insert on marks to reader;",
        steps: &[("1", "insert into marks values (1, 1, 2)", "1 row"), ("1", "insert into marks values (2, 1, 99)", "23503")],
        verdicts: &[
            "select notes outsider denied",
            "insert marks outsider open: policy own on public.marks: he hangs a row of his own in public.marks on a row of public.notes that is the victim's: whether that is meant, nothing tells",
        ],
        tells: &["marks_note_id_fkey tells outsider", "marks_pkey tells outsider", "notes_pkey tells outsider"],
    },
    Case {
        title: "ON DELETE CASCADE asks no policy",
        since: 12,
        owners: &[("replies", "owner_id")],
        schema: "create policy own on notes to reader using (owner_id = me()) with check (owner_id = me());
                 create table replies (id integer primary key, owner_id integer not null, note_id integer not null references notes (id) on delete cascade);
                 insert into replies values (50, 2, 1);
                 alter table replies enable row level security;
                 create policy own on replies to reader using (owner_id = me()) with check (owner_id = me());
                 grant select, insert, update, delete on replies to reader;",
        steps: &[
            ("1", "delete from replies where id = 50", "0 rows"),
            ("1", "delete from notes where id = 1", "1 row"),
            ("", "select from replies where id = 50", "0 rows"),
        ],
        verdicts: &[
            "delete replies outsider denied: policy own lets no row of the victim through",
            "insert replies outsider open: policy own on public.replies: he hangs a row of his own in public.replies on a row of public.notes that is the victim's: whether that is meant, nothing tells",
        ],
        tells: &["notes_pkey tells outsider", "replies_note_id_fkey tells outsider", "replies_pkey tells outsider"],
    },
    Case {
        title: "a view has the rights of its owner, with security_invoker those of the caller",
        since: 15,
        owners: &[("all_notes", "owner_id"), ("own_notes", "owner_id")],
        schema: "create policy own on notes to reader using (owner_id = me()) with check (owner_id = me());
                 create view all_notes as select * from notes;
                 create view own_notes with (security_invoker = on) as select * from notes;
                 grant select on all_notes, own_notes to reader;",
        steps: &[("1", "select from all_notes", "2 rows"), ("1", "select from own_notes", "1 row")],
        verdicts: &[
            "select notes outsider denied",
            "select all_notes outsider leak: he reads a row of public.notes that is the victim's through public.all_notes",
            "select all_notes anonymous leak",
            "select own_notes outsider denied: the view shows no row of the victim to him",
        ],
        tells: &["notes_pkey tells outsider"],
    },
    Case {
        title: "TRUNCATE asks no policy",
        since: 12,
        owners: &[],
        schema: "create policy own on notes to reader using (owner_id = me()) with check (owner_id = me()); grant truncate on notes to reader;",
        steps: &[("1", "truncate notes", "0 rows"), ("", "select from notes", "0 rows")],
        verdicts: &[
            "delete notes outsider denied",
            "truncate notes owner leak",
            "truncate notes outsider leak: privilege TRUNCATE on public.notes: he empties public.notes, the victim's rows among its own",
            "truncate notes anonymous leak",
        ],
        tells: &["notes_pkey tells outsider"],
    },
    Case {
        title: "restrictive policies alone let nothing through",
        since: 12,
        owners: &[],
        schema: "create policy own on notes as restrictive to reader using (true) with check (true);",
        steps: &[("1", "select from notes", "0 rows"), ("1", "insert into notes values (3, 1, 'x')", "42501")],
        verdicts: &[
            "select notes owner denied",
            "select notes outsider denied",
            "insert notes owner denied",
        ],
        tells: &[],
    },
    Case {
        title: "a role in one's own row, trusted by another table: who may write it, is what he writes",
        since: 12,
        owners: &[("people", "id")],
        schema: "create table people (id integer primary key, role text not null default 'user');
                 insert into people values (1), (2);
                 alter table people enable row level security;
                 create policy seen on people for select to reader using (id = me());
                 create policy edited on people for update to reader using (id = me()) with check (id = me());
                 grant select, update on people to reader;
                 create policy seen on notes for select to reader
                     using (owner_id = me() or exists (select 1 from people p where p.id = me() and p.role = 'admin'));",
        steps: &[
            ("1", "select from notes where owner_id = 2", "0 rows"),
            ("1", "update people set role = 'admin' where id = 1", "1 row"),
            ("1", "select from notes where owner_id = 2", "1 row"),
        ],
        verdicts: &[
            "update people outsider leak: policy edited on public.people: he sets role of his own row of public.people to 'admin'",
            "select notes outsider leak: in 2 steps: he first sets role of his own row of public.people to 'admin', and then reads a row of public.notes that is the victim's",
        ],
        tells: &[],
    },
    Case {
        title: "a policy that reads its own table recurses",
        since: 12,
        owners: &[],
        schema: "create policy seen on notes for select to reader using (exists (select 1 from notes n where n.owner_id = me()));",
        steps: &[("1", "select from notes", "42P17")],
        verdicts: &[
            "select notes owner denied",
            "select notes outsider denied",
        ],
        tells: &[],
    },
    Case {
        title: "a materialized view has no policies",
        since: 12,
        owners: &[("kept_notes", "owner_id")],
        schema: "create policy own on notes to reader using (owner_id = me()) with check (owner_id = me());
                 create materialized view kept_notes as select * from notes;
                 grant select on kept_notes to reader;",
        steps: &[("1", "select from notes", "1 row"), ("1", "select from kept_notes", "2 rows")],
        verdicts: &[
            "select notes outsider denied",
            "select kept_notes outsider leak: he reads a row of public.notes that is the victim's through public.kept_notes",
            "select kept_notes anonymous leak",
        ],
        tells: &["notes_pkey tells outsider"],
    },
    Case {
        title: "policies bind the owner of a table only with FORCE",
        since: 12,
        owners: &[("free", "owner_id"), ("bound", "owner_id")],
        schema: "create table free (id integer primary key, owner_id integer not null);
                 create table bound (id integer primary key, owner_id integer not null);
                 insert into free values (1, 1), (2, 2);
                 insert into bound values (1, 1), (2, 2);
                 alter table free enable row level security;
                 alter table bound enable row level security;
                 alter table bound force row level security;
                 create policy own on free using (owner_id = me());
                 create policy own on bound using (owner_id = me());
                 grant reader to postgres;
                 grant create on schema public to reader;
                 alter table free owner to reader;
                 alter table bound owner to reader;",
        steps: &[("1", "select from free", "2 rows"), ("1", "select from bound", "1 row")],
        verdicts: &[
            "select bound outsider denied: policy own lets no row of the victim through",
            "truncate bound owner leak",
            "truncate bound outsider leak",
            "truncate bound anonymous leak",
            "select free outsider leak: row level security of public.free does not bind reader lets 1 row of the victim's through",
            "select free anonymous leak",
            "insert free outsider leak",
            "insert free anonymous leak",
            "update free outsider leak",
            "update free anonymous leak",
            "delete free outsider leak",
            "delete free anonymous leak",
            "upsert free outsider leak",
            "upsert free anonymous leak",
            "returning free outsider leak",
            "returning free anonymous leak",
            "truncate free outsider leak",
            "truncate free anonymous leak",
            "truncate free owner leak",
        ],
        tells: &["bound_pkey tells outsider"],
    },
    Case {
        title: "an IMMUTABLE helper in a cached plan keeps the user who came first",
        since: 12,
        owners: &[],
        schema: "create function first_come() returns integer language plpgsql immutable as
                     $$ begin return nullif(current_setting('app.user_id', true), '')::integer; end $$;
                 create policy seen on notes for select to reader using (owner_id = first_come());",
        steps: &[
            ("1", "set local plan_cache_mode = force_generic_plan; prepare of_user_1 as select from notes where owner_id = 1", "0 rows"),
            ("1", "execute of_user_1", "1 row"),
            ("2", "execute of_user_1", "1 row"),
            ("2", "select from notes where owner_id = 1", "0 rows"),
        ],
        verdicts: &[
            "select notes outsider leak: function public.first_come() is IMMUTABLE: a prepared plan keeps what it returned to whoever ran it first",
            "select notes anonymous leak",
        ],
        tells: &[],
    },
    Case {
        title: "a view that is no barrier shows hidden rows to a cheap function of the caller's",
        since: 12,
        owners: &[("leaky", "owner_id"), ("tight", "owner_id")],
        schema: "create view leaky as select * from notes where owner_id = me();
                 create view tight with (security_barrier = on) as select * from notes where owner_id = me();
                 grant select on leaky, tight to reader;",
        steps: &[
            (
                "1",
                "create function pg_temp.tells(body text) returns boolean language plpgsql cost 0.0001 as
                     $$ begin if body = 'theirs' then raise exception 'seen'; end if; return true; end $$",
                "0 rows",
            ),
            ("1", "select from tight where pg_temp.tells(body)", "1 row"),
            ("1", "select from leaky where pg_temp.tells(body)", "P0001"),
        ],
        verdicts: &[
            "select tight outsider denied: the view shows no row of the victim to him",
            "select leaky outsider leak: he hears of a row of public.notes that is the victim's by a function of his own: public.leaky is no barrier",
            "select leaky anonymous leak",
        ],
        tells: &[],
    },
];
