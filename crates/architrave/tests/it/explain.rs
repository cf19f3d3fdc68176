//! `architrave explain` as its user meets it: everything that can be asked, and what cannot.

use crate::cli::{Outcome, architrave, project, run};
use crate::shop::{CANARY, STATEMENTS, shop};
use architrave_postgres::server::test_server;
use std::io::Write as _;
use std::process::Stdio;

/// A plan as PostgreSQL prints it: 9 of 1,000,000 rows, of which two thirds go to disk.
static PLAN: &str = "\
Sort  (cost=190000.00..192500.00 rows=1000000 width=40) (actual time=900.0..1000.0 rows=1000000 loops=1)
  Sort Key: placed_at
  Sort Method: external merge  Disk: 48000kB
  ->  Seq Scan on orders  (cost=0.00..20000.00 rows=1000000 width=40) (actual time=0.1..200.0 rows=1000000 loops=1)
Planning Time: 0.2 ms
Execution Time: 1040.0 ms
";

fn against(what: &str, db: &str) -> Outcome {
    run(&["explain", what, "--db", db, "--format", "json"])
}

fn ids(explanation: &serde_json::Value) -> Vec<&str> {
    explanation["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect()
}

/// `architrave explain -` with this on standard input.
fn piped(text: &str) -> Outcome {
    let mut command = architrave();
    let mut child = command
        .args(["explain", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let words = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Outcome { status: output.status.code().unwrap_or(-1), stdout: words(output.stdout), stderr: words(output.stderr) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fix_of_a_statement_is_tried_and_its_cost_shown() {
    let Some(shop) = shop().await else { return };
    let explanation = run(&["explain", STATEMENTS[0], "--db", &shop.url, "--grow", "10,100", "--format", "json"]).json();
    assert!(ids(&explanation).contains(&"plan/sequential-scan-discards-rows"), "{:?}", ids(&explanation));
    let best = &explanation["trials"][0];
    assert_eq!(best["verdict"], "proved", "{best}");
    assert!(best["cost_after"].as_f64().unwrap() < best["cost_before"].as_f64().unwrap() / 5.0, "{best}");
    assert!(best["statements"].to_string().contains("on public.orders (customer_id"), "{best}");
    assert!(best["plan_after"]["Plan"].is_object(), "{best}");
    let factors: Vec<f64> = explanation["growth"].as_array().unwrap().iter().map(|g| g["factor"].as_f64().unwrap()).collect();
    assert_eq!(factors, [10.0, 100.0]);
    // The same statement of the workload gains with it.
    assert!(!shop.counts || !best["others"].as_array().unwrap().is_empty(), "{best}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_of_a_file_and_queries_of_the_workload_are_explained_from_a_snapshot() {
    let Some(shop) = shop().await else { return };
    let two = format!("-- two\n{};\n{};\n", STATEMENTS[0], STATEMENTS[1]);
    let file = shop.file("two.sql", &two);
    let both = against(&file, &shop.snapshot()).json();
    let names: Vec<&str> = both.as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap()).collect();
    assert_eq!(names, [format!("{file}:2"), format!("{file}:3")]);
    if !shop.counts {
        return;
    }
    let client = shop.database.connect().await.unwrap();
    let sql = "select queryid::text from pg_stat_statements where query like 'select id, total, placed_at from orders%' limit 1";
    let id: String = client.query_one(sql, &[]).await.unwrap().get(0);
    let explanation = against(&id, &shop.snapshot()).json();
    assert_eq!(explanation["trials"][0]["verdict"], "proved", "{explanation}");
    assert!(!explanation["alternatives"].as_array().unwrap().is_empty());
    against("4242424242", &shop.snapshot()).refused(&["pg_stat_statements", "no query 4242424242"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rewrites_are_refuted_by_rows_and_offered_when_they_return_the_same() {
    let Some(shop) = shop().await else { return };
    let nullable = "select id from customers where id not in (select referrer_id from customers)";
    let explanation = against(nullable, &shop.snapshot()).json();
    let rewrite = &explanation["rewrites"][0];
    assert_eq!(rewrite["verdict"], "refuted", "{rewrite}");
    assert!(rewrite["counter_example"].to_string().contains("insert into"), "{rewrite}");
    let text = run(&["explain", nullable, "--db", &shop.snapshot()]);
    assert!(text.done().contains("Rows that tell the two apart"), "{}", text.stdout);
}

#[test]
fn a_plan_file_is_read_in_all_forms_without_a_database() {
    let json = r#"[{"Plan": {"Node Type": "Sort", "Startup Cost": 190000.0, "Total Cost": 192500.0, "Plan Rows": 1000000, "Plan Width": 40,
        "Actual Startup Time": 900.0, "Actual Total Time": 1000.0, "Actual Rows": 1000000, "Actual Loops": 1, "Sort Key": ["placed_at"],
        "Sort Method": "external merge", "Sort Space Used": 48000, "Sort Space Type": "Disk"}, "Execution Time": 1040.0}]"#;
    let yaml = "- Plan:\n    Node Type: \"Sort\"\n    Startup Cost: 190000.00\n    Total Cost: 192500.00\n    Plan Rows: 1000000\n    \
                Plan Width: 40\n    Actual Startup Time: 900.0\n    Actual Total Time: 1000.0\n    Actual Rows: 1000000\n    Actual Loops: 1\n    \
                Sort Key:\n      - \"placed_at\"\n    Sort Method: \"external merge\"\n    Sort Space Used: 48000\n    Sort Space Type: \"Disk\"\n";
    let xml = "<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n <Query>\n  <Plan>\n   <Node-Type>Sort</Node-Type>\n   \
               <Startup-Cost>190000.00</Startup-Cost>\n   <Total-Cost>192500.00</Total-Cost>\n   <Plan-Rows>1000000</Plan-Rows>\n   \
               <Plan-Width>40</Plan-Width>\n   <Actual-Startup-Time>900.0</Actual-Startup-Time>\n   \
               <Actual-Total-Time>1000.0</Actual-Total-Time>\n   <Actual-Rows>1000000</Actual-Rows>\n   <Actual-Loops>1</Actual-Loops>\n   \
               <Sort-Key>\n    <Item>placed_at</Item>\n   </Sort-Key>\n   <Sort-Method>external merge</Sort-Method>\n   \
               <Sort-Space-Used>48000</Sort-Space-Used>\n   <Sort-Space-Type>Disk</Sort-Space-Type>\n  </Plan>\n </Query>\n</explain>\n";
    let files = project(&[("plan.txt", PLAN), ("plan.json", json), ("plan.yaml", yaml), ("plan.xml", xml)]);
    for name in ["plan.txt", "plan.json", "plan.yaml", "plan.xml"] {
        let explanation = run(&["explain", files.path().join(name).to_str().unwrap(), "--format", "json"]).json();
        assert_eq!(explanation["plan"]["Plan"]["Sort Space Used"], 48000.0, "{name}: {explanation}");
        assert!(ids(&explanation).iter().any(|id| id.starts_with("plan/")), "{name}: {:?}", ids(&explanation));
        assert!(explanation["gaps"].to_string().contains("--db"), "{name}: {explanation}");
    }
    let explanation = piped(PLAN).json();
    assert_eq!(explanation["name"], "standard input");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_against_a_database_is_tried_where_it_tells_its_statement() {
    let Some(shop) = shop().await else { return };
    let node = r#""Plan": {"Node Type": "Seq Scan", "Relation Name": "orders", "Alias": "orders", "Startup Cost": 0.0, "Total Cost": 437.0,
        "Plan Rows": 10, "Plan Width": 20, "Actual Startup Time": 0.1, "Actual Total Time": 9.0, "Actual Rows": 10, "Actual Loops": 1,
        "Filter": "(customer_id = 7)", "Rows Removed by Filter": 19990}"#;
    let told = shop.file("told.json", &format!("{{\"Query Text\": \"{}\", {node}}}", STATEMENTS[0]));
    let explanation = against(&told, &shop.snapshot()).json();
    assert_eq!(explanation["origin"], "given", "{explanation}");
    assert_eq!(explanation["trials"][0]["verdict"], "proved", "{explanation}");
    let untold = shop.file("untold.json", &format!("[{{{node}}}]"));
    let explanation = against(&untold, &shop.snapshot()).json();
    assert!(explanation["trials"].as_array().unwrap().is_empty());
    assert!(explanation["gaps"].to_string().contains("does not tell its statement"), "{explanation}");
}

static EVENTS: &str = "
    create table event (id bigint primary key, kind int not null, source int not null);
    insert into event select n, n % 20, n % 20 from generate_series(1, 40000) n;
    create table detail (id bigint primary key, event_id bigint not null references event (id), amount int);
    insert into detail select n, n % 40000 + 1, n from generate_series(1, 80000) n;
    create index on detail (event_id)";

#[tokio::test(flavor = "multi_thread")]
async fn statistics_on_columns_that_hang_together_are_tried_with_what_a_run_has_shown() {
    let (Some(shop), Some(server)) = (shop().await, test_server::shared().await) else { return };
    let database = server.create_database("events").await.unwrap();
    let client = database.connect().await.unwrap();
    client.batch_execute(EVENTS).await.unwrap();
    client.batch_execute("vacuum analyze event").await.unwrap();
    client.batch_execute("vacuum analyze detail").await.unwrap();
    let sql = "select sum(amount) from event e join detail d on d.event_id = e.id where kind = 7 and source = 7";
    let run = async |client: &architrave_postgres::Client| {
        let rows = client.simple_query(&format!("explain (analyze, verbose, format json) {sql}")).await.unwrap();
        let row = rows.iter().find_map(|m| if let architrave_postgres::SimpleQueryMessage::Row(row) = m { row.get(0) } else { None });
        serde_json::from_str::<serde_json::Value>(row.unwrap()).unwrap()
    };
    let mut plan = run(&client).await;
    plan[0]["Query Text"] = sql.into();
    let plan = shop.file("events.json", &plan.to_string());
    let explanation = against(&plan, &database.connection_string()).json();
    let trials = explanation["trials"].as_array().unwrap();
    let trial = trials.iter().find(|t| t["statements"].to_string().contains("create statistics")).expect("tried");
    assert_eq!(trial["verdict"], "proved", "{trial}");
    assert!(trial["reason"].as_str().unwrap().contains("where 2000 were found"), "{trial}");
    // The source agrees: with these statistics it takes the plan that the twin foretold.
    for statement in trial["statements"].as_array().unwrap() {
        client.batch_execute(statement.as_str().unwrap()).await.unwrap();
    }
    let kinds = |plan: &serde_json::Value| plan.pointer("/Plan/Plans/0/Node Type").cloned();
    assert_eq!(kinds(&run(&client).await[0]), kinds(&trial["plan_after"]), "{trial}");
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_that_were_never_gathered_are_said() {
    let Some(shop) = shop().await else { return };
    let outcome = run(&["explain", "select * from never_analyzed where what = 'x'", "--db", &shop.url, "-q", "--format", "md"]);
    assert!(outcome.done().to_lowercase().contains("analyze"), "{}", outcome.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_masked_snapshot_serves() {
    let Some(shop) = shop().await else { return };
    let masked = shop.files.path().join("masked.snapshot.json").display().to_string();
    assert_eq!(run(&["snapshot", &shop.url, "-o", &masked, "--mask"]).status, 0);
    let explanation = against(STATEMENTS[0], &masked).json();
    assert_eq!(explanation["trials"][0]["verdict"], "proved", "{explanation}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_questions_get_one_sentence() {
    let Some(shop) = shop().await else { return };
    let db = shop.snapshot();
    against("select * from no_such_table", &db).refused(&["no_such_table", "does not exist"]);
    against("select from where", &db).refused(&["the statement"]);
    against("select nonsense from orders", &db).refused(&["nonsense"]);
    against("create table x (id int)", &db).refused(&["CREATE", "SELECT"]);
    against("selec 1", &db).refused(&["SELECT", "EXPLAIN"]);
    against("", &db).refused(&["empty"]);
    run(&["explain", "select 1"]).refused(&["--db"]);
    run(&["explain", "4242424242"]).refused(&["--db"]);
    run(&["explain", "no/such/file.sql"]).refused(&["no/such/file.sql does not exist"]);
    run(&["explain", &shop.file("garbage.txt", "\u{1}garbage\n")]).refused(&["garbage.txt"]);
    run(&["explain", &shop.file("empty.sql", " \n")]).refused(&["empty"]);
    run(&["explain", &shop.file("plan.json", "[{\"Plan\":")]).refused(&["plan.json"]);
    piped("").refused(&["standard input", "empty"]);
    let plan = shop.file("plan.txt", PLAN);
    run(&["explain", &plan, "-o", "plan.pdf"]).refused(&[".pdf", ".html"]);
    run(&["explain", &plan, "-o", "-"]).refused(&["--format"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_secrets_stay_home() {
    let Some(shop) = shop().await else { return };
    // The parameter's most common value is in the statistics.
    let statements =
        "select count(*) from orders where status = $1 and total > $2;\nselect id from orders where status <> 'open' order by id limit 5";
    let file = shop.file("secret.sql", statements);
    let url = format!("{} password=canary-password", shop.url);
    let ends = ["md", "html", "json", "txt"];
    let paths: Vec<String> = ends.iter().map(|e| shop.files.path().join(format!("e.{e}")).display().to_string()).collect();
    let mut arguments = vec!["explain", &file, "--db", &url, "--grow", "10"];
    arguments.extend(paths.iter().flat_map(|path| ["-o", path]));
    let outcome = run(&arguments);
    outcome.done();
    for text in paths.iter().map(|f| std::fs::read_to_string(f).unwrap()).chain([outcome.stdout, outcome.stderr]) {
        assert!(!text.is_empty());
        assert!(!text.contains(CANARY) && !text.contains("canary-password"), "a row value or a password leaked:\n{text}");
    }
}
