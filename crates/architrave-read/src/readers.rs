//! All readers, in the order in which they may claim folders: the surest marks first.

use crate::reader::Reader;

/// Every reader.
pub static ALL: &[&dyn Reader] = &[
    &crate::supabase::Supabase,
    &crate::prisma::Prisma,
    &crate::drizzle::Drizzle,
    &crate::hasura::Hasura,
    &crate::diesel::Diesel,
    &crate::dbmate::Dbmate,
    &crate::goose::Goose,
    &crate::sql_migrate::SqlMigrate,
    &crate::tern::Tern,
    &crate::graphile_migrate::GraphileMigrate,
    &crate::sqitch::Sqitch,
    &crate::liquibase::Liquibase,
    &crate::node_pg_migrate::NodePgMigrate,
    &crate::refinery::Refinery,
    &crate::flyway::Flyway,
    &crate::atlas::Atlas,
    &crate::sqlx::Sqlx,
    &crate::golang_migrate::GolangMigrate,
    &crate::alembic::Alembic,
    &crate::knex::Knex,
    &crate::typeorm::TypeOrm,
    &crate::sequelize::Sequelize,
    &crate::mikro_orm::MikroOrm,
    &crate::rails::Rails,
    &crate::numbered::Numbered,
    &crate::schema_file::SchemaFile,
    &crate::pg_dump::PgDump,
];

#[cfg(test)]
mod tests {
    use super::ALL;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_folder_with_a_reader_is_registered_once() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut folders = BTreeSet::new();
        for entry in std::fs::read_dir(source).unwrap() {
            let path = entry.unwrap().path();
            let Ok(text) = std::fs::read_to_string(path.join("mod.rs")) else { continue };
            if text.contains("impl Reader for") {
                assert!(path.join("tests.rs").is_file(), "{} has no tests.rs", path.display());
                folders.insert(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
        let registered: Vec<String> = ALL.iter().map(|r| r.folder().to_owned()).collect();
        assert_eq!(registered.iter().cloned().collect::<BTreeSet<_>>(), folders);
        assert_eq!(registered.len(), folders.len(), "a reader is registered twice");
    }

    #[test]
    fn every_format_has_exactly_one_reader() {
        let formats: BTreeSet<_> = ALL.iter().map(|r| r.format()).collect();
        assert_eq!(formats.len(), ALL.len());
    }
}
