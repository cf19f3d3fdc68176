//! The walk: what is skipped, what is never opened, what cannot make it hang.

use super::{Tree, is_environment_file, is_environment_template};
use crate::testing::{describe, directory, project, put, read};
use crate::{ReadError, ReadOptions, read_project};
use std::fs;
use std::path::Path;

fn walk(root: &Path, max_files: usize) -> Tree {
    Tree::walk(root, &ReadOptions { max_files, ..ReadOptions::default() }, &|_| {}).unwrap()
}

fn files(root: &Path) -> Vec<String> {
    walk(root, 1000).files().collect()
}

#[test]
fn installed_generated_and_ignored_folders_are_skipped() {
    let directory = directory(&[
        (".gitignore", "*.log\n/out/\nsupabase/\nprisma/migrations\n!keep.log\n"),
        ("a.ts", ""),
        ("a.log", ""),
        ("keep.log", ""),
        ("out/x.sql", ""),
        ("sub/out/y.sql", ""),
        ("sub/.gitignore", "y.sql\n"),
        ("node_modules/p/schema.sql", ""),
        ("vendor/p/schema.sql", ""),
        (".git/config", ""),
        (".hidden/x.sql", ""),
        (".claude/rules.md", ""),
        ("Cargo.toml", ""),
        ("target/debug/x.sql", ""),
        ("lib/target/x.sql", ""),
        ("supabase/migrations/1_a.sql", ""),
        ("prisma/migrations/1_a/migration.sql", ""),
    ]);
    let expected = [
        ".gitignore",
        "Cargo.toml",
        "a.ts",
        "keep.log",
        ".claude/rules.md",
        "lib/target/x.sql",
        "prisma/migrations/1_a/migration.sql",
        "sub/.gitignore",
        "supabase/migrations/1_a.sql",
    ];
    assert_eq!(files(directory.path()), expected);
}

#[test]
fn the_limit_of_files_is_a_gap() {
    let directory = directory(&[]);
    for i in 0..50 {
        put(directory.path(), &format!("d{}/f{i}.ts", i % 5), b"");
    }
    let tree = walk(directory.path(), 20);
    assert_eq!(tree.file_count, 20);
    assert_eq!(tree.gaps[0].what, "files after the first 20");
    assert!(walk(directory.path(), 50).gaps.is_empty());
}

#[test]
fn environment_files_are_known_by_name() {
    for name in [".env", ".env.local", ".env.production", "db.env", ".envrc", ".ENV", "prod.env", ".env.ts"] {
        assert!(is_environment_file(name), "{name}");
        assert!(!is_environment_template(name), "{name}");
    }
    for name in [".env.example", ".env.sample", ".env.template", "example.env", "env.example", ".env.local.example", "example.docker.env"] {
        assert!(is_environment_template(name), "{name}");
        assert!(!is_environment_file(name), "{name}");
    }
    for name in ["environment.ts", "schema.sql", "package.json", "Dockerfile", "envoy.yaml", "example.md"] {
        assert!(!is_environment_file(name) && !is_environment_template(name), "{name}");
    }
}

#[test]
fn environment_files_are_never_opened() {
    let files = [
        (".env", "CANARY_NAME=canary-value\nDATABASE_URL=postgres://canary-value"),
        (".env.production", "CANARY_NAME=canary-value"),
        ("apps/web/.env.local", "CANARY_NAME=canary-value"),
        ("db.env", "create table canary (id int);"),
        (
            ".env.example",
            "# set these\nexport DATABASE_URL=postgres://canary-value\n# OPTIONAL_KEY=canary-value\nnot a variable\nlower=1\n",
        ),
        ("package.json", "{}"),
    ];
    let directory = directory(&files);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(".env", directory.path().join(".env.sample")).unwrap();
        std::os::unix::fs::symlink("../.env", directory.path().join("apps/schema.sql")).unwrap();
        let nobody = std::os::unix::fs::PermissionsExt::from_mode(0o000);
        fs::set_permissions(directory.path().join(".env.production"), nobody).unwrap();
    }
    let project = read(directory.path()).unwrap();
    let json = serde_json::to_string(&project).unwrap().to_lowercase();
    assert!(!json.contains("canary"), "{json}");
    assert_eq!(project.stack.environment_names, ["DATABASE_URL", "OPTIONAL_KEY"]);
    assert!(project.gaps.is_empty(), "{:?}", project.gaps);
    let tree = walk(directory.path(), 100);
    assert!(tree.read(".env").is_err() && tree.read("db.env").is_err());
}

#[test]
fn missing_and_wrong_roots_are_errors() {
    let directory = directory(&[("file", "")]);
    assert!(matches!(read(&directory.path().join("nowhere")), Err(ReadError::NotFound { .. })));
    assert!(matches!(read(&directory.path().join("file")), Err(ReadError::NotADirectory { .. })));
    let error = read(&directory.path().join("nowhere")).unwrap_err().to_string();
    assert!(error.ends_with("nowhere: no such file or directory"), "{error}");
}

