//! What stands before a literal that makes it the name of a table.

use architrave_model::code_use::CodeUseKind;

/// Functions whose first argument is a table.
static CALLS: &[&str] = &[
    "deleteFrom",
    "delete_from",
    "from",
    "from_",
    "fullJoin",
    "innerJoin",
    "insertInto",
    "insert_into",
    "into",
    "knex",
    "leftJoin",
    "mergeInto",
    "replaceInto",
    "rightJoin",
    "selectFrom",
    "table",
    "trx",
    "updateTable",
    "update_table",
];

/// Functions and annotations that map something to the table they name.
static MAPPINGS: &[&str] = &[
    "Entity",
    "JoinTable",
    "Table",
    "ToTable",
    "ToView",
    "pgMaterializedView",
    "pgTable",
    "pgView",
    "schema",
    "sqliteTable",
    "table_name",
];

/// Names that a table is assigned to.
static ASSIGNED: &[&str] = &["$table", "__tablename__", "db_table", "tableName", "table_name", "tablename", "from_table", "to_table"];

/// What makes a table's name before this literal a use; `before` is the text up to its opening quote.
pub(super) fn kind(before: &str) -> Option<CodeUseKind> {
    let before = before.trim_end();
    if let Some(call) = before.strip_suffix('(') {
        return of_call(call.trim_end());
    }
    // Tagged with nothing: `schema "orders" do`, `table "orders"`.
    if before.ends_with("schema") && !before.ends_with("_schema") && line_of(before) == "schema" {
        return Some(CodeUseKind::Mapping);
    }
    if let Some(left) = before.strip_suffix(['=', ':']) {
        let left = left.trim_end().trim_end_matches(['"', '\'', '?']);
        let name = last_word(left);
        if ASSIGNED.contains(&name) {
            return Some(CodeUseKind::Mapping);
        }
        // `@Table(name = "orders")`, `@Entity({ name: 'orders' })`.
        let annotation = &left[left.len().saturating_sub(left.len().min(120))..];
        let annotation = left.get(left.len().saturating_sub(120)..).unwrap_or(annotation);
        let opened = annotation.rfind('@').map(|at| &annotation[at + 1..]);
        let of_table = opened
            .is_some_and(|a| ["Table(", "Entity(", "JoinTable(", "SecondaryTable("].iter().any(|s| a.starts_with(s)) && !a.contains(')'));
        if name == "name" && of_table {
            return Some(CodeUseKind::Mapping);
        }
        if name == "table" {
            return Some(CodeUseKind::Call);
        }
    }
    // GORM: func (Order) TableName() string { return "orders" }
    let tail = before.get(before.len().saturating_sub(80)..).unwrap_or(before);
    if let Some(head) = tail.strip_suffix("return")
        && head.trim_end().strip_suffix('{').is_some_and(|h| h.trim_end().ends_with("TableName() string"))
    {
        return Some(CodeUseKind::Mapping);
    }
    None
}

fn of_call(call: &str) -> Option<CodeUseKind> {
    // Type arguments: `from<Order>("orders")`.
    let call = match call.strip_suffix('>') {
        Some(inner) => inner.rfind('<').map_or(call, |at| &call[..at]),
        None => call,
    };
    let name = last_word(call);
    let receiver = last_word(call.strip_suffix(name)?.trim_end_matches(['.', '?', '\n', ' ', '\t', '\r']));
    if MAPPINGS.contains(&name) {
        return Some(CodeUseKind::Mapping);
    }
    // Standard libraries have a `from`, too, and buckets of a storage are no tables.
    let another =
        ["Array", "Buffer", "Set", "Map", "Uint8Array", "Observable", "String", "PathBuf", "Some", "Value", "Iterator", "storage", "path"];
    (CALLS.contains(&name) && !another.contains(&receiver) && !call.ends_with("::from")).then_some(CodeUseKind::Call)
}

/// Whether a `table.column` is what a mapper's foreign key points to: `ForeignKey("orders.id")`.
pub(super) fn is_reference(before: &str) -> bool {
    before.trim_end().strip_suffix('(').is_some_and(|call| matches!(last_word(call.trim_end()), "ForeignKey" | "foreignKey" | "references"))
}

fn last_word(text: &str) -> &str {
    let start = text
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    &text[start..]
}

fn line_of(before: &str) -> &str {
    before.rsplit('\n').next().unwrap_or_default().trim()
}

/// `orders::table`, `orders::dsl`, with the place.
pub(super) fn diesel_tables(text: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    for mark in ["::table", "::dsl"] {
        for (at, _) in text.match_indices(mark) {
            let ends = text[at + mark.len()..].chars().next().is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
            let name = last_word(&text[..at]);
            if ends && !name.is_empty() {
                found.push((name, at - name.len()));
            }
        }
    }
    found
}
