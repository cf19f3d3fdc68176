//! What is no plan, or no longer a whole one, is refused in one sentence with its line.

use super::super::read;
use expect_test::{Expect, expect};

fn check(text: &str, wanted: Expect) {
    let said = match read(text) {
        Ok(plans) => format!("{} plans", plans.len()),
        Err(error) => error.to_string(),
    };
    wanted.assert_eq(&said);
}

#[test]
fn other_texts() {
    check("", expect!["there is no plan: the text is empty"]);
    check(" \n\t\n", expect!["there is no plan: the text is empty"]);
    check(
        "SELECT * FROM orders WHERE id = 1;",
        expect!["line 1: this is not a plan but an SQL statement; give what EXPLAIN prints (text, JSON, YAML or XML)"],
    );
    check(
        "\nexplain analyze select 1",
        expect!["line 2: this is not a plan but an SQL statement; give what EXPLAIN prints (text, JSON, YAML or XML)"],
    );
    check(
        "ERROR:  relation \"orders\" does not exist\nLINE 1: EXPLAIN SELECT * FROM orders;",
        expect!["line 1: this is not a plan but an error message of PostgreSQL; give what EXPLAIN prints (text, JSON, YAML or XML)"],
    );
    check(
        "psql:a.sql:3: ERROR:  syntax error",
        expect!["line 1: this is not a plan but an error message of PostgreSQL; give what EXPLAIN prints (text, JSON, YAML or XML)"],
    );
    check(
        "<!DOCTYPE html>\n<html><body>Sign in</body></html>",
        expect!["line 1: this is not a plan but a web page; give what EXPLAIN prints (text, JSON, YAML or XML)"],
    );
    check(
        "<a><b/></a>",
        expect!["line 1: this is not a plan but XML or HTML without <explain>; give what EXPLAIN prints (text, JSON, YAML or XML)"],
    );
    check(
        "id | select_type | table | type\n1 | SIMPLE | t | ALL",
        expect!["line 1: this is not a plan but a plan of another database; give what EXPLAIN prints (text, JSON, YAML or XML)"],
    );
    check("hello", expect!["line 1: this is not a plan but some other text; give what EXPLAIN prints (text, JSON, YAML or XML)"]);
    check(
        "QUERY PLAN\n----------\n(0 rows)",
        expect!["line 1: this is not a plan but some other text; give what EXPLAIN prints (text, JSON, YAML or XML)"],
    );
}

