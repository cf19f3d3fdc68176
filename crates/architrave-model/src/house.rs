//! House rules: what the reviewed project has decided for itself. They win over built-in rules.

use crate::finding::Severity;
use crate::script::Location;
use serde::{Deserialize, Serialize};

/// Everything the house has said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HouseRules {
    /// Sentences of `.claude/rules.md`, `.claude/rules/*.md` and `[house]`, in order, each with what was understood.
    pub sentences: Vec<HouseSentence>,
    /// `[rules]` of `architrave.toml`.
    #[serde(default)]
    pub rules: Vec<RuleSetting>,
    /// `[[allow]]` of `architrave.toml`.
    #[serde(default)]
    pub allowed: Vec<Allowance>,
}

/// One sentence of the house rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseSentence {
    /// The sentence as written.
    pub text: String,
    /// Place.
    pub location: Location,
    /// What was understood; none when it is only quoted. A sentence with two demands stands here twice, at one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<HouseRule>,
    /// Names that the sentence exempts (tables, or `table.column`), as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exempt: Vec<String>,
}

impl HouseRules {
    /// Each sentence once, for quoting; whether any of it was understood.
    pub fn quotes(&self) -> Vec<(&HouseSentence, bool)> {
        let mut quotes: Vec<(&HouseSentence, bool)> = Vec::new();
        for sentence in &self.sentences {
            match quotes.last_mut() {
                Some((last, understood)) if last.location == sentence.location && last.text == sentence.text => {
                    *understood |= sentence.rule.is_some();
                }
                _ => quotes.push((sentence, sentence.rule.is_some())),
            }
        }
        quotes
    }
}

/// What a sentence of the house demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum HouseRule {
    /// Names of this kind follow a case.
    Naming {
        /// `table`, `column`, `index`, `constraint`, or `name` for all.
        kind: String,
        /// How they are written.
        case: NameCase,
    },
    /// Table names are plural (or singular).
    TableNumber {
        /// Plural; false for singular.
        plural: bool,
    },
    /// Names of this kind start with a prefix.
    Prefix {
        /// `table`, `column`, `index`, `constraint`, `foreign key` (the constraint), `foreign key column`, `view`, `function`.
        kind: String,
        /// Prefix.
        prefix: String,
    },
    /// Names of this kind end with a suffix.
    Suffix {
        /// As in `Prefix`.
        kind: String,
        /// Suffix.
        suffix: String,
    },
    /// A type must not be used.
    ForbiddenType {
        /// As `format_type` prints it, without modifier: `money`, `character varying`, `json`.
        data_type: String,
        /// The type to use instead, when the sentence names one.
        instead: Option<String>,
    },
    /// Primary keys have one of these types.
    KeyType {
        /// Types, as `format_type` prints them.
        data_types: Vec<String>,
    },
    /// Every table has these columns.
    RequiredColumns {
        /// Column names.
        columns: Vec<String>,
    },
    /// A built-in rule is switched off: the house allows what it would report.
    AllowsRule {
        /// Rule id.
        rule: String,
    },
}

/// How a name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant shows itself")]
pub enum NameCase {
    SnakeCase,
    CamelCase,
    PascalCase,
    KebabCase,
}

/// `[rules] "group/name" = …`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSetting {
    /// Rule id.
    pub rule: String,
    /// New severity; none for off.
    pub severity: Option<Severity>,
    /// Why.
    pub reason: String,
    /// Its place in `architrave.toml`.
    #[serde(default)]
    pub location: Location,
}

/// `[[allow]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Rule id.
    pub rule: String,
    /// Object as findings print it, `public.orders.note`; `*` stands for any run of characters.
    pub object: String,
    /// Why.
    pub reason: String,
    /// `YYYY-MM-DD`, the last day it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Its place in `architrave.toml`.
    #[serde(default)]
    pub location: Location,
}

/// What came of an [`Allowance`] in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllowanceUse {
    /// Its last day has passed.
    pub expired: bool,
    /// Findings that it allows; of an expired one, those that are back.
    pub findings: u32,
    /// Its rule ran, so that no finding means that there is none.
    pub checked: bool,
}
