//! `naming/invisible-characters`: see `invisible_characters.md` for the rule's page.

use crate::statements::exclusive;
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "naming/invisible-characters",
    summary: "name with blanks at its ends or characters that cannot be seen",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("invisible_characters.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let report = |object: ObjectRef, up: String, down: String, table: &QualifiedName, sink: &mut Sink<'_>| {
        let name = object.name.clone();
        let message = format!("the name {} holds {}", shown(&name), oddity(&name).unwrap_or("nothing"));
        let why = "Nobody sees it, and nobody can type the name from what a screen shows: \"column does not exist\", although it stands there. It mostly comes out of a pasted document or a spreadsheet's head line.";
        let fix = Fix {
            title: format!("rename {}", shown(&name)),
            up: vec![up],
            down: vec![down],
            transactional: true,
            effect: exclusive(table),
            caution: Some("programs that use the name as it is have to change at the same moment".into()),
        };
        sink.report(Draft::new(object, message, why).evidence("name", shown(&name), "pg_class, pg_attribute").fix(fix));
    };
    for table in scope.tables() {
        for column in table.columns.iter().filter(|c| !c.inherited && oddity(&c.name).is_some()) {
            let (sql, new) = (table.name.sql(), plain(&column.name));
            if new.is_empty() || table.column(&new).is_some() {
                continue;
            }
            let rename = |from: &str, to: &str| format!("alter table {sql} rename column {} to {}", quote_ident(from), quote_ident(to));
            let object = ObjectRef::column(&table.name, &column.name);
            report(object, rename(&column.name, &new), rename(&new, &column.name), &table.name, sink);
        }
        let new = plain(&table.name.name);
        if oddity(&table.name.name).is_some() && !new.is_empty() && catalog.table(&table.name.schema, &new).is_none() {
            let renamed = QualifiedName::new(&table.name.schema, &new);
            let rename = |from: &QualifiedName, to: &str| format!("alter table {} rename to {}", from.sql(), quote_ident(to));
            report(ObjectRef::table(&table.name), rename(&table.name, &new), rename(&renamed, &table.name.name), &table.name, sink);
        }
    }
}

/// What is odd about the name.
fn oddity(name: &str) -> Option<&'static str> {
    if name.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let invisible =
        |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    if name.chars().any(char::is_control) {
        Some("a control character")
    } else if name.chars().any(invisible) {
        Some("a character without a shape")
    } else if name.chars().any(|c| c.is_whitespace() && c != ' ') {
        Some("a blank that is no space")
    } else if name.trim() != name {
        Some("blanks at its ends")
    } else {
        None
    }
}

/// The name without them.
fn plain(name: &str) -> String {
    let kept: String = name.chars().filter(|c| oddity(&c.to_string()).is_none() || *c == ' ').collect();
    kept.trim().to_owned()
}

/// With escapes for what cannot be seen.
fn shown(name: &str) -> String {
    let escaped: String = name
        .chars()
        .flat_map(
            |c| if c == ' ' || !(c.is_whitespace() || oddity(&c.to_string()).is_some()) { vec![c] } else { c.escape_unicode().collect() },
        )
        .collect();
    format!("\"{escaped}\"")
}