#[test]
fn values_that_are_no_plans() {
    check("[]", expect!["line 1: this is JSON, but not a plan: the list is empty"]);
    check("{}", expect![[r#"line 1: this is JSON, but not a plan: the key "Plan" is missing"#]]);
    check("[{\"id\": 1, \"name\": \"x\"}]", expect![[r#"line 1: this is JSON, but not a plan: the key "Plan" is missing"#]]);
    check("[{\"Plan\": {\"Total Cost\": 1}}]", expect![[r#"line 1: this is JSON, but not a plan: a node has no "Node Type""#]]);
    check(
        "[{\"Plan\": {\"Node Type\": \"Sort\", \"Plans\": 3}}]",
        expect![[r#"line 1: this is JSON, but not a plan: "Plans" is not a list"#]],
    );
    check(
        "[\n {\"Plan\": {\"Node Type\": \"Sort\", \"Total Cost\": \"high\"}}]",
        expect!["line 1: this is JSON, but not a plan: a string stands where a number is expected"],
    );
    check("[\n  {\n    \"Plan\": {\n      \"Node Type\": \"Sort\",\n", expect!["line 4: the plan is cut off: the JSON ends in the middle"]);
    check("[\n  {\n    \"Plan\": {\n      \"Node Type\": Sort }}]", expect!["line 4: this is not valid JSON: expected value"]);
    check(
        "- Plan:\n    Node Type: \"Sort\n",
        expect!["line 2: this is not valid YAML: while scanning a quoted scalar, found unexpected end of stream"],
    );
    check("- Plan:\n    Total Cost: 3\n", expect![[r#"line 1: this is YAML, but not a plan: a node has no "Node Type""#]]);
    check("<explain xmlns=\"x\">\n<Query>", expect!["line 2: the plan is cut off: </explain> is missing"]);
    check("<explain>\n<Query><Plan></Query></explain>", expect!["line 2: this is not valid XML: expected 'Plan' tag, not 'Query'"]);
    check("<explain>\n</explain>", expect!["line 1: this is XML, but not a plan: there is no <Plan> in <explain>"]);
    check(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), expect!["line 1: the plan is nested deeper than 60 levels"]);
}

const WHOLE: &str = "\
Hash Join  (cost=1.00..2.00 rows=1 width=4)
  Hash Cond: (a.id = b.id)
  ->  Seq Scan on a  (cost=0.00..1.00 rows=1 width=4)
        Filter: (x > 1)
  ->  Hash  (cost=0.50..0.50 rows=1 width=4)
        ->  Seq Scan on b  (cost=0.00..0.50 rows=1 width=4)
Planning Time: 0.100 ms";

#[test]
fn text_that_is_not_whole() {
    let lines: Vec<&str> = WHOLE.lines().collect();
    check(WHOLE, expect!["1 plans"]);
    check(&lines[2..].join("\n"), expect!["line 1: the plan is cut off: its uppermost node is missing (this line is a child of another)"]);
    check(&lines[..4].join("\n"), expect!["line 1: the plan is cut off: this Hash Join has one of its two inputs"]);
    check(&lines[..2].join("\n"), expect!["line 1: the plan is cut off: this Hash Join has none of its two inputs"]);
    check(
        &WHOLE[..WHOLE.find(" width=4)\n        Filter").unwrap()],
        expect!["line 3: the plan is cut off: the costs of this node are missing"],
    );
    check("Seq Scan on a  (cost=0.00..1.00 rows=many width=4)", expect!["line 1: the plan is cut off: `many` is not a number"]);
}

#[test]
fn indentation_that_is_lost() {
    let without: Vec<&str> = WHOLE.lines().map(str::trim_start).collect();
    check(
        &without.join("\n"),
        expect![
            "line 2: the indentation is lost: this line stands in column 1 and the node above it in column 1, not two to its left; paste the plan again with the spaces at the beginning of its lines, or use FORMAT JSON"
        ],
    );
    // One level less, but not below the margin: what an editor does to a selected part.
    let lines: Vec<&str> = WHOLE.lines().collect();
    let shifted: Vec<&str> = lines.iter().enumerate().map(|(at, line)| if at >= 4 { line.get(2..).unwrap() } else { *line }).collect();
    check(
        &shifted[..6].join("\n"),
        expect![
            "line 5: the indentation is lost: this node begins in column 1, left of where the children of the uppermost node do; paste the plan again with the spaces at the beginning of its lines, or use FORMAT JSON"
        ],
    );
    let deeper: Vec<String> =
        lines.iter().enumerate().map(|(at, line)| if at == 5 { format!("   {line}") } else { (*line).to_owned() }).collect();
    check(
        &deeper.join("\n"),
        expect![
            "line 6: the indentation is lost: what begins in column 12 is a child of no node above it (its neighbour in line 5 has its children in column 9); paste the plan again with the spaces at the beginning of its lines, or use FORMAT JSON"
        ],
    );
    let collapsed: Vec<String> =
        lines.iter().map(|line| if line.starts_with(' ') { format!(" {}", line.trim_start()) } else { (*line).to_owned() }).collect();
    check(
        &collapsed.join("\n"),
        expect![
            "line 2: the indentation is lost: this line stands in column 2 and the node above it in column 1, not two to its left; paste the plan again with the spaces at the beginning of its lines, or use FORMAT JSON"
        ],
    );
}

#[test]
fn plans_deeper_than_any() {
    let deep: String =
        (0..400).map(|level| format!("{}->  Limit  (cost=0.00..1.00 rows=1 width=4)\n", " ".repeat(2 + 6 * level))).collect();
    check(&format!("Limit  (cost=0.00..1.00 rows=1 width=4)\n{deep}"), expect!["line 202: the plan is nested deeper than 200 levels"]);
    let nested = format!("{}{{\"Node Type\": \"Limit\"}}{}", "{\"Node Type\": \"Limit\", \"Plans\": [".repeat(300), "]}".repeat(300));
    check(&nested, expect!["line 1: the plan is nested deeper than 60 levels"]);
    let yaml: String =
        (0..300).map(|level| format!("{0}- Plan:\n{0}    Node Type: \"Limit\"\n{0}    Plans:\n", " ".repeat(6 * level))).collect();
    check(&yaml, expect!["line 400: the plan is nested deeper than 200 levels"]);
    let xml = format!(
        "<explain><Query>{}{}</Query></explain>",
        "<Plan><Node-Type>Limit</Node-Type><Plans>".repeat(3000),
        "</Plans></Plan>".repeat(3000)
    );
    check(&xml, expect!["line 1: the plan is nested deeper than 200 levels"]);
}