#[test]
fn an_empty_directory_is_an_empty_project() {
    let project = project(&[]);
    assert_eq!(describe(&project), "");
    assert_eq!(project.files, 0);
}

#[cfg(unix)]
#[test]
fn links_and_pipes_cannot_hang_or_escape() {
    let outside = directory(&[("migrations/1_a.sql", "create table outside (id int);"), ("x.sql", "create table outside (id int);")]);
    let inside = directory(&[("migrations/1_a.sql", "create table a (id int);"), ("a/b/c.txt", "")]);
    let root = inside.path();
    let link = |to: &Path, at: &str| std::os::unix::fs::symlink(to, root.join(at)).unwrap();
    link(root, "a/b/loop");
    link(Path::new("self"), "self");
    link(outside.path(), "supabase");
    link(&outside.path().join("x.sql"), "schema.sql");
    link(&root.join("migrations/1_a.sql"), "migrations/2_b.sql");
    assert!(std::process::Command::new("mkfifo").arg(root.join("migrations/3_pipe.sql")).status().unwrap().success());
    let text = describe(&read(root).unwrap());
    assert!(!text.contains("outside"), "{text}");
    assert!(text.contains("2_b.sql: 1:1 create table a"), "{text}");
    assert!(text.contains("gap schema.sql: a symbolic link out of the project"), "{text}");
    assert!(text.contains("gap supabase: a symbolic link out of the project"), "{text}");
    assert!(!text.contains("pipe"), "{text}");
}

#[test]
fn odd_files_are_notes_and_gaps() {
    let directory = directory(&[("migrations/1_a.sql", "\u{feff}create table a (id int);\r\n\r\ncreate table b (id int);\r\n")]);
    put(directory.path(), "migrations/2_b.sql", b"create table c (\0\0\0);");
    put(directory.path(), "migrations/3_c.sql", b"-- caf\xe9\ncreate table d (id int);");
    put(directory.path(), "migrations/4_d.sql", b"PGDMP\x01\x0e\0");
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("create table e (id int);".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    put(directory.path(), "migrations/5_e.sql", &utf16);
    put(directory.path(), "migrations/6_f.sql", b"-- nothing yet\n");
    let huge = fs::File::create(directory.path().join("migrations/7_g.sql")).unwrap();
    huge.set_len(65 * 1024 * 1024).unwrap();
    let project = read(directory.path()).unwrap();
    expect_test::expect![[r#"
        migrations (numbered SQL files) migrations
          1 PerStatement migrations/1_a.sql: 1:1 create table a (id int) | 3:1 create table b (id int)
          3 PerStatement migrations/3_c.sql: 2:1 create table d (id int)
          5 PerStatement migrations/5_e.sql: 1:1 create table e (id int)
          6 PerStatement migrations/6_f.sql: 
          note migrations/2_b.sql:1: left out: is not a text file: a NUL byte at offset 16
          note migrations/3_c.sql:1: not UTF-8; each byte that is not was replaced by U+FFFD
          note migrations/4_d.sql:1: left out: is a pg_dump archive, not a plain script: convert it with pg_restore -f
          note migrations/5_e.sql:1: UTF-16, which PostgreSQL does not read; it was converted
          note migrations/6_f.sql:1: has no statement
          note migrations/7_g.sql:1: left out: has 65 MB; files over 64 MB are not read
        gap migrations/2_b.sql: is not a text file: a NUL byte at offset 16
        gap migrations/4_d.sql: is a pg_dump archive, not a plain script: convert it with pg_restore -f [turn it into plain SQL: pg_restore --schema-only -f schema.sql ARCHIVE]
        gap migrations/7_g.sql: has 65 MB; files over 64 MB are not read [leave the data out: pg_dump --schema-only]
    "#]].assert_eq(&describe(&project));
    let statements = &project.databases[0].scripts[0].statements;
    assert_eq!((statements[0].offset, statements[1].offset), (3, 31));
}

#[test]
fn the_limit_of_sql_text_is_a_gap() {
    let directory = directory(&[("m/1_a.sql", "create table a (id int);"), ("m/2_b.sql", "create table b (id int);")]);
    let options = ReadOptions { max_sql_bytes: 30, ..ReadOptions::default() };
    let project = read_project(directory.path(), &options, &|_| {}).unwrap();
    assert_eq!(project.databases[0].scripts.len(), 1);
    assert_eq!(project.gaps[0].what, "m/2_b.sql");
}

#[test]
fn many_files_are_walked_quickly() {
    let directory = directory(&[("prisma/migrations/1_a/migration.sql", "create table a (id int);"), (".gitignore", "*.log\n/tmp\n")]);
    for i in 0..40 {
        let folder = directory.path().join(format!("src/m{}/p{i}", i / 20));
        fs::create_dir_all(&folder).unwrap();
        for j in 0..50 {
            fs::File::create(folder.join(format!("f{j}.ts"))).unwrap();
        }
    }
    let project = read(directory.path()).unwrap();
    assert_eq!((project.files, project.databases.len()), (2_002, 1));
    assert_eq!(project.stack.source_files[0], ("ts".to_owned(), 2_000));
}
