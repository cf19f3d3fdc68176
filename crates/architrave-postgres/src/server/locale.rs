//! The locale of a new database: how its text is sorted and classified.

use architrave_model::name::quote_literal;

/// What `CREATE DATABASE` is told about text. The encoding is always UTF-8.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locale {
    /// `LC_COLLATE`.
    pub collate: String,
    /// `LC_CTYPE`.
    pub ctype: String,
    /// `icu` (15 and later) or `builtin` (17 and later), and its locale; none for the operating system's.
    pub provider: Option<(String, String)>,
}

impl Locale {
    /// The same for collation and classification, from the operating system.
    pub fn libc(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { ctype: name.clone(), collate: name, provider: None }
    }

    /// What goes behind `CREATE DATABASE`.
    pub(super) fn clause(&self, version: u32) -> String {
        let mut clause = format!(" encoding 'UTF8' lc_collate {} lc_ctype {}", quote_literal(&self.collate), quote_literal(&self.ctype));
        if version >= 150_000 {
            clause.push_str(&match &self.provider {
                Some((provider, locale)) => format!(" locale_provider {provider} {provider}_locale {}", quote_literal(locale)),
                None => " locale_provider libc".to_owned(),
            });
        }
        clause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_named_where_they_exist() {
        let clause = " encoding 'UTF8' lc_collate 'C' lc_ctype 'C'";
        assert_eq!(Locale::libc("C").clause(140_000), clause);
        assert_eq!(Locale::libc("C").clause(150_000), format!("{clause} locale_provider libc"));
        let icu = Locale { provider: Some(("icu".to_owned(), "de".to_owned())), ..Locale::libc("C") };
        assert_eq!(icu.clause(160_000), format!("{clause} locale_provider icu icu_locale 'de'"));
    }
}
