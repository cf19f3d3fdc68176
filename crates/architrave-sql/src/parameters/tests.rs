//! Tests of texts with parameters.

use super::*;
use std::collections::BTreeMap;

fn mended(text: &str) -> String {
    match mend(text) {
        Ok(mended) => mended.text,
        Err(why) => format!("! {why}"),
    }
}

#[test]
fn constants_that_became_parameters_are_mended() {
    let check = |text: &str, expected: &str| assert_eq!(mended(text), expected, "{text}");
    check("select * from t where at > now() - interval $1;", "select * from t where at > now() - $1::interval");
    check("select date $1 - interval $2 day, timestamp with time zone $3", "select $1::date - $2::interval, $3::timestamp with time zone");
    check(
        "select x at time zone $1, interval(3) $2, double precision $3",
        "select x at time zone $1, $2::interval(3), $3::double precision",
    );
    check("select extract($1 from o.at) from o", "select date_part($1::text, o.at) from o");
    check("select EXTRACT($1 FROM o.at) from o", "select date_part($1::text, o.at) from o");
    check(
        "select extract($1 from at) from o group by extract(year from at)",
        "select extract(year from at) from o group by extract(year from at)",
    );
    check("select 1 where a in ($1 /*, ... */)", "select 1 where a in ($1 , $2, $3)");
    check("select ARRAY[$1::int /*, ... */] where a = $2", "select ARRAY[$1::int , $3::int, $4::int] where a = $2");
    check("declare c cursor with hold for select * from t where a = $1", "select * from t where a = $1");
    check("prepare p (int) as select $1", "select $1");
    check("(select 1) union (select $1)", "(select 1) union (select $1)");
    check("select t.interval, date from t where t.date = $1", "select t.interval, date from t where t.date = $1");
}

#[test]
fn what_is_no_plannable_statement_says_why() {
    let check = |text: &str, expected: &str| assert_eq!(mended(text), format!("! {expected}"), "{text}");
    check("", "the text is empty");
    check("create table t (a int)", "CREATE is no statement that is planned");
    check("select * from t where (a = $1 and", "it ends inside a bracket or a quote: the text is cut off or broken");
    check("select 'abc", "it ends inside a bracket or a quote: the text is cut off or broken");
    check("select * from t where a = $1 and...", "the text is cut off; raise track_activity_query_size");
    check("select 1; select 2", "more than one statement");
    check("fetch 100 from c", "it reads a cursor, whose statement is another one");
    check("\u{1}\u{2}", "it is no SQL statement");
}

#[test]
fn places_tell_what_a_parameter_is() {
    let text = "select doc ->> $1, date_trunc($2, at) from t where a in ($3 /*, ... */) order by 1 limit $4 offset $5";
    let places = mend(text).unwrap().places;
    let expected = BTreeMap::from([
        (1, Place::JsonKey(Some("doc".into()))),
        (2, Place::DateField),
        (4, Place::Limit),
        (5, Place::Offset),
        (6, Place::Member(3)),
        (7, Place::Member(3)),
    ]);
    assert_eq!(places, expected);
    assert_eq!(mend("select 1 fetch first $1 rows only").unwrap().places, BTreeMap::from([(1, Place::Limit)]));
    assert_eq!(mend("select now() - interval $1 month").unwrap().places, BTreeMap::from([(1, Place::IntervalOf("month".into()))]));
}

#[test]
fn values_go_in_where_parameters_are_and_nowhere_else() {
    let values = BTreeMap::from([(1, "'5'::bigint".to_owned()), (2, "'it''s $1'::text".to_owned())]);
    assert_eq!(
        bind("select '$1', \"$1\", $1, $2, $3, ($1)[1] -- $1\n fetch first $1 rows only", &values),
        "select '$1', \"$1\", '5'::bigint, 'it''s $1'::text, $3, ('5'::bigint)[1] -- $1\n fetch first ('5'::bigint) rows only"
    );
    assert_eq!(bind("select $1::int, $3::int", &values), "select '5'::int, $3::int");
    assert_eq!(bind("select $1[2]", &values), "select ('5'::bigint)[2]");
}

