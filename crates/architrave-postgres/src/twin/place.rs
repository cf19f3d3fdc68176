//! The twin's database: with the source's locale, since the order of text decides which indexes serve a `LIKE`.

use super::error::TwinError;
use crate::replay::Confined;
use crate::replay::ReplayError;
use crate::server::{Database, Locale, ServerError};
use architrave_model::stats::DatabaseFacts;
use architrave_model::{Gap, Snapshot};

/// A new database, and what about its locale is not as on the source.
pub(super) async fn create(server: &Confined<'_>, snapshot: &Snapshot) -> Result<(Database, Option<Gap>), TwinError> {
    let Some(source) = snapshot.stats.as_ref().and_then(|s| s.databases.iter().find(|d| d.name == snapshot.server.database)) else {
        return Ok((server.create_database("twin").await?, None));
    };
    let version = server.server().version_num();
    for locale in same(source, version) {
        if let Some(database) = attempt(server, &locale).await? {
            return Ok((database, None));
        }
    }
    let name = source.locale.as_deref().unwrap_or(&source.collate);
    let what = format!("collation {name}");
    for locale in similar(version) {
        if let Some(database) = attempt(server, &locale).await? {
            let why = format!(
                "this machine does not have it; {} stands in, so that ranges of text are estimated a little differently",
                locale.collate
            );
            return Ok((database, Some(Gap::new(what, why, Some("install the locale on this machine")))));
        }
    }
    let why = "this machine has no locale but C, in which more indexes serve LIKE";
    let gap = Gap::new(what, why, Some("install the locale on this machine"));
    Ok((server.create_database("twin").await?, Some(gap)))
}

/// A database with that locale; none where the machine lacks it.
async fn attempt(server: &Confined<'_>, locale: &Locale) -> Result<Option<Database>, TwinError> {
    match server.create_database_in("twin", locale).await {
        Ok(database) => Ok(Some(database)),
        Err(ReplayError::Server(ServerError::Sql { source, .. })) if source.code().is_some() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The source's locale under the names that it may have here.
fn same(source: &DatabaseFacts, version: u32) -> Vec<Locale> {
    let provider = source.locale_provider.clone().filter(|provider| provider != "libc").zip(source.locale.clone());
    let names = [source.collate.clone(), format!("{}.UTF-8", source.collate.split('.').next().unwrap_or_default())];
    match provider {
        // The operating system's part decides next to nothing then.
        Some((name, locale)) if version >= 170_000 || version >= 150_000 && name == "icu" => {
            let provider = Some((name, locale));
            ["C.UTF-8", "C"].map(|os| Locale { provider: provider.clone(), ..Locale::libc(os) }).to_vec()
        }
        Some((_, locale)) => vec![Locale::libc(locale)],
        None if source.ctype == source.collate => names.map(Locale::libc).to_vec(),
        None => vec![Locale { collate: source.collate.clone(), ctype: source.ctype.clone(), provider: None }],
    }
}

/// Locales that sort by more than bytes, or that PostgreSQL takes for such.
fn similar(version: u32) -> Vec<Locale> {
    let mut locales = ["en_US.UTF-8", "C.UTF-8", "C.utf8"].map(Locale::libc).to_vec();
    if version >= 150_000 {
        locales.push(Locale { provider: Some(("icu".to_owned(), "und".to_owned())), ..Locale::libc("C") });
    }
    locales
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_locale_has_several_names() {
        let source = DatabaseFacts { collate: "en_US.utf8".into(), ctype: "en_US.utf8".into(), ..DatabaseFacts::default() };
        assert_eq!(same(&source, 150_000), ["en_US.utf8", "en_US.UTF-8"].map(Locale::libc));
        let icu = DatabaseFacts { locale_provider: Some("icu".into()), locale: Some("de".into()), ..source };
        assert!(same(&icu, 160_000).iter().all(|locale| locale.provider == Some(("icu".into(), "de".into()))));
        assert_eq!(same(&icu, 140_000), [Locale::libc("de")]);
    }
}
