//! SQL in programs.

use super::{Calls, Language, read};
use crate::text::TextFile;

const QUERY: Calls =
    Calls { sql: &["query", "raw", "addSql"], database: &["queryRunner", "knex", "this"], harmless: &[], wrappers: &["sql"] };
const OP: Calls = Calls { sql: &["execute"], database: &["op"], harmless: &["get_bind"], wrappers: &["text"] };

/// Up and down as `line:column text`, a template with `?` before it; other calls in brackets.
fn shown(source: &str, language: Language, calls: &Calls) -> (String, String) {
    let file = TextFile { text: source.to_owned(), ..TextFile::default() };
    let program = read(source, language, calls);
    let show = |way: &Option<super::Way>| {
        let Some(way) = way else { return "none".to_owned() };
        let parsed = way.parsed(&file);
        let mut out: Vec<String> = Vec::new();
        for s in &parsed.statements {
            let hole = if matches!(s.kind, architrave_model::script::StatementKind::Template { .. }) { "?" } else { "" };
            let first = s.text.split_whitespace().next().unwrap();
            assert!(source[s.offset..].starts_with(first), "{first} at {}", s.offset);
            let line = source.lines().nth(s.line as usize - 1).unwrap();
            assert!(line.chars().skip(s.column as usize - 1).collect::<String>().starts_with(first), "{first} at {}:{}", s.line, s.column);
            out.push(format!("{hole}{}:{} {}", s.line, s.column, s.text.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        out.extend(way.others.iter().map(|(line, call)| format!("[{line} {call}]")));
        out.join(" | ")
    };
    (show(&program.up), show(&program.down))
}

#[test]
fn a_class_of_typeorm() {
    let source = r#"
import { MigrationInterface, QueryRunner } from "typeorm";
export class A1700000000000 implements MigrationInterface {
    name = 'A1700000000000'
    public async up(queryRunner: QueryRunner): Promise<void> {
        await queryRunner.query(`CREATE TABLE "a" ("id" int, "é" text DEFAULT 'it''s'); CREATE INDEX i ON a (id)`);
        // await queryRunner.query("DROP TABLE never");
        await queryRunner.query("ALTER TABLE \"a\"\n ADD b int; ALTER TABLE a ADD c int");
        await queryRunner.query('ALTER TABLE a ' + 'ADD d int', [1]);
    }
    public async down(queryRunner: QueryRunner): Promise<void> {
        await queryRunner.query(`DROP TABLE "a"`);
    }
}
"#;
    let (up, down) = shown(source, Language::Script, &QUERY);
    assert_eq!(
        up,
        "6:34 CREATE TABLE \"a\" (\"id\" int, \"é\" text DEFAULT 'it''s') | 6:89 CREATE INDEX i ON a (id) | 8:34 ALTER TABLE \"a\" ADD b int | \
         8:65 ALTER TABLE a ADD c int | 9:34 ALTER TABLE a ADD d int"
    );
    assert_eq!(down, "12:34 DROP TABLE \"a\"");
}

#[test]
fn functions_of_knex_in_all_their_forms() {
    let source = "const sql = `create table a (id int)`;\nexports.up = async function (knex) {\n  await knex.raw(sql);\n  await knex.schema.raw('create table b (id int)').raw('create table c (id int)');\n  await Promise.all([knex.raw('select 1'), knex.raw('select 2')]);\n};\nexports.down = (knex) => knex.raw('drop table a');\n";
    let (up, down) = shown(source, Language::Script, &QUERY);
    assert_eq!(
        up,
        "1:14 create table a (id int) | 4:26 create table b (id int) | 4:57 create table c (id int) | 5:32 select 1 | 5:54 select 2"
    );
    assert_eq!(down, "7:36 drop table a");
    let source = "export async function up(knex: Knex): Promise<void> {\n  await knex.schema.createTable('a', (t) => { t.timestamp('x').defaultTo(knex.raw('now()')) });\n}\nexport async function down(knex) {}\n";
    let (up, down) = shown(source, Language::Script, &QUERY);
    assert_eq!((up.as_str(), down.as_str()), ("[2 createTable]", ""));
    let source = "module.exports = {\n  up: async (queryRunner, S) => { await queryRunner.sequelize.query(`alter table ${name} add a int; select 1`) },\n  async down (queryRunner) { await queryRunner.query(text()) },\n};\n";
    let (up, down) = shown(source, Language::Script, &QUERY);
    assert_eq!((up.as_str(), down.as_str()), ("?2:70 alter table ${name} add a int | 2:101 select 1", "[3 query(…)]"));
}

#[test]
fn revisions_of_alembic() {
    let source = "\"\"\"doc 'x\"\"\"\nimport sqlalchemy as sa\nrevision = 'a'\nSQL = \"\"\"\nCREATE TABLE a (id int);\n\"\"\"\n\ndef upgrade() -> None:\n    op.execute(SQL)\n    op.execute(sa.text('CREATE TABLE b '\n        '(id int)'))\n    op.get_bind().execute(text(\"select 1\"))\n    op.execute(f\"DROP TABLE {name}\")\n    op.add_column('a', sa.Column('x', sa.Integer()))\n\n\ndef downgrade():\n    op.execute(\"DROP TABLE a\" % 1)\n";
    let (up, down) = shown(source, Language::Python, &OP);
    assert_eq!(
        up,
        "5:1 CREATE TABLE a (id int) | 10:25 CREATE TABLE b (id int) | 12:33 select 1 | ?13:18 DROP TABLE {name} | [14 add_column]"
    );
    assert_eq!(down, "?18:17 DROP TABLE a");
}

#[test]
fn broken_programs_end() {
    for source in
        ["", "exports.up = ", "up(", "up(a) { knex.raw('x", "up(a) { knex.raw(`a ${ b", "def upgrade(", "a = /[/", "up: async ({", "\\"]
    {
        let _script = read(source, Language::Script, &QUERY);
        let _python = read(source, Language::Python, &OP);
    }
}
