//! Workloads from every kind of source. The logs of `test_data` were written by one server in its three forms at once.

use super::{WorkloadError, from_json, from_statistics, read};
use architrave_model::stats::{StatementStats, Stats};
use architrave_model::workload::{QuerySource, Workload};
use expect_test::{Expect, expect, expect_file};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/workload/tests/test_data").join(name)
}

fn print(workload: &Workload) -> String {
    let mut text = String::new();
    for query in &workload.queries {
        let line = match &query.source {
            QuerySource::Log { line, .. } | QuerySource::File { line, .. } => format!(" line {line}"),
            QuerySource::Statistics { query_id } => format!(" query {query_id}"),
            QuerySource::Given => String::new(),
        };
        let ms = query.mean_ms.map_or(String::new(), |ms| format!(" {ms:.3} ms"));
        let plan = query.logged_plan.as_ref().map_or(String::new(), |p| format!(" plan {}", p.root.kind));
        let rows = query.rows_per_call.map_or(String::new(), |rows| format!(" {rows} rows"));
        writeln!(text, "{} x{}{ms}{rows}{line}{plan}\n  {:?}", query.id, query.calls, query.text).unwrap();
        query.variants.iter().for_each(|v| writeln!(text, "    {} {:.2}: {:?}", v.choice, v.share, v.sql).unwrap());
    }
    workload.refused.iter().for_each(|r| writeln!(text, "refused {:?}: {}", r.text, r.reason).unwrap());
    text
}

/// Reads a file of this content.
fn read_text(name: &str, content: impl AsRef<[u8]>) -> Result<Workload, WorkloadError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    read(&path)
}

fn check(name: &str, content: &str, expected: Expect) {
    let printed = match read_text(name, content) {
        Ok(workload) => print(&workload),
        Err(error) => error.to_string().rsplit('/').next().unwrap().to_owned(),
    };
    expected.assert_eq(&printed);
}

#[test]
fn the_three_forms_of_a_log_say_the_same() {
    let plain = read(&sample("plain.log")).unwrap();
    expect_file!["test_data/plain.txt"].assert_eq(&print(&plain));
    for other in ["log.csv", "log.json"] {
        let mut read = read(&sample(other)).unwrap();
        for (query, same) in read.queries.iter_mut().zip(&plain.queries) {
            query.source = same.source.clone();
        }
        for (refused, same) in read.refused.iter_mut().zip(&plain.refused) {
            refused.source = same.source.clone();
        }
        assert_eq!(print(&read), print(&plain), "{other}");
        assert_eq!(read, plain, "{other}");
    }
}

