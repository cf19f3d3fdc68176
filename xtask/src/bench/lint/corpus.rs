//! Migrations by the thousand: small files of the kinds that projects have, the same ones each time.

use std::fmt::Write as _;
use std::path::Path;

/// Writes `count` numbered files of about 500 bytes, in the form of golang-migrate with a way back when `down` is set.
pub(super) fn write(folder: &Path, count: usize, down: bool) -> anyhow::Result<()> {
    for number in 1..=count {
        let (up, back) = file(number);
        if down {
            std::fs::write(folder.join(format!("{number:06}_step.up.sql")), up)?;
            std::fs::write(folder.join(format!("{number:06}_step.down.sql")), back)?;
        } else {
            std::fs::write(folder.join(format!("{number:06}_step.sql")), up)?;
        }
    }
    Ok(())
}

/// Every fourth file makes a table; the others change it: what goes up comes down.
fn file(number: usize) -> (String, String) {
    let table = format!("public.orders_{}", (number - 1) / 4);
    let mut up = format!("-- step {number} of the chain: what changes is the table {table}\n");
    let mut down = String::new();
    match number % 4 {
        1 => {
            let _infallible = write!(
                up,
                "create table {table} (\n    id bigint generated always as identity primary key,\n    customer_id bigint not null,\n    status text not null default 'open',\n    \
                 total numeric(12, 2) not null check (total >= 0),\n    note varchar(200),\n    created_at timestamptz not null default now()\n);\n\
                 comment on table {table} is 'orders as they come in';\ncreate index on {table} (customer_id, created_at);\n"
            );
            let _infallible = writeln!(down, "drop table {table};");
        }
        2 => {
            let _infallible = write!(
                up,
                "alter table {table} add column paid_at timestamptz;\nalter table {table} add column currency char(3) not null default 'EUR';\n\
                 alter table {table} alter column note type varchar(400);\ncreate index {}_paid on {table} (paid_at) where paid_at is not null;\n\
                 update {table} set paid_at = created_at where status = 'paid';\n",
                table.replace("public.", "")
            );
            let _infallible = write!(
                down,
                "drop index public.{}_paid;\nalter table {table} alter column note type varchar(200);\nalter table {table} drop column currency;\nalter table {table} drop column paid_at;\n",
                table.replace("public.", "")
            );
        }
        3 => {
            let _infallible = write!(
                up,
                "alter table {table} add constraint orders_status_known check (status in ('open', 'paid', 'sent', 'returned')) not valid;\n\
                 alter table {table} validate constraint orders_status_known;\nalter table {table} alter column status set default 'new';\n\
                 create or replace view {table}_open as select id, customer_id, total from {table} where status = 'open';\ngrant select on {table}_open to public;\n"
            );
            let _infallible = write!(
                down,
                "drop view {table}_open;\nalter table {table} alter column status set default 'open';\nalter table {table} drop constraint orders_status_known;\n"
            );
        }
        _ => {
            let _infallible = write!(
                up,
                "create function {table}_touch() returns trigger language plpgsql as $$\nbegin\n    new.created_at := coalesce(new.created_at, now());\n    return new;\nend\n$$;\n\
                 create trigger touch before insert on {table} for each row execute function {table}_touch();\nalter table {table} alter column total type bigint;\n\
                 alter table {table} set (autovacuum_vacuum_scale_factor = 0.05);\n"
            );
            let _infallible = write!(
                down,
                "alter table {table} reset (autovacuum_vacuum_scale_factor);\nalter table {table} alter column total type numeric(12, 2);\ndrop trigger touch on {table};\ndrop function {table}_touch();\n"
            );
        }
    }
    (up, down)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_small_and_differ() {
        let files: Vec<String> = (1..=8).map(|n| file(n).0).collect();
        let mean = files.iter().map(String::len).sum::<usize>() / files.len();
        assert!((350..=650).contains(&mean), "{mean} bytes");
        assert!(files.iter().enumerate().all(|(at, text)| !files[..at].contains(text)));
    }
}
