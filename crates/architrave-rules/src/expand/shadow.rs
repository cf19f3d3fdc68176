//! A column beside the column: added empty, kept in step by a trigger, filled in batches, given the constraints and indexes of the old one,
//! and put in its place in one brief transaction. That is how a column changes its type or its name under load.

use super::backfill::{Backfill, Limits, collation_sql, place_of};
use super::{Ground, alter, brief, constraint, gated, names, outside, words};
use architrave_model::QualifiedName;
use architrave_model::catalog::{Column, Constraint, ConstraintKind, Identity, Index, Table, TableKind};
use architrave_model::migration::{Action, Migrations, SafeFile, SafeVersion, Target};
use architrave_model::name::{quote_ident, quote_literal};

/// Setting of the transaction that carries a number from one statement to another.
const KEPT_NUMBER: &str = "sync.next_number";

/// ALTER COLUMN … TYPE that rewrites or reads the table, as a new column in its place.
pub fn set_type(migrations: &Migrations, at: usize) -> Option<SafeVersion> {
    let ground = Ground::new(migrations, at)?;
    let [action @ Action::SetType { column, .. }] = ground.step.actions.as_slice() else { return None };
    let files = type_files(&ground, action)?;
    let at_once = files.len() == 1;
    let mut version = ground.instead(files)?;
    version.caution = (!at_once).then(|| {
        format!(
            "{column} stands last among the columns afterwards; sessions that have prepared a statement with it get an error once (\"cached plan must not change result type\")"
        )
    });
    Some(version)
}

/// The files of one ALTER COLUMN … TYPE among other subcommands; one file as it is, where it is brief.
pub(super) fn type_files(ground: &Ground<'_>, action: &Action) -> Option<Vec<SafeFile>> {
    let Action::SetType { table: target, column, type_text, using, collation: false } = action else { return None };
    let table = ground.table(&target.name)?;
    let old = table.column(column)?;
    let alone = ground.step.actions.len() == 1;
    if !ground.step.effect.rewrites_heap(&target.name) && !ground.step.effect.is_heavy() {
        let using = using.as_ref().map_or_else(String::new, |u| format!(" using {u}"));
        let own = format!("{} alter column {} type {type_text}{using}", alter(target), quote_ident(column));
        let text = if alone { ground.step.text.clone() } else { own };
        return Some(vec![brief(format!("type of {column}"), vec![text], Vec::new())]);
    }
    let new = names::column(table, column);
    let collation = old.collation.as_ref().filter(|_| takes_collation(type_text));
    let collation = collation.map_or_else(String::new, |c| format!(" collate {}", collation_sql(c)));
    let type_sql = format!("{type_text}{collation}");
    Shadow { ground: *ground, target, table, old, new, takes_old_name: true, type_sql, using: using.clone() }.files()
}

/// RENAME COLUMN as a second column: both names work until no deployed version uses the old one.
pub fn rename_column(migrations: &Migrations, at: usize) -> Option<SafeVersion> {
    let ground = Ground::new(migrations, at)?;
    let [Action::RenameColumn { table: target, from, to }] = ground.step.actions.as_slice() else { return None };
    let table = ground.table(&target.name)?;
    let old = table.column(from)?;
    if old.identity.is_some() {
        return None;
    }
    let collation = old.collation.as_ref().map_or_else(String::new, |c| format!(" collate {}", collation_sql(c)));
    let type_sql = format!("{}{collation}", old.data_type);
    let shadow = Shadow { ground, target, table, old, new: to.clone(), takes_old_name: false, type_sql, using: None };
    let mut version = ground.instead(shadow.files()?)?;
    version.caution = Some(format!("{to} stands last among the columns afterwards; while both are there every write costs a trigger"));
    Some(version)
}

fn takes_collation(data_type: &str) -> bool {
    let lower = data_type.to_lowercase();
    ["text", "character", "varchar", "char"].iter().any(|t| lower.starts_with(t))
}

struct Shadow<'a> {
    ground: Ground<'a>,
    target: &'a Target,
    table: &'a Table,
    old: &'a Column,
    /// Name of the new column.
    new: String,
    /// Whether the new column gets the old one's name in the end (a type change), or keeps its own (a rename).
    takes_old_name: bool,
    type_sql: String,
    using: Option<String>,
}

/// A constraint or index of the old column with its counterpart on the new one.
struct Moved<'a> {
    /// Name of the counterpart until the old one is gone.
    own: String,
    of: What<'a>,
}