#[test]
fn refused_texts_can_be_repaired() {
    assert_eq!(type_parameter("select $1, $1::int, $2", 1, "text"), "select $1::text, $1::int, $2");
    assert_eq!(separate("select $1 where a = $1 and b = $2", 1), ("select $1 where a = $3 and b = $2".to_owned(), vec![3]));
    assert_eq!(renumber("select $2, $5, $2"), ("select $1, $2, $1".to_owned(), BTreeMap::from([(2, 1), (5, 2)])));
    let text = "select date_trunc($1, at), doc ->> $2, count(*) from t where a = $3 group by date_trunc($4, at), doc ->> $5";
    assert_eq!(
        unite(text).unwrap(),
        "select date_trunc($1, at), doc ->> $2, count(*) from t where a = $3 group by date_trunc($1, at), doc ->> $2"
    );
    assert_eq!(unite("select f($1, a) from t group by f('day', a)").unwrap(), "select f('day', a) from t group by f('day', a)");
    assert_eq!(
        unite("select case when a > $1 then $2 end group by case when a > 5 then 'x' end").unwrap(),
        "select case when a > 5 then 'x' end group by case when a > 5 then 'x' end"
    );
    assert_eq!(unite("select 1 where a = $1 and a = $2 or b in ($3) or b in ($4)"), None);
}

#[test]
fn statements_that_differ_in_constants_only_are_one() {
    let same = |a: &str, b: &str| assert_eq!(identity(a), identity(b), "{a} / {b}");
    same("select * from t where a = 1", "SELECT *\n FROM t /* x */ WHERE a = 'b';");
    same("select * from t where a = $1", "select * from t where a = 5");
    same("select 1 from t where a in (1, 2, 3)", "select 1 from t where a in ($1)");
    same("insert into t values (1, 2), (3, 4)", "insert into t values ($1, $2)");
    assert_ne!(identity("select \"A\" from t"), identity("select \"a\" from t"));
    assert_eq!(identity("select 1").len(), 8);
    assert_eq!(
        normalise("select 'a', 2.5 from t -- x\n where b = $1 and \"c 1\" = $$z$$"),
        "select $2, $3 from t \n where b = $1 and \"c 1\" = $4"
    );
}

#[test]
fn numbers_that_are_no_constants_stay() {
    let check = |text: &str, expected: &str| assert_eq!(normalise(text), expected, "{text}");
    check("select a, 1 from t group by 1, 2 order by 2 desc, 1 limit 5", "select a, $1 from t group by 1, 2 order by 2 desc, 1 limit $2");
    check("select 1::numeric(10, 2), f(2), x::varchar(5)", "select $1::numeric(10, 2), f($2), x::varchar(5)");
    check("select rank() over (partition by 1 order by a), 3", "select rank() over (partition by 1 order by a), $1");
}

#[test]
fn placeholders_of_every_style_become_numbers() {
    let check = |text: &str, expected: &str| assert_eq!(number_placeholders(text).text, expected, "{text}");
    check("select a::text from t where b = :id and c = :name and d = :id", "select a::text from t where b = $1 and c = $2 and d = $1");
    check("select x[1:n], '{\":a\"}' from t where y = @y and z @> @z", "select x[1:n], '{\":a\"}' from t where y = $1 and z @> $2");
    check("select * from t where doc ? 'k' and a = ? and b in (?, ?)", "select * from t where doc ? 'k' and a = $1 and b in ($2, $3)");
    check("select * from t where doc ?| ? limit ?", "select * from t where doc ?| $1 limit $2");
    check("select a % b, 5 %s from t where c = %s and d = %(name)s", "select a % b, 5 %s from t where c = $1 and d = $2");
    check("select * from t where a = sqlc.arg(a) and b = sqlc.narg('b')", "select * from t where a = $1 and b = $2");
    check("select * from t where a = $1 and doc ? 'x'", "select * from t where a = $1 and doc ? 'x'");
    assert_eq!(number_placeholders("select :a, :b, :a").names, ["a", "b"]);
}
