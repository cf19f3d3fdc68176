//! Types that `supabase gen types typescript` wrote, as a schema of last resort: tables, columns, nullability, enums and foreign keys.
//!
//! Nothing else is in such a file: no policies, no indexes, no defaults, and `string` stands for every type that JSON writes as text.

mod literal;
mod schema;
#[cfg(test)]
mod tests;

use crate::path;
use crate::reader::Input;
use architrave_model::script::{Script, TransactionMode};

/// Names that generated files go by, and the ends of paths that make other names sure.
const NAMES: &[&str] = &["database.types.ts", "database-generated.types.ts", "supabase.types.ts", "types_db.ts", "supabase-types.ts"];
const ENDS: &[&str] = &["supabase/types.ts", "types/supabase.ts", "types/database.ts", "types/database.types.ts"];

/// Larger files than this are not what the generator writes.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// A schema read from generated types.
#[derive(Debug)]
pub(crate) struct Generated {
    /// The statements, with the lines of the types they come from.
    pub(crate) script: Script,
    /// Tables in it.
    pub(crate) tables: usize,
}

/// The generated types that belong to the Supabase project in `home`: the file nearest to it that describes a table.
pub(crate) fn find(input: &Input<'_>, home: &str) -> Option<Generated> {
    let near = path::parent(home);
    let mut files: Vec<String> = input
        .tree
        .files()
        .filter(|file| NAMES.contains(&path::file_name(file)) || ENDS.iter().any(|end| file == end || file.ends_with(&format!("/{end}"))))
        .filter(|file| near.is_empty() || path::is_within(file, near))
        .collect();
    files.sort_by_key(|file| (file.matches('/').count(), file.clone()));
    files.iter().find_map(|file| read(file, &input.tree.read(file).ok()?.text))
}

fn read(file: &str, text: &str) -> Option<Generated> {
    let schemas = literal::database(text.get(..MAX_BYTES.min(text.len()))?)?;
    let (statements, tables) = schema::statements(&schemas);
    let script = Script {
        path: file.to_owned(),
        version: path::file_name(file).to_owned(),
        transaction: TransactionMode::PerStatement,
        statements,
        ..Script::default()
    };
    (tables > 0).then_some(Generated { script, tables })
}