enum What<'a> {
    /// A plain index.
    Index(&'a Index),
    /// PRIMARY KEY or UNIQUE, over an index of the same name.
    Unique(&'a Constraint),
    /// CHECK or FOREIGN KEY.
    Checked(&'a Constraint),
}

impl Shadow<'_> {
    fn names_old(&self, text: &str) -> bool {
        words::names_column(text, &self.table.name.name, &self.old.name)
    }

    /// The text with the new column in the place of the old one.
    fn moved_text(&self, text: &str) -> String {
        let new = quote_ident(&self.new);
        words::replace_columns(text, &self.table.name.name, &|name| (name == self.old.name).then(|| new.clone()))
    }

    fn alter(&self) -> String {
        alter(self.target)
    }

    /// What hangs on the column and cannot be moved by what is done here.
    fn is_hindered(&self) -> bool {
        let (table, old) = (self.table, &self.old.name);
        let before = &self.ground.step.before;
        let in_trigger = |t: &architrave_model::catalog::Trigger| {
            let when = t.definition.to_lowercase().find(" when ").and_then(|at| t.definition.get(at..));
            t.columns.contains(old) || when.is_some_and(|w| self.names_old(w))
        };
        let in_policy = |p: &architrave_model::catalog::Policy| {
            p.using.as_deref().is_some_and(|e| self.names_old(e)) || p.with_check.as_deref().is_some_and(|e| self.names_old(e))
        };
        let published = |p: &architrave_model::catalog::Publication| {
            p.tables.iter().any(|t| t.table == table.name && (t.columns.is_some() || t.filter.is_some()))
        };
        table.kind != TableKind::Ordinary
            || table.is_partition
            || !table.parents.is_empty()
            || before.tables.iter().any(|t| t.parents.contains(&table.name))
            || self.old.generated.is_some()
            || table.columns.iter().any(|c| c.generated.is_some() && c.default.as_deref().is_some_and(|d| self.names_old(d)))
            || before.views.iter().any(|v| v.depends_on.contains(&table.name) && words::names_column(&v.definition, &table.name.name, old))
            || table.triggers.iter().any(in_trigger)
            || table.policies.iter().any(in_policy)
            || table.rules.iter().any(|r| words::names_column(&r.definition, &table.name.name, old))
            || table.statistics.iter().any(|s| s.columns.contains(old) || self.names_old(&s.definition))
            || before.publications.iter().any(published)
            || table.constraints.iter().any(|c| c.kind == ConstraintKind::Exclusion && self.names_old(&c.definition))
    }

    /// Constraints and indexes that name the column; none where one cannot be moved.
    fn moved(&self) -> Option<Vec<Moved<'_>>> {
        let own = |name: &str| names::own(&self.ground, &QualifiedName::new(&self.table.name.schema, name), "", "new");
        let mut out = Vec::new();
        for constraint in &self.table.constraints {
            let of = match constraint.kind {
                ConstraintKind::PrimaryKey | ConstraintKind::Unique if constraint.columns.contains(&self.old.name) => {
                    What::Unique(constraint)
                }
                ConstraintKind::ForeignKey if constraint.columns.contains(&self.old.name) => What::Checked(constraint),
                ConstraintKind::Check if self.names_old(&constraint.definition) => What::Checked(constraint),
                _ => continue,
            };
            out.push(Moved { own: own(&constraint.name), of });
        }
        for index in self.table.indexes.iter().filter(|i| i.constraint.is_none()) {
            let (_, tail) = split_definition(&index.definition)?;
            if self.names_old(tail) {
                if !index.valid || index.replica_identity || index.clustered {
                    return None;
                }
                out.push(Moved { own: own(&index.name), of: What::Index(index) });
            }
        }
        Some(out)
    }

    fn files(&self) -> Option<Vec<SafeFile>> {
        if self.is_hindered() || self.is_referenced_by_itself() {
            return None;
        }
        let moved = self.moved()?;
        let not_null = self.not_null_name();
        let backfill = self.backfill();
        let mut files = vec![self.expand()];
        files.push(outside(format!("fill {}", self.new), vec![backfill.statement()?], Vec::new()));
        let checked = brief(format!("{} is filled", self.new), vec![backfill.clean_up(), self.analyze()], Vec::new());
        files.push(checked);
        files.extend(self.not_null_files(not_null.as_deref()));
        for each in &moved {
            files.extend(self.counterpart(each)?);
        }
        files.push(self.contract(&moved, not_null.as_deref()));
        files.extend(self.referrers().map(|(table, key)| {
            let target = Target { name: table.name.clone(), ..Target::default() };
            constraint::validate(&target, &key.name)
        }));
        Some(files)
    }

    /// The value of the new column, with the old one called `row.column`.
    fn value(&self, row: &str) -> String {
        let column = |name: &str| format!("{row}.{}", quote_ident(name));
        self.using.as_ref().map_or_else(
            || column(&self.old.name),
            |using| words::replace_columns(using, &self.table.name.name, &|name| self.table.column(name).map(|c| column(&c.name))),
        )
    }

    fn function(&self) -> QualifiedName {
        QualifiedName::new(&self.table.name.schema, names::own(&self.ground, &self.table.name, &self.new, "sync"))
    }

    /// Triggers fire in the order of their names: after all others, which may still change the value.
    fn trigger(&self) -> String {
        format!("zz_{}", self.function().name.chars().take(50).collect::<String>())
    }

    fn expand(&self) -> SafeFile {
        let (table, new, old) = (self.table.name.sql(), quote_ident(&self.new), quote_ident(&self.old.name));
        let body = if self.takes_old_name {
            format!("  new.{new} := {};\n", self.value("new"))
        } else {
            format!(
                "  if tg_op = 'INSERT' then
    if new.{new} is null then
      new.{new} := new.{old};
    else
      new.{old} := new.{new};
    end if;
  elsif new.{new} is distinct from old.{new} then
    new.{old} := new.{new};
  else
    new.{new} := new.{old};
  end if;
"
            )
        };
        let function = self.function().sql();
        let trigger = quote_ident(&self.trigger());
        let up = vec![
            format!("{} add column {new} {}", self.alter(), self.type_sql),
            format!("create function {function}() returns trigger language plpgsql as $sync$\nbegin\n{body}  return new;\nend\n$sync$"),
            format!("create trigger {trigger} before insert or update on {table} for each row execute function {function}()"),
        ];
        let down = vec![
            format!("drop trigger {trigger} on {table}"),
            format!("drop function {function}()"),
            format!("{} drop column {new}", self.alter()),
        ];
        brief(format!("add {} in step with {}", self.new, self.old.name), up, down)
    }

    fn backfill(&self) -> Backfill<'_> {
        let new = quote_ident(&self.new);
        let value = self.value("t");
        Backfill {
            table: self.table,
            alias: "t".to_owned(),
            set: format!("{new} = {value}"),
            only: Some(format!("t.{new} is null and ({value}) is not null")),
            place: place_of(&self.ground, &self.table.name, &self.new),
            limits: Limits::default(),
        }
    }

    fn analyze(&self) -> String {
        format!("analyze {} ({})", self.table.name.sql(), quote_ident(&self.new))
    }

    /// Name of the proof that the new column is not null, where the old one is.
    fn not_null_name(&self) -> Option<String> {
        self.old.not_null.then(|| names::own(&self.ground, &self.table.name, &self.new, "not_null"))
    }

    /// Up to 17 a check that is dropped in the end; from 18 on the constraint itself.
    fn not_null_files(&self, name: Option<&str>) -> Vec<SafeFile> {
        let Some(name) = name else { return Vec::new() };
        let mut files = constraint::set_not_null_named(&self.ground, self.target, &self.new, Some(name));
        if let Some(first) = files.first_mut() {
            first.gate = None;
        }
        files
    }

    fn counterpart(&self, moved: &Moved<'_>) -> Option<Vec<SafeFile>> {
        let own = quote_ident(&moved.own);
        let table = self.table.name.sql();
        let again = format!("drop index concurrently if exists {}", QualifiedName::new(&self.table.name.schema, &moved.own).sql());
        let build =
            |create: String| vec![outside(format!("build {} concurrently", moved.own), vec![again.clone(), create], vec![again.clone()])];
        match moved.of {
            What::Index(index) => {
                let (unique, tail) = split_definition(&index.definition)?;
                let unique = if unique { "unique " } else { "" };
                Some(build(format!("create {unique}index concurrently {own} on {table} {}", self.moved_text(tail))))
            }
            What::Unique(constraint) => {
                let index = constraint.index.as_ref().and_then(|i| self.table.index(i)).or_else(|| self.table.index(&constraint.name))?;
                let (_, tail) = split_definition(&index.definition)?;
                Some(build(format!("create unique index concurrently {own} on {table} {}", self.moved_text(tail))))
            }
            What::Checked(old) => {
                let text = words::without(&self.moved_constraint(old), &["not", "valid"]);
                let add = format!("{} add constraint {own} {text} not valid", self.alter());
                let drop = format!("{} drop constraint {own}", self.alter());
                let add = brief(format!("add {} not valid", moved.own), vec![add], vec![drop]);
                let validate = old.validated.then(|| constraint::validate(self.target, &moved.own));
                Some(std::iter::once(add).chain(validate).collect())
            }
        }
    }

    /// The columns of a foreign key stand before REFERENCES; behind it the names are the other table's.
    fn moved_constraint(&self, constraint: &Constraint) -> String {
        match constraint.definition.split_once(" REFERENCES ") {
            Some((own, other)) if constraint.kind == ConstraintKind::ForeignKey => format!("{} REFERENCES {other}", self.moved_text(own)),
            _ => self.moved_text(&constraint.definition),
        }
    }

    /// Foreign keys of other tables to a key that the column is part of.
    fn referrers(&self) -> impl Iterator<Item = (&Table, &Constraint)> {
        let others = self.ground.step.before.tables.iter().filter(|t| !t.is_partition);
        others.flat_map(|t| t.foreign_keys().map(move |(key, reference)| (t, key, reference))).filter_map(|(table, key, reference)| {
            (reference.table == self.table.name && reference.columns.contains(&self.old.name)).then_some((table, key))
        })
    }

    /// A table whose foreign key over this column points into itself.
    fn is_referenced_by_itself(&self) -> bool {
        self.referrers().any(|(table, _)| table.name == self.table.name || table.kind != TableKind::Ordinary)
    }

    /// The brief transaction in which the new column takes the place of the old one.
    fn contract(&self, moved: &[Moved<'_>], not_null: Option<&str>) -> SafeFile {
        let (table, new, old) = (self.table.name.sql(), quote_ident(&self.new), quote_ident(&self.old.name));
        let last = if self.takes_old_name { &self.old.name } else { &self.new };
        let mut up = vec![
            format!("lock table {table} in access exclusive mode"),
            format!("drop trigger {} on {table}", quote_ident(&self.trigger())),
            format!("drop function {}()", self.function().sql()),
        ];
        for (other, key) in self.referrers() {
            up.push(format!("alter table {} drop constraint {}", other.name.sql(), quote_ident(&key.name)));
        }
        up.extend(self.keep_sequence());
        up.push(format!("{} drop column {old}", self.alter()));
        if self.takes_old_name {
            up.push(format!("{} rename column {new} to {old}", self.alter()));
        }
        if let Some(name) = not_null.filter(|_| self.ground.major() >= 18) {
            let wanted = self.not_null_as_before(last);
            if wanted != name {
                up.push(format!("{} rename constraint {} to {}", self.alter(), quote_ident(name), quote_ident(&wanted)));
            }
        }
        up.extend(self.attributes(last));
        for each in moved {
            up.extend(self.takes_place(each));
        }
        for (other, key) in self.referrers() {
            let text = words::without(&self.referring_text(key), &["not", "valid"]);
            up.push(format!("alter table {} add constraint {} {text} not valid", other.name.sql(), quote_ident(&key.name)));
        }
        let probe = format!("select count(*) from {table} t where t.{new} is distinct from {}", self.value("t"));
        let gate = if self.takes_old_name {
            format!("the new column is complete: {probe} answers 0")
        } else {
            format!("every deployed version of the application reads and writes {new}, none names {old}; {probe} answers 0")
        };
        let title =
            if self.takes_old_name { format!("put {} in place of {}", self.new, self.old.name) } else { format!("drop {}", self.old.name) };
        gated(brief(title, up, Vec::new()), gate)
    }

    /// A foreign key of another table with the column's last name.
    fn referring_text(&self, key: &Constraint) -> String {
        if self.takes_old_name {
            return key.definition.clone();
        }
        let Some((own, other)) = key.definition.split_once(" REFERENCES ") else { return key.definition.clone() };
        let Some((list, end)) = words::parenthesised(other, 0) else { return key.definition.clone() };
        let name = other.split('(').next().unwrap_or_default();
        format!("{own} REFERENCES {name}({}){}", self.moved_text(list), other.get(end..).unwrap_or_default())
    }

    /// The name that the constraint has where the statement itself is executed: a rename and a type change both keep it.
    fn not_null_as_before(&self, last: &str) -> String {
        let is_it = |c: &&Constraint| c.kind == ConstraintKind::NotNull && c.columns == [self.old.name.clone()];
        let found = self.table.constraints.iter().find(is_it).map(|c| c.name.clone());
        found.unwrap_or_else(|| format!("{}_{last}_not_null", self.table.name.name))
    }

    /// A sequence that belongs to the old column would go with it; of an identity column, which has to go, the next number is kept.
    fn keep_sequence(&self) -> Option<String> {
        if self.old.identity.is_some() {
            let (table, column) = (quote_literal(&self.table.name.sql()), quote_literal(&self.old.name));
            return Some(format!("select set_config('{KEPT_NUMBER}', nextval(pg_get_serial_sequence({table}, {column}))::text, true)"));
        }
        let owner = |s: &&architrave_model::catalog::Sequence| {
            s.owned_by_table.as_ref() == Some(&self.table.name) && s.owned_by_column.as_ref() == Some(&self.old.name)
        };
        let sequence = self.ground.step.before.sequences.iter().find(owner)?;
        Some(format!("alter sequence {} owned by {}.{}", sequence.name.sql(), self.table.name.sql(), quote_ident(&self.new)))
    }

    /// Default, identity, comment, privileges and storage of the old column.
    fn attributes(&self, last: &str) -> Vec<String> {
        let column = format!("{} alter column {}", self.alter(), quote_ident(last));
        let table = self.table.name.sql();
        let mut out = Vec::new();
        if let Some(default) = &self.old.default {
            out.push(format!("{column} set default {default}"));
        }
        if let Some(identity) = self.old.identity {
            let kind = if identity == Identity::Always { "always" } else { "by default" };
            let sequence = format!("pg_get_serial_sequence({}, {})", quote_literal(&table), quote_literal(last));
            out.push(format!("{column} add generated {kind} as identity"));
            out.push(format!("select setval({sequence}, current_setting('{KEPT_NUMBER}')::bigint, false)"));
        }
        if let Some(target) = self.old.statistics_target {
            out.push(format!("{column} set statistics {target}"));
        }
        if let Some(storage) = &self.old.storage {
            out.push(format!("{column} set storage {}", storage.to_lowercase()));
        }
        if let Some(comment) = &self.old.comment {
            out.push(format!("comment on column {table}.{} is {}", quote_ident(last), quote_literal(comment)));
        }
        for grant in self.old.grants.iter().filter(|g| g.grantee != self.table.owner) {
            let role = if grant.is_public() { "public".to_owned() } else { quote_ident(&grant.grantee) };
            let privileges: Vec<String> =
                grant.privileges.iter().map(|p| format!("{} ({})", p.to_lowercase(), quote_ident(last))).collect();
            out.push(format!("grant {} on {table} to {role}", privileges.join(", ")));
        }
        out
    }

    /// What the counterpart does when the old one is gone.
    fn takes_place(&self, moved: &Moved<'_>) -> Vec<String> {
        let schema = &self.table.name.schema;
        let own = quote_ident(&moved.own);
        match moved.of {
            What::Index(index) => {
                let name = QualifiedName::new(schema, &index.name).sql();
                let rename = format!("alter index {} rename to {}", QualifiedName::new(schema, &moved.own).sql(), quote_ident(&index.name));
                let comment = index.comment.as_ref().map(|c| format!("comment on index {name} is {}", quote_literal(c)));
                std::iter::once(rename).chain(comment).collect()
            }
            What::Unique(old) => {
                let word = if old.kind == ConstraintKind::PrimaryKey { "primary key" } else { "unique" };
                let when = if old.deferred {
                    " deferrable initially deferred"
                } else if old.deferrable {
                    " deferrable"
                } else {
                    ""
                };
                let add = format!("{} add constraint {} {word} using index {own}{when}", self.alter(), quote_ident(&old.name));
                std::iter::once(add).chain(self.constraint_comment(old)).collect()
            }
            What::Checked(old) => {
                let rename = format!("{} rename constraint {own} to {}", self.alter(), quote_ident(&old.name));
                std::iter::once(rename).chain(self.constraint_comment(old)).collect()
            }
        }
    }

    fn constraint_comment(&self, old: &Constraint) -> Option<String> {
        let comment = old.comment.as_ref()?;
        Some(format!("comment on constraint {} on {} is {}", quote_ident(&old.name), self.table.name.sql(), quote_literal(comment)))
    }
}

/// Whether `CREATE [UNIQUE] INDEX name ON table …` is unique, and what stands behind the table.
fn split_definition(definition: &str) -> Option<(bool, &str)> {
    let all = words::words(definition);
    let using = all.iter().find(|w| w.depth == 0 && w.is("using"))?;
    Some((all.get(1)?.is("unique"), definition.get(using.start..)?))
}
