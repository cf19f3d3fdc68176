//! Files whose presence alone says where a project runs and how it is tested and built.

use super::Facts;
use crate::path;
use crate::tree::Tree;
use architrave_model::stack::StackKind::{self, Ci, Database, Hosting, Orm};

const FILES: &[(&str, StackKind, &str)] = &[
    ("fly.toml", Hosting, "Fly.io"),
    ("vercel.json", Hosting, "Vercel"),
    ("netlify.toml", Hosting, "Netlify"),
    ("railway.json", Hosting, "Railway"),
    ("railway.toml", Hosting, "Railway"),
    ("render.yaml", Hosting, "Render"),
    ("Procfile", Hosting, "Heroku"),
    ("serverless.yml", Hosting, "Serverless Framework"),
    ("sst.config.ts", Hosting, "SST"),
    ("Chart.yaml", Hosting, "Kubernetes (Helm)"),
    (".gitlab-ci.yml", Ci, "GitLab CI"),
    ("azure-pipelines.yml", Ci, "Azure Pipelines"),
    ("bitbucket-pipelines.yml", Ci, "Bitbucket Pipelines"),
    ("Jenkinsfile", Ci, "Jenkins"),
    (".drone.yml", Ci, "Drone"),
    (".travis.yml", Ci, "Travis CI"),
    ("flyway.conf", Orm, "Flyway"),
    ("flyway.toml", Orm, "Flyway"),
    ("diesel.toml", Orm, "Diesel"),
    ("alembic.ini", Orm, "Alembic"),
    ("atlas.hcl", Orm, "Atlas"),
    ("sqlc.yaml", Orm, "sqlc"),
    ("sqlc.yml", Orm, "sqlc"),
    ("pgbouncer.ini", StackKind::Pooler, "PgBouncer"),
];

/// Adds what a file's name says. True when its content has nothing more to tell.
pub(super) fn note(tree: &Tree, file: &str, name: &str, facts: &mut Facts) -> bool {
    if let Some((_, kind, product)) = FILES.iter().find(|(n, _, _)| *n == name) {
        facts.add(*kind, product, None, file);
        return true;
    }
    let folder = path::parent(file);
    if folder == ".github/workflows" && (path::has_extension(name, "yml") || path::has_extension(name, "yaml")) {
        // One fact, not one per workflow.
        let first =
            tree.folder(folder).and_then(|f| f.files.iter().find(|n| path::has_extension(n, "yml") || path::has_extension(n, "yaml")));
        if first.is_some_and(|n| n == name) {
            facts.add(Ci, "GitHub Actions", None, file);
        }
        return true;
    }
    if file == ".circleci/config.yml" {
        facts.add(Ci, "CircleCI", None, file);
        return true;
    }
    if path::file_name(folder) == "supabase" && name == "config.toml" {
        facts.add(Database, "Supabase", None, file);
        facts.add(Database, "PostgreSQL", None, file);
        return true;
    }
    if matches!(name, "wrangler.toml" | "wrangler.json" | "wrangler.jsonc") {
        facts.add(Hosting, "Cloudflare Workers", None, file);
        if tree.read(file).is_ok_and(|t| t.text.contains("d1_databases")) {
            facts.add(Database, "Cloudflare D1", None, file);
        }
        return true;
    }
    false
}