#[test]
fn prepared_statements_of_drivers_have_their_parameters_beside_them() {
    let log = "\
2025-11-22 02:00:00 UTC:10.0.0.5(4711):app@shop:[77]:LOG:  duration: 0.010 ms  parse <unnamed>: SELECT * FROM t WHERE a = $1 AND b = $2
2025-11-22 02:00:00 UTC:10.0.0.5(4711):app@shop:[77]:LOG:  duration: 0.020 ms  bind <unnamed>: SELECT * FROM t WHERE a = $1 AND b = $2
2025-11-22 02:00:00 UTC:10.0.0.5(4711):app@shop:[77]:DETAIL:  parameters: $1 = '5', $2 = 'it''s, $2 = 7'
2025-11-22 02:00:00 UTC:10.0.0.5(4711):app@shop:[77]:LOG:  duration: 1.500 ms  execute <unnamed>: SELECT * FROM t WHERE a = $1 AND b = $2
2025-11-22 02:00:00 UTC:10.0.0.5(4711):app@shop:[77]:DETAIL:  parameters: $1 = '5', $2 = 'it''s, $2 = 7'
2025-11-22 02:00:01 UTC:10.0.0.5(4711):app@shop:[77]:LOG:  duration: 2.500 ms  execute S_1: SELECT * FROM t
\tWHERE a = $1
\t  AND b = $2
2025-11-22 02:00:01 UTC:10.0.0.5(4711):app@shop:[77]:DETAIL:  Parameters: $1 = NULL, $2 = 'a
\tb'
2025-11-22 02:00:02 UTC:10.0.0.5(4711):app@shop:[77]:ERROR:  deadlock detected
2025-11-22 02:00:02 UTC:10.0.0.5(4711):app@shop:[77]:DETAIL:  Process 1 waits
2025-11-22 02:00:02 UTC:10.0.0.5(4711):app@shop:[77]:STATEMENT:  UPDATE t SET a = 1
2025-11-22 02:00:03 UTC:10.0.0.5(4711):app@shop:[77]:LOG:  statement: BEGIN; UPDATE t SET a = 1 WHERE b = 'x'; COMMIT
";
    check(
        "postgresql.log",
        log,
        expect![[r#"
        67afe76f x2 2.000 ms line 4
          "SELECT * FROM t WHERE a = $1 AND b = $2"
            as seen 1 0.50: "SELECT * FROM t WHERE a = '5' AND b = 'it''s, $2 = 7'"
            as seen 2 0.50: "SELECT * FROM t\nWHERE a = NULL\n  AND b = 'a\nb'"
        79d239c4 x1 line 14
          "UPDATE t SET a = 1 WHERE b = 'x'"
    "#]],
    );
}

#[test]
fn syslog_breaks_lines_its_own_way() {
    let log = "\
Nov 22 02:00:00 db postgres[77]: [4-1] user=app LOG:  duration: 3.000 ms  statement: SELECT *
Nov 22 02:00:00 db postgres[77]: [4-2] #011FROM t
Nov 22 02:00:00 db postgres[77]: [4-3] #011WHERE a = 5
Nov 22 02:00:01 db postgres[77]: [5-1] user=app LOG:  duration: 5.000 ms  statement: SELECT * FROM t WHERE a = 6
";
    check(
        "messages.log",
        log,
        expect![[r#"
        df19b596 x2 4.000 ms line 1
          "SELECT *\nFROM t\nWHERE a = $1"
            as seen 1 0.50: "SELECT *\nFROM t\nWHERE a = 5"
            as seen 2 0.50: "SELECT * FROM t WHERE a = 6"
    "#]],
    );
}

#[test]
fn statements_of_files_have_names_and_placeholders() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("users")).unwrap();
    write(
        "users/get.sql",
        "-- name: GetUser :one\nselect * from users where id = @id;\n\n-- name: ListUsers :many\nselect * from users order by name limit :count;\n",
    );
    write(
        "b.sql",
        "-- a view\ncreate view v as select 1;\nselect * from t where a = 'Case' and doc ? 'k';\ninsert into t values (?, ?);\nvacuum t;",
    );
    write("broken.sql", "select * from (select 1;\nselect 'never ends");
    write("notes.txt", "nothing");
    write("data.sql", "\u{0}\u{1}\u{2}binary");
    let workload = read(folder.path()).unwrap();
    expect![[r#"
        GetUser x1 line 2
          "select * from users where id = $1"
        ListUsers x1 line 5
          "select * from users order by name limit $1"
        c94a122d x1 line 4
          "insert into t values ($1, $2)"
        fa192f66 x1 line 3
          "select * from t where a = 'Case' and doc ? 'k'"
        refused "": the file is not a text file: a NUL byte at offset 0
        refused "create view v as select 1": CREATE is no statement that is planned
        refused "select '…'": it ends inside a bracket or a quote: the text is cut off or broken
        refused "select * from (select 1": it ends inside a bracket or a quote: the text is cut off or broken
        refused "vacuum t": VACUUM is no statement that is planned
    "#]]
    .assert_eq(&print(&workload));
    let file = workload.queries.iter().find(|q| q.id == "ListUsers").unwrap();
    assert_eq!(file.source, QuerySource::File { path: "users/get.sql".into(), line: 5 });
}

#[test]
fn lists_are_texts_or_objects() {
    let list = r#"["select 1 from t where a = 'x'", {"sql": "select * from t where id = ? and n = ?", "calls": 10, "mean_ms": 2.5, "params": [7, "o'k"]},
        {"query": "select * from t where id = any(:ids)", "name": "by ids", "params": [[1, 2]]}, "drop table t"]"#;
    check(
        "list.json",
        list,
        expect![[r#"
        f3653bd7 x10 2.500 ms
          "select * from t where id = $1 and n = $2"
            as seen 1 1.00: "select * from t where id = 7 and n = 'o''k'"
        by ids x1
          "select * from t where id = any($1)"
            as seen 1 1.00: "select * from t where id = any('{1,2}')"
        ebc4d764 x1
          "select 1 from t where a = 'x'"
        refused "drop table t": DROP is no statement that is planned
    "#]],
    );
    check(
        "object.json",
        &format!("{{\"queries\": {list}}}"),
        expect![[r#"
        f3653bd7 x10 2.500 ms
          "select * from t where id = $1 and n = $2"
            as seen 1 1.00: "select * from t where id = 7 and n = 'o''k'"
        by ids x1
          "select * from t where id = any($1)"
            as seen 1 1.00: "select * from t where id = any('{1,2}')"
        ebc4d764 x1
          "select 1 from t where a = 'x'"
        refused "drop table t": DROP is no statement that is planned
    "#]],
    );
    for bad in ["[]", "{}", "[1]", "[\"select 1\"", "null"] {
        assert!(from_json(bad).is_err(), "{bad}");
    }
    assert_eq!(
        from_json("[1]").unwrap_err().to_string(),
        "the list has an entry that is neither a text nor an object with \"sql\": number 1"
    );
}

#[test]
fn statistics_are_merged_by_text() {
    let statement = |query_id, query: &str, calls, total_ms, rows| StatementStats {
        query_id,
        query: query.to_owned(),
        calls,
        total_ms,
        rows,
        ..StatementStats::default()
    };
    let stats = Stats {
        statements: vec![
            statement(1, "select * from t where a = $1", 10, 50.0, 20),
            statement(2, "select * from t where a in ($1 /*, ... */)", 5, 5.0, 5),
            statement(3, "SELECT * FROM t WHERE a = $1", 30, 10.0, 20),
            statement(4, "BEGIN", 100, 1.0, 0),
            statement(5, "create index on t (a)", 1, 1000.0, 0),
            statement(6, "select * from t where b = $1 and (", 1, 1.0, 0),
        ],
        ..Stats::default()
    };
    expect![[r#"
        df19b596 x40 1.500 ms 1 rows query 1
          "select * from t where a = $1"
        2f46b05d x5 1.000 ms 1 rows query 2
          "select * from t where a in ($1 /*, ... */)"
        refused "create index on t (a)": CREATE is no statement that is planned
        refused "select * from t where b = $1 and (": it ends inside a bracket or a quote: the text is cut off or broken
    "#]]
    .assert_eq(&print(&from_statistics(&stats)));
}

#[test]
fn what_is_no_workload_is_one_sentence() {
    let error = |name: &str, content: &[u8]| {
        let text = read_text(name, content).unwrap_err().to_string();
        assert!(!text.contains('\n'), "{text}");
        text.rsplit('/').next().unwrap().to_owned()
    };
    let all = [
        error("empty.log", b""),
        error("blank.sql", b" \n"),
        error("binary.log", b"\x7fELF\0\0\0"),
        error("binary.sql", b"\x7fELF\0\0\0"),
        error("letter.txt", b"Dear all,\nthe database is slow.\n"),
        error("quiet.log", b"2025-11-22 02:00:00 UTC [1] LOG:  checkpoint starting: time\n"),
        error("list.json", b"{\"a\": 1}"),
        error("comment.sql", b"-- nothing here\n"),
        read(Path::new("nowhere.sql")).unwrap_err().to_string(),
    ];
    expect![[r#"
        empty.log is empty
        blank.sql is empty
        binary.log is a binary file; give SQL, a JSON list or a server log
        binary.sql is not a text file: a NUL byte at offset 4
        letter.txt is neither SQL, nor a JSON list, nor a log of PostgreSQL
        quiet.log is a log without statements: set log_min_duration_statement or load auto_explain, and lc_messages = 'C'
        list.json is no list of statements: give ["select …", {"sql": "select …", "calls": 10}]
        comment.sql has no statement in it
        nowhere.sql does not exist"#]]
    .assert_eq(&all.join("\n"));
}
