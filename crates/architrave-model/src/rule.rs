//! What a rule is, and the sink it reports into.

use crate::access::AttackReport;
use crate::catalog::Catalog;
use crate::catalog::compare::Difference;
use crate::context::Context;
use crate::explained::Explained;
use crate::finding::{Confidence, Effort, Evidence, Finding, Fix, Place, Proof, Severity, Value};
use crate::fingerprint::fingerprint;
use crate::migration::{Migrations, SafeVersion};
use crate::name::ObjectRef;
use crate::on_twin::OnTwin;
use crate::review::Replay;
use crate::script::Location;
use crate::settings::Settings;
use crate::stats::Stats;

/// The part of the report and the line of the scorecard that a rule belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Keys, foreign keys, constraints, nullability, naming: section 2.
    Modeling,
    /// Types: section 2.
    Types,
    /// Indexes, queries, table maintenance: section 3.
    Performance,
    /// Connections, memory, limits of growth: sections 1 and 4.
    Scaling,
    /// Migrations and their replay: section 5.
    Migrations,
    /// Backups, archiving, durability: section 7.
    Recovery,
    /// Access, row level security, roles, network, secrets: sections 1 and 8.
    Security,
    /// Versions, maintenance, settings: section 3.
    Operations,
    /// Comments and dictionary: section 2.
    Documentation,
}

impl Area {
    /// All, in the order of the scorecard.
    pub const ALL: [Self; 9] = [
        Self::Modeling,
        Self::Types,
        Self::Performance,
        Self::Scaling,
        Self::Security,
        Self::Migrations,
        Self::Recovery,
        Self::Operations,
        Self::Documentation,
    ];

    /// Heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Modeling => "Data model",
            Self::Types => "Data types",
            Self::Performance => "Performance",
            Self::Scaling => "Scaling",
            Self::Migrations => "Migrations",
            Self::Recovery => "Backup and recovery",
            Self::Security => "Security",
            Self::Operations => "Operations",
            Self::Documentation => "Documentation",
        }
    }
}

/// What a rule looks at. The signature is the contract: a rule whose input is missing is listed as not checked.
#[derive(Clone, Copy)]
pub enum Check {
    /// Needs the catalogue only.
    Catalog(fn(&Catalog, &Context<'_>, &mut Sink<'_>)),
    /// Needs statistics of a live server.
    Stats(fn(&Catalog, &Stats, &Context<'_>, &mut Sink<'_>)),
    /// Needs the settings of a live server.
    Settings(fn(&Settings, &Context<'_>, &mut Sink<'_>)),
    /// Needs scripts that were replayed (or read).
    Replay(fn(&Replay, &Context<'_>, &mut Sink<'_>)),
    /// Needs a project and a live database side by side.
    Drift(fn(&[Difference], &Context<'_>, &mut Sink<'_>)),
    /// Needs both statistics and settings of a live server.
    Live(fn(&Stats, &Settings, &Context<'_>, &mut Sink<'_>)),
    /// Needs the plan of a statement.
    Plan(fn(&Explained, &Context<'_>, &mut Sink<'_>)),
    /// Needs a workload that was planned on the twin.
    Twin(fn(&OnTwin, &Context<'_>, &mut Sink<'_>)),
    /// Needs migrations under judgement.
    Migration(fn(&Migrations, &Context<'_>, &mut Sink<'_>)),
    /// Needs an attack on row level security that was executed.
    Attack(fn(&AttackReport, &Context<'_>, &mut Sink<'_>)),
}

impl Check {
    /// The input it needs, in words.
    pub fn needs(&self) -> &'static str {
        match self {
            Self::Catalog(_) => "the catalogue",
            Self::Stats(_) => "statistics of a live server",
            Self::Settings(_) => "settings of a live server",
            Self::Replay(_) => "scripts of a project",
            Self::Drift(_) => "a project and a live database side by side",
            Self::Live(_) => "statistics and settings of a live server",
            Self::Plan(_) => "the plan of a statement",
            Self::Twin(_) => "a workload planned on the twin",
            Self::Migration(_) => "pending migrations (`architrave lint`)",
            Self::Attack(_) => "an attack that was executed (`architrave rls prove`)",
        }
    }
}

/// A rule: what `architrave rules` lists.
pub struct Rule {
    /// `group/problem-name`, permanent.
    pub id: &'static str,
    /// One line without full stop.
    pub summary: &'static str,
    /// Severity when nothing is known about exposure.
    pub severity: Severity,
    /// Confidence unless the finding says otherwise.
    pub confidence: Confidence,
    /// Effort unless the finding says otherwise.
    pub effort: Effort,
    /// Area.
    pub area: Area,
    /// The page, Markdown.
    pub docs: &'static str,
    /// What it looks at.
    pub check: Check,
}

