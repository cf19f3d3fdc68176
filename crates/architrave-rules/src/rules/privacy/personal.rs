//! Which columns hold personal data, by the words of their names, their types and what is known of their values' shape; never by values.
//!
//! Words are whole words, not substrings: `capacity` is no city and `passenger` no password. What a word means depends on the table
//! (`name` of a customer and of a product), so the table is judged first.

use super::lexicon::{self, has, is_any};
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, ConstraintKind, Table};
use architrave_model::finding::Confidence;
use architrave_model::{Context, Stats};

/// What kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Name,
    Email,
    Phone,
    BirthDate,
    Address,
    NationalId,
    Payment,
    Health,
    Biometric,
    Trait,
    Network,
    Position,
    Notes,
}

impl Kind {
    /// As messages call it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Name => "name of a person",
            Self::Email => "e-mail address",
            Self::Phone => "telephone number",
            Self::BirthDate => "date or place of birth",
            Self::Address => "postal address",
            Self::NationalId => "number of an identity, tax or insurance document",
            Self::Payment => "bank account or card number",
            Self::Health => "health",
            Self::Biometric => "biometric data",
            Self::Trait => "personal characteristic",
            Self::Network => "network or device address",
            Self::Position => "position of a person",
            Self::Notes => "free text about a person",
        }
    }

    /// What article 9 of the GDPR names as a special category, or what opens accounts.
    pub(super) fn is_sensitive(self) -> bool {
        matches!(self, Self::NationalId | Self::Payment | Self::Health | Self::Biometric)
    }
}

/// A column that holds personal data.
#[derive(Clone, Copy)]
pub(super) struct Hit<'a> {
    pub(super) table: &'a Table,
    pub(super) column: &'a Column,
    pub(super) kind: Kind,
    pub(super) confidence: Confidence,
    /// Distinct values and average width agree with the kind.
    pub(super) measured: bool,
}

/// The columns of a table that hold personal data.
pub(super) fn hits<'a>(table: &'a Table, context: &Context<'a>) -> Vec<Hit<'a>> {
    let subject = Subject::of(table);
    let keys: Vec<&str> = table
        .constraints
        .iter()
        .filter(|c| c.kind == ConstraintKind::ForeignKey)
        .flat_map(|c| c.columns.iter().map(String::as_str))
        .collect();
    let own = |c: &&Column| !c.inherited && !keys.contains(&c.name.as_str());
    table
        .columns
        .iter()
        .filter(own)
        .filter_map(|column| {
            let (kind, confidence) = kind_of(&subject, column)?;
            let confidence = weigh(context.stats, table, column, kind, confidence)?;
            let measured = context.stats.and_then(|s| s.column(&table.name, &column.name)).is_some_and(|s| s.average_width > 0);
            Some(Hit { table, column, kind, confidence, measured })
        })
        .collect()
}

/// What a table is about, as far as its name and columns tell.
pub(super) struct Subject {
    /// Words of the table's name.
    words: Vec<String>,
    /// One row is one person.
    person: bool,
    /// A row belongs to a person, or tells who somebody is.
    near_person: bool,
    /// Rows are settings, catalogues or machines, whatever their columns are called.
    thing: bool,
    /// It has columns for given and family names.
    split_name: bool,
}

impl Subject {
    /// Judges the table.
    pub(super) fn of(table: &Table) -> Self {
        let words = singular(words_of(&table.name.name));
        let head = words.last().map(String::as_str).unwrap_or_default();
        let thing = words.iter().any(|w| is_any(lexicon::THINGS, w));
        let columns: Vec<Vec<String>> = table.columns.iter().map(|c| words_of(&c.name)).collect();
        let split_name = columns.iter().any(|c| lexicon::GIVEN_NAMES.contains(&c.join(" ").as_str()));
        let born = columns.iter().any(|c| lexicon::BIRTH.contains(&c.join(" ").as_str()));
        let address = columns.iter().any(|c| c.iter().any(|w| is_any(lexicon::EMAIL, w)));
        let people = |words: &[String]| words.last().is_some_and(|w| is_any(lexicon::PEOPLE, w));
        let person = !thing && (people(&words) || split_name || born || (head == "account" && address));
        let refers = table.foreign_keys().any(|(_, r)| people(&singular(words_of(&r.table.name))));
        let keyed = |c: &Vec<String>| matches!(c.as_slice(), [.., who, id] if id == "id" && is_any(lexicon::PEOPLE, who));
        let named = words.iter().any(|w| is_any(lexicon::PEOPLE, w)) || columns.iter().any(keyed);
        Self { person, near_person: !thing && (person || refers || named || address), thing, split_name, words }
    }

