//! A few tables by object id, with columns, constraints and indexes: what a transaction sees of its own changes, without reading the whole catalogue.

use super::grant::GrantBook;
use super::table::Relations;
use super::{column, constraint, grant, index, table};
use crate::read::ReadError;
use crate::session::{Answer, Question, Rows, table_query};
use architrave_model::catalog as model;
use std::collections::HashMap;
use tokio_postgres::{Client, SimpleQueryMessage};

const WHAT: &str = "tables";

fn refused(source: tokio_postgres::Error) -> ReadError {
    ReadError::Query { what: WHAT.to_owned(), source }
}

/// The last statement that a session prepares for this: where it is, all are.
pub(crate) const LAST_PREPARED: &str = "architrave_tables_5";

/// Tables of these object ids, as the session's transaction sees them; without privileges, policies, triggers and rules. The session's
/// search path must be `pg_catalog`. `is_prepared` tells that the session has [`LAST_PREPARED`].
pub(crate) async fn read(client: &Client, major: u16, oids: &[u32], is_prepared: bool) -> Result<HashMap<u32, model::Table>, ReadError> {
    let mut tables = Rows::<model::Table>::new(&table::QUESTION);
    let mut columns = Rows::<model::Column, column::ColumnKeys>::new(&column::QUESTION);
    let mut constraints = Rows::<model::Constraint, constraint::ConstraintKeys>::new(&constraint::QUESTION);
    let mut indexes = Rows::<model::Index, index::IndexKeys>::new(&index::QUESTION);
    let mut operator_classes = Rows::<index::Named>::new(&index::OPERATOR_CLASSES);
    let mut collations = Rows::<index::Named>::new(&index::COLLATIONS);
    {
        let answers: [&mut dyn Answer; 6] =
            [&mut tables, &mut columns, &mut constraints, &mut indexes, &mut operator_classes, &mut collations];
        let list: Vec<String> = oids.iter().map(u32::to_string).collect();
        let list = list.join(",");
        let mut commands = Vec::new();
        if !is_prepared {
            let prepare =
                |(at, a): (usize, &&mut dyn Answer)| format!("prepare architrave_tables_{at} (oid[]) as {}", query(a.question(), major));
            commands.extend(answers.iter().enumerate().map(prepare));
        }
        // Each of them is answered before the first rows come.
        let mut to_prepare = commands.len();
        commands.extend((0..answers.len()).map(|at| format!("execute architrave_tables_{at} ('{{{list}}}')")));
        let queries = commands.join(";\n");
        let mut answers = answers.into_iter();
        let mut current = answers.next();
        for message in client.simple_query(&queries).await.map_err(refused)? {
            match message {
                SimpleQueryMessage::Row(row) => {
                    let json = row.try_get(0).map_err(refused)?.unwrap_or_default();
                    if let Some(answer) = current.as_mut() {
                        answer.row(json).map_err(|source| ReadError::Row { what: WHAT.to_owned(), source })?;
                    }
                }
                SimpleQueryMessage::CommandComplete(_) if to_prepare > 0 => to_prepare -= 1,
                SimpleQueryMessage::CommandComplete(_) => current = answers.next(),
                _ => {}
            }
        }
    }
    let grants = GrantBook::new(Rows::new(&grant::QUESTION));
    let order: Vec<u32> = tables.rows.iter().map(|(keys, _)| keys.oid).collect();
    let mut relations = Relations::new(tables, Rows::new(&super::view::QUESTION), &grants);
    column::attach(columns, &mut relations, &grants);
    constraint::attach(constraints, &mut relations, &mut [], &HashMap::new());
    let names = index::KeyNames::new(operator_classes, collations);
    index::attach(indexes, &mut relations, &names);
    for table in &mut relations.tables {
        table.constraints.sort_by(|a, b| a.name.cmp(&b.name));
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    }
    Ok(order.into_iter().zip(relations.tables).collect())
}

/// The query of a file, for the relations that its parameter names.
fn query(question: &Question, major: u16) -> String {
    let relation = if question.what == constraint::QUESTION.what { "con.conrelid" } else { "c.oid" };
    let text = question.sql.replace(":user_schema(n)", &format!("{relation} = any ($1)")).replace(":user_schema(rn)", "false");
    table_query(&text.replace(":relation(i.indrelid)", "i.indrelid = any ($1)"), major)
}

#[cfg(test)]
mod tests {
    use crate::session::testing::TestDatabase;

    #[tokio::test]
    async fn the_tables_are_those_of_the_whole_catalogue() {
        let Some(mut database) = TestDatabase::new(
            "create table a (id int primary key, n text collate \"C\" not null default 'x', check (n <> ''));
             create table b (id int generated always as identity, w int, a int references a, v varchar(20) unique);
             create index on b (lower(v) text_pattern_ops) where a > 3; alter table b drop column w;",
        )
        .await
        else {
            return;
        };
        let whole = database.catalog().await;
        let client = database.session().await;
        client.batch_execute("set search_path = pg_catalog").await.unwrap();
        let oid: u32 = client.query_one("select 'public.b'::regclass::oid", &[]).await.unwrap().get(0);
        let mut expected = whole.table("public", "b").unwrap().clone();
        expected.grants.clear();
        for is_prepared in [false, true] {
            let mut read = super::read(&client, database.major, &[oid], is_prepared).await.unwrap();
            let read = read.remove(&oid).unwrap();
            assert_eq!(read, expected);
            assert_eq!(read.columns.iter().filter_map(|c| c.number.get()).collect::<Vec<_>>(), [1, 3, 4]);
        }
        let known = "select count(*) from pg_prepared_statements where name = $1";
        assert_eq!(client.query_one(known, &[&super::LAST_PREPARED]).await.unwrap().get::<_, i64>(0), 1);
    }
}