impl Rule {
    /// The links of the page's *References* section.
    pub fn references(&self) -> Vec<crate::finding::Link> {
        let Some((_, section)) = self.docs.split_once("## References") else {
            return Vec::new();
        };
        section
            .lines()
            .filter_map(|line| {
                let (title, url) = line.trim().strip_prefix("- [")?.split_once("](")?;
                Some(crate::finding::Link { title: title.to_owned(), url: url.split_once(')')?.0.to_owned() })
            })
            .collect()
    }
}

/// A finding in the making; [`Sink::report`] gives it the rule's defaults.
#[derive(Debug, Clone)]
pub struct Draft {
    object: ObjectRef,
    message: String,
    why: String,
    severity: Option<Severity>,
    confidence: Option<Confidence>,
    effort: Option<Effort>,
    evidence: Vec<Evidence>,
    places: Vec<Place>,
    location: Option<Location>,
    fix: Option<Fix>,
    safe: Option<SafeVersion>,
    proof: Option<Proof>,
}

impl Draft {
    /// Object, message (object + fact + number, a lower-case fragment) and why it matters (full sentences).
    pub fn new(object: ObjectRef, message: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            object,
            message: message.into(),
            why: why.into(),
            severity: None,
            confidence: None,
            effort: None,
            evidence: Vec::new(),
            places: Vec::new(),
            location: None,
            fix: None,
            safe: None,
            proof: None,
        }
    }

    /// Severity in this database.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Confidence.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = Some(confidence);
        self
    }

    /// Effort.
    #[must_use]
    pub fn effort(mut self, effort: Effort) -> Self {
        self.effort = Some(effort);
        self
    }

    /// One more fact.
    #[must_use]
    pub fn evidence(mut self, fact: impl Into<String>, value: impl Into<Value>, source: impl Into<String>) -> Self {
        self.evidence.push(Evidence { fact: fact.into(), value: value.into(), source: source.into() });
        self
    }

    /// One more place of the same cause.
    #[must_use]
    pub fn place(mut self, object: ObjectRef, detail: Option<String>) -> Self {
        self.places.push(Place { object, location: None, detail });
        self
    }

    /// Where it stands, for what has no object with an origin.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// One more place of the same cause, with its location.
    #[must_use]
    pub fn place_at(mut self, object: ObjectRef, location: Location, detail: Option<String>) -> Self {
        self.places.push(Place { object, location: Some(location), detail });
        self
    }

    /// The fix.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// What was executed already, of rules that look at an execution.
    #[must_use]
    pub fn proof(mut self, proof: Proof) -> Self {
        self.proof = Some(proof);
        self
    }

    /// The safe version of the statements of a migration.
    #[must_use]
    pub fn safe(mut self, safe: SafeVersion) -> Self {
        self.safe = Some(safe);
        self
    }
}

/// Collects what the running rule reports.
pub struct Sink<'a> {
    rule: &'a Rule,
    findings: Vec<Finding>,
    not_checked: Option<String>,
    /// Those of the rule, once there is a finding.
    references: Option<Vec<crate::finding::Link>>,
}

impl<'a> Sink<'a> {
    /// A sink for one rule.
    pub fn new(rule: &'a Rule) -> Self {
        Self { rule, findings: Vec::new(), not_checked: None, references: None }
    }

    /// Reports a finding.
    pub fn report(&mut self, draft: Draft) {
        let rule = self.rule;
        self.findings.push(Finding {
            rule: rule.id.to_owned(),
            fingerprint: fingerprint(rule.id, &draft.object),
            severity: draft.severity.unwrap_or(rule.severity),
            confidence: draft.confidence.unwrap_or(rule.confidence),
            engine: "postgresql".to_owned(),
            target: String::new(),
            object: draft.object,
            places: draft.places,
            location: draft.location,
            message: draft.message,
            why: draft.why,
            evidence: draft.evidence,
            fix: draft.fix,
            safe: draft.safe,
            proof: draft.proof,
            effort: draft.effort.unwrap_or(rule.effort),
            references: self.references.get_or_insert_with(|| rule.references()).clone(),
        });
    }

    /// Says that the rule's input is there but does not allow a verdict (a view was not readable, the counters are too young, the
    /// provider keeps it out of sight): silence would read as a clean bill. A fragment without full stop.
    pub fn not_checked(&mut self, reason: impl Into<String>) {
        self.not_checked = Some(reason.into());
    }

    /// Why the rule could not come to a verdict, if it said so.
    pub fn not_checked_because(&self) -> Option<&str> {
        self.not_checked.as_deref()
    }

    /// What was reported.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}