    /// Whether one row is one person.
    pub(super) fn is_person(&self) -> bool {
        self.person
    }
}

/// `users` → `user`, `addresses` → `address`, `people` stays.
fn singular(words: Vec<String>) -> Vec<String> {
    let one = |word: String| {
        let stem = word.strip_suffix("sses").map(|s| format!("{s}ss"));
        let stem = stem.or_else(|| word.strip_suffix("ies").map(|s| format!("{s}y")));
        stem.or_else(|| word.strip_suffix('s').filter(|s| !s.ends_with('s') && s.len() > 2).map(str::to_owned)).unwrap_or(word)
    };
    words.into_iter().map(one).collect()
}

/// What the values can be.
struct Shape {
    text: bool,
    number: bool,
    wide_number: bool,
    date: bool,
    network: bool,
    geometry: bool,
    bytes: bool,
}

impl Shape {
    fn of(column: &Column) -> Self {
        let base = column.base_type();
        let base = base.rsplit('.').next().unwrap_or(&base);
        let is = |types: &[&str]| types.contains(&base);
        Self {
            text: is(&["text", "character varying", "character", "citext"]),
            number: is(&["integer", "bigint", "numeric"]),
            wide_number: is(&["bigint", "numeric"]),
            date: base.starts_with("timestamp") || base == "date",
            network: is(&["inet", "macaddr", "macaddr8"]),
            geometry: is(&["geometry", "geography", "point"]),
            bytes: is(&["bytea", "vector"]),
        }
    }
}

fn kind_of(subject: &Subject, column: &Column) -> Option<(Kind, Confidence)> {
    let words: Vec<String> = words_of(&column.name).iter().map(|w| w.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|w| !w.is_empty()).collect();
    let shape = Shape::of(column);
    if words.is_empty() || words.iter().any(|w| is_any(lexicon::ABOUT_IT, w)) || subject.thing {
        return None;
    }
    let name = words.join(" ");
    let likely = |kind| Some((kind, Confidence::Likely));
    let possible = |kind| Some((kind, Confidence::Possible));
    if shape.date {
        return lexicon::BIRTH.contains(&name.as_str()).then_some((Kind::BirthDate, Confidence::Likely));
    }
    // A firm's or a hotel's own e-mail address and telephone number are nobody's.
    let of_firm = !subject.person && subject.words.last().is_some_and(|w| is_any(lexicon::PLACES, w)) && !words.contains(&"contact");
    if shape.text && !of_firm && is_email(&words) {
        return likely(Kind::Email);
    }
    if (shape.text || shape.wide_number) && !of_firm && is_phone(&words, subject) {
        return likely(Kind::Phone);
    }
    if shape.text && lexicon::BIRTH.contains(&name.as_str()) {
        return likely(Kind::BirthDate);
    }
    if (shape.text || shape.number) && is_document(&name, &words, subject) {
        return likely(Kind::NationalId);
    }
    if (shape.text || shape.wide_number) && lexicon::PAYMENT.iter().any(|p| has(&name, p)) {
        return likely(Kind::Payment);
    }
    if shape.text && is_name(&name, &words, subject) {
        return likely(Kind::Name);
    }
    if (shape.text || shape.network) && is_network(&name, &words, subject) {
        return likely(Kind::Network);
    }
    if shape.text && is_address(&name, &words, subject) {
        return likely(Kind::Address);
    }
    if shape.text && subject.near_person && lexicon::HEALTH.iter().any(|h| has(&name, h)) {
        return likely(Kind::Health);
    }
    if (shape.text || shape.bytes) && lexicon::BIOMETRIC.iter().any(|b| has(&name, b)) {
        return likely(Kind::Biometric);
    }
    if shape.text && subject.person && lexicon::TRAITS.contains(&name.as_str()) {
        return likely(Kind::Trait);
    }
    let position =
        lexicon::POSITION.contains(&name.as_str()) && (shape.geometry || column.base_type() == "double precision" || shape.number);
    if position && subject.person {
        return likely(Kind::Position);
    }
    if shape.text && subject.person && lexicon::NOTES.contains(&name.as_str()) {
        return possible(Kind::Notes);
    }
    None
}

