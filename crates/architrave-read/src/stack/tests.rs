//! Stack facts of small projects.

use crate::testing::project;
use expect_test::{Expect, expect};

fn check(files: &[(&str, &str)], expected: Expect) {
    let stack = project(files).stack;
    let fact = |f: &architrave_model::stack::StackFact| {
        let version = f.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
        format!("{:?} {}{version} ({})\n", f.kind, f.name, f.path)
    };
    expected.assert_eq(&stack.facts.iter().map(fact).collect::<String>());
}

#[test]
fn a_node_project() {
    check(
        &[(
            "package.json",
            r#"{"engines": {"node": ">=20"},
                "dependencies": {"next": "15.1.0", "react": "^19", "@clerk/nextjs": "^6", "@prisma/client": "6.1.0", "ioredis": "^5", "bullmq": "^5", "left-pad": "1"},
                "devDependencies": {"prisma": "6.1.0", "typescript": "^5.6", "vitest": "workspace:*"}}"#,
        )],
        expect![[r#"
            Language Node.js >=20 (package.json)
            Language TypeScript ^5.6 (package.json)
            Framework Next.js 15.1.0 (package.json)
            Framework React ^19 (package.json)
            Orm Prisma 6.1.0 (package.json)
            Auth Clerk ^6 (package.json)
            Cache Redis ^5 (package.json)
            Queue BullMQ ^5 (package.json)
            Testing Vitest workspace:* (package.json)
        "#]],
    );
}

#[test]
fn workspaces_say_things_once() {
    check(
        &[
            ("package.json", r#"{"devDependencies": {"typescript": "5.6.0"}}"#),
            ("apps/a/package.json", r#"{"dependencies": {"pg": "8.1", "typescript": "5.6.0"}}"#),
            ("apps/b/package.json", r#"{"dependencies": {"pg": "8.2"}}"#),
            ("examples/c/package.json", r#"{"dependencies": {"mysql2": "3"}}"#),
        ],
        expect![[r#"
            Language JavaScript (apps/b/package.json)
            Language TypeScript 5.6.0 (package.json)
            Driver pg 8.1 (apps/a/package.json)
            Driver pg 8.2 (apps/b/package.json)
            Database PostgreSQL (apps/a/package.json)
        "#]],
    );
}

#[test]
fn python_projects() {
    check(
        &[
            (
                "requirements.txt",
                "# web\nFlask==3.0.3\nFlask-SQLAlchemy>=3.1 # orm\npsycopg[binary,pool]~=3.2 ; python_version > '3.8'\n-r dev.txt\nflask_migrate\n",
            ),
            (
                "api/pyproject.toml",
                "[project]\nrequires-python = \">=3.12\"\ndependencies = [\"fastapi>=0.110\", \"asyncpg\"]\n[dependency-groups]\ndev = [\"pytest>=8\"]\n",
            ),
            (
                "old/pyproject.toml",
                "[tool.poetry.dependencies]\npython = \"^3.10\"\ndjango = \"^5.0\"\ncelery = {version = \"^5.4\", extras = [\"redis\"]}\n",
            ),
        ],
        expect![[r#"
            Language Python >=3.12 (api/pyproject.toml)
            Language Python ^3.10 (old/pyproject.toml)
            Framework Django ^5.0 (old/pyproject.toml)
            Framework FastAPI >=0.110 (api/pyproject.toml)
            Framework Flask ==3.0.3 (requirements.txt)
            Orm Flask-Migrate (requirements.txt)
            Orm Flask-SQLAlchemy >=3.1 (requirements.txt)
            Driver asyncpg (api/pyproject.toml)
            Driver psycopg ~=3.2 (requirements.txt)
            Database PostgreSQL (requirements.txt)
            Queue Celery ^5.4 (old/pyproject.toml)
            Testing pytest >=8 (api/pyproject.toml)
        "#]],
    );
}

#[test]
fn rust_go_ruby_and_the_rest() {
    check(
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"x\"\nrust-version = \"1.80\"\n[dependencies]\naxum = \"0.8\"\nsqlx = { version = \"0.8\", features = [\"postgres\"] }\n",
            ),
            (
                "svc/go.mod",
                "module x\n\ngo 1.24.1\n\nrequire github.com/jackc/pgx/v5 v5.7.1\n\nrequire (\n\tgithub.com/gin-gonic/gin v1.10.0\n\tgithub.com/mattn/go-sqlite3 v1.14.0 // indirect\n)\n",
            ),
            ("web/Gemfile", "source 'https://rubygems.org'\ngem 'rails', '~> 8.0'\ngem \"pg\"\n"),
            ("php/composer.json", "{\"require\": {\"php\": \"^8.2\", \"laravel/framework\": \"^11.0\"}}"),
            ("ex/mix.exs", "defp deps do\n  [\n    {:phoenix, \"~> 1.7\"},\n    {:postgrex, \">= 0.0.0\"}\n  ]\nend\n"),
            ("jvm/pom.xml", "<dependency><groupId>org.postgresql</groupId></dependency><artifactId>flyway-core</artifactId>"),
        ],
        expect![[r#"
            Language Elixir (ex/mix.exs)
            Language Go 1.24.1 (svc/go.mod)
            Language Java (jvm/pom.xml)
            Language PHP ^8.2 (php/composer.json)
            Language Ruby (web/Gemfile)
            Language Rust 1.80 (Cargo.toml)
            Framework Gin v1.10.0 (svc/go.mod)
            Framework Laravel ^11.0 (php/composer.json)
            Framework Phoenix ~> 1.7 (ex/mix.exs)
            Framework Ruby on Rails ~> 8.0 (web/Gemfile)
            Framework axum 0.8 (Cargo.toml)
            Orm Active Record ~> 8.0 (web/Gemfile)
            Orm Eloquent ^11.0 (php/composer.json)
            Orm Flyway (jvm/pom.xml)
            Orm sqlx 0.8 (Cargo.toml)
            Driver Postgrex >= 0.0.0 (ex/mix.exs)
            Driver pg (web/Gemfile)
            Driver pgJDBC (jvm/pom.xml)
            Driver pgx v5.7.1 (svc/go.mod)
            Database PostgreSQL (Cargo.toml)
        "#]],
    );
}

#[test]
fn containers_hosting_and_ci() {
    let project = project(&[
        (
            "docker-compose.yml",
            "services:\n  db:\n    image: \"pgvector/pgvector:0.8.0-pg17\" # db\n    environment:\n      POSTGRES_PASSWORD: canary-secret\n  cache:\n    image: redis:7-alpine\n  pool:\n    image: ${REGISTRY:-docker.io}/edoburu/pgbouncer:v1.23\n",
        ),
        ("Dockerfile", "FROM --platform=linux/amd64 node:22 AS build\nENV SECRET=canary-secret\nFROM node:22-slim\n"),
        ("fly.toml", "app = 'x'\n[env]\nSECRET = 'canary-secret'\n"),
        ("vercel.json", "{}"),
        (".github/workflows/ci.yml", "on: push"),
        (".github/workflows/deploy.yml", "on: push"),
        ("schema.sql", "create table a (id int);"),
    ]);
    assert!(!serde_json::to_string(&project).unwrap().contains("canary"));
    assert_eq!(project.databases[0].postgres_major, Some(17));
    let facts: Vec<String> = project.stack.facts.iter().map(|f| format!("{} {}", f.name, f.version.as_deref().unwrap_or("-"))).collect();
    expect![[r#"
        PostgreSQL 0.8.0-pg17
        PgBouncer v1.23
        Redis 7-alpine
        Docker -
        Fly.io -
        Vercel -
        GitHub Actions -"#]]
    .assert_eq(&facts.join("\n"));
}

#[test]
fn broken_manifests_are_gaps() {
    let project = project(&[("package.json", "{"), ("pyproject.toml", "x ="), ("Cargo.toml", "[")]);
    let whats: Vec<&str> = project.gaps.iter().map(|g| g.what.as_str()).collect();
    assert_eq!(whats, ["Cargo.toml", "package.json", "pyproject.toml"]);
}