/// `email`, `billing_email`, `email_address`, and not `email_template`.
fn is_email(words: &[&str]) -> bool {
    let Some(at) = words.iter().position(|w| is_any(lexicon::EMAIL, w)) else {
        return words.windows(2).any(|w| w == ["e", "mail"]) && words.last() == Some(&"mail");
    };
    let before = words.get(..at).unwrap_or_default();
    let after = words.get(at + 1..).unwrap_or_default();
    after.iter().all(|w| is_any(lexicon::AFTER_EMAIL, w)) && !before.iter().any(|w| is_any(lexicon::BEFORE_FLAG, w))
}

fn is_phone(words: &[&str], subject: &Subject) -> bool {
    let Some(at) = words.iter().position(|w| is_any(lexicon::PHONE, w)) else {
        return subject.person && matches!(words, ["cell" | "tel" | "fax" | "contact"] | ["cell" | "contact", "number" | "no" | "num"]);
    };
    let after = words.get(at + 1..).unwrap_or_default();
    let before = words.get(..at).unwrap_or_default();
    after.iter().all(|w| is_any(lexicon::AFTER_PHONE, w)) && !before.iter().any(|w| is_any(lexicon::BEFORE_FLAG, w))
}

fn is_document(name: &str, words: &[&str], subject: &Subject) -> bool {
    lexicon::DOCUMENTS.iter().any(|d| has(name, d))
        || (subject.person && (lexicon::SHORT_DOCUMENTS.contains(&name) || words == ["tax", "id"]))
}

fn is_name(name: &str, words: &[&str], subject: &Subject) -> bool {
    if lexicon::NAMES.contains(&name) {
        return true;
    }
    match words {
        ["name"] => subject.person && !subject.split_name && subject.words.last().is_some_and(|w| is_any(lexicon::NAMED_PEOPLE, w)),
        [.., last] if matches!(*last, "firstname" | "lastname" | "surname" | "fullname") => true,
        [.., "first" | "last" | "middle" | "given" | "family" | "full", "name"] => {
            words.first().is_none_or(|w| !is_any(lexicon::NOT_PEOPLE, w))
        }
        [who, "name"] => is_any(lexicon::NAMED_PEOPLE, who),
        _ => false,
    }
}

fn is_network(name: &str, words: &[&str], subject: &Subject) -> bool {
    if lexicon::DEVICE.contains(&name) {
        return true;
    }
    let address = words.last().is_some_and(|w| matches!(*w, "ip" | "ipaddress" | "ipaddr" | "ipv"))
        || name.ends_with("ip address")
        || name.ends_with("ip addr")
        || matches!(name, "remote addr" | "remote address" | "remote host");
    address && !words.iter().any(|w| is_any(lexicon::MACHINES, w)) && !subject.words.iter().any(|w| is_any(lexicon::MACHINES, w))
}

fn is_address(name: &str, words: &[&str], subject: &Subject) -> bool {
    if words.iter().any(|w| is_any(lexicon::NO_POSTAL, w)) || subject.words.iter().any(|w| is_any(lexicon::PLACES, w)) {
        return false;
    }
    let strong = lexicon::STREET.iter().any(|s| has(name, s));
    let weak = words.last().is_some_and(|w| matches!(*w, "address" | "addr"));
    let of_person = words.iter().any(|w| is_any(&["billing", "shipping", "home", "delivery", "residential", "recipient", "customer"], w));
    (strong && (subject.near_person || subject.words.iter().any(|w| w == "address"))) || (weak && (subject.person || of_person))
}

/// What statistics add: a handful of values is a list of choices, none at all is no data yet; both speak against.
fn weigh(stats: Option<&Stats>, table: &Table, column: &Column, kind: Kind, confidence: Confidence) -> Option<Confidence> {
    let Some(stats) = stats else { return Some(confidence) };
    let Some(of) = stats.column(&table.name, &column.name) else { return Some(confidence) };
    let rows = stats.table(&table.name).and_then(architrave_model::stats::TableStats::row_estimate).unwrap_or(0.0);
    let identifying = matches!(kind, Kind::Email | Kind::Phone | Kind::Name | Kind::NationalId | Kind::Payment);
    let few = of.distinct > 0.0 && of.distinct <= 10.0 && rows >= 1000.0;
    if identifying && few && of.null_fraction < 0.99 {
        return None;
    }
    if kind == Kind::Email && of.average_width > 0 && of.average_width < 6 && of.null_fraction < 0.9 {
        return Some(Confidence::Possible);
    }
    Some(confidence)
}
