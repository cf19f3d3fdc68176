//! Type names as `format_type` prints them. Whether a type exists is the caller's knowledge.

use super::expression::Names;
use super::syntax;
use architrave_model::name::quote_ident;
use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::{self, AstNode};

/// A type as written, in PostgreSQL's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeName {
    /// As `format_type` prints it, with modifier and brackets.
    pub text: String,
    /// The last part of the name as PostgreSQL's grammar makes it (`int4`, `varchar`), which names result columns.
    pub(crate) parser_name: String,
    /// SETOF.
    pub(crate) setof: bool,
    /// The integer type behind `serial`, when it is one of its kind.
    pub(crate) serial: Option<&'static str>,
}

impl TypeName {
    /// Without modifier, as function arguments and literal casts carry it.
    pub(crate) fn without_modifier(&self) -> String {
        without_modifier(&self.text)
    }
}

/// A type's text without its modifier: `character varying(10)[]` → `character varying[]`.
pub(crate) fn without_modifier(text: &str) -> String {
    let (base, brackets) = match text.find("[]") {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    if base == "\"char\"" {
        return text.to_owned();
    }
    if base.starts_with("interval") {
        return format!("interval{brackets}");
    }
    match (base.find('('), base.rfind(')')) {
        (Some(open), Some(close)) if open < close => format!("{}{}{brackets}", base[..open].trim_end(), &base[close + 1..]),
        _ if base == "bpchar" => format!("character{brackets}"),
        _ => text.to_owned(),
    }
}

/// A built-in type: what the grammar calls it, what `format_type` prints, and whether a modifier stands before a suffix.
struct BuiltIn {
    names: &'static [&'static str],
    printed: &'static str,
    parser_name: &'static str,
}

const fn built_in(names: &'static [&'static str], printed: &'static str, parser_name: &'static str) -> BuiltIn {
    BuiltIn { names, printed, parser_name }
}

static RENAMED: &[BuiltIn] = &[
    built_in(&["int", "integer", "int4"], "integer", "int4"),
    built_in(&["smallint", "int2"], "smallint", "int2"),
    built_in(&["bigint", "int8"], "bigint", "int8"),
    built_in(&["bool", "boolean"], "boolean", "bool"),
    built_in(&["real", "float4"], "real", "float4"),
    built_in(&["float8"], "double precision", "float8"),
    built_in(&["decimal", "dec", "numeric"], "numeric", "numeric"),
    built_in(&["timestamptz"], "timestamp with time zone", "timestamptz"),
    built_in(&["timetz"], "time with time zone", "timetz"),
    built_in(&["timestamp"], "timestamp without time zone", "timestamp"),
    built_in(&["time"], "time without time zone", "time"),
    built_in(&["varchar"], "character varying", "varchar"),
    built_in(&["bpchar"], "character", "bpchar"),
    built_in(&["varbit"], "bit varying", "varbit"),
];

/// Built-in types that print as they are written.
static PLAIN: &[&str] = &[
    "aclitem",
    "anyarray",
    "anycompatible",
    "anycompatiblearray",
    "anycompatiblemultirange",
    "anycompatiblenonarray",
    "anycompatiblerange",
    "anyelement",
    "anyenum",
    "anymultirange",
    "anynonarray",
    "anyrange",
    "bit",
    "box",
    "bytea",
    "cid",
    "cidr",
    "circle",
    "cstring",
    "date",
    "datemultirange",
    "daterange",
    "event_trigger",
    "fdw_handler",
    "gtsvector",
    "index_am_handler",
    "inet",
    "int2vector",
    "int4multirange",
    "int4range",
    "int8multirange",
    "int8range",
    "internal",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "language_handler",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_lsn",
    "pg_snapshot",
    "point",
    "polygon",
    "record",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "table_am_handler",
    "text",
    "tid",
    "trigger",
    "tsm_handler",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "unknown",
    "uuid",
    "void",
    "xid",
    "xid8",
    "xml",
];

/// Whether that unqualified name is a type of `pg_catalog`, with what `format_type` and the grammar call it.
fn lookup_built_in(name: &str) -> Option<(&'static str, &'static str)> {
    RENAMED
        .iter()
        .find(|b| b.names.contains(&name))
        .map(|b| (b.printed, b.parser_name))
        .or_else(|| PLAIN.binary_search(&name).ok().map(|at| (PLAIN[at], PLAIN[at])))
}

fn serial_of(name: &str) -> Option<&'static str> {
    match name {
        "serial" | "serial4" => Some("integer"),
        "bigserial" | "serial8" => Some("bigint"),
        "smallserial" | "serial2" => Some("smallint"),
        _ => None,
    }
}

/// Reads a type.
pub(crate) fn read(ty: &ast::Type, names: &dyn Names) -> TypeName {
    let node = ty.syntax();
    let arguments = ty.arg_list().map(|l| modifiers(&l)).unwrap_or_default();
    let mut result = match ty {
        ast::Type::ArrayType(array) => {
            let mut inner = array.ty().map(|t| read(&t, names)).unwrap_or_default();
            if !inner.text.ends_with("[]") {
                inner.text.push_str("[]");
            }
            inner
        }
        ast::Type::BitType(_) => {
            let length = arguments.first().map_or("1", String::as_str);
            simple(format!("bit({length})"), "bit")
        }
        ast::Type::BitVaryingType(_) => simple(with_modifier("bit varying", &arguments), "varbit"),
        ast::Type::CharacterType(_) => {
            let length = arguments.first().map_or("1", String::as_str);
            simple(format!("character({length})"), "bpchar")
        }
        ast::Type::VarcharType(_) => simple(with_modifier("character varying", &arguments), "varchar"),
        ast::Type::DoubleType(_) => simple("double precision".to_owned(), "float8"),
        ast::Type::IntervalType(interval) => interval_type(interval),
        ast::Type::TimeType(time) => time_type("time", time.literal(), syntax::has(node, SyntaxKind::WITH_TIMEZONE)),
        ast::Type::TimestampType(time) => time_type("timestamp", time.literal(), syntax::has(node, SyntaxKind::WITH_TIMEZONE)),
        ast::Type::PathType(path) => {
            let parts = path.path_ref().map(|p| syntax::path(&p)).unwrap_or_default();
            let quoted = last_part_is_quoted(path);
            by_name(&parts, &arguments, quoted, names)
        }
    };
    result.setof = syntax::has_deep(node, SyntaxKind::SETOF_KW);
    result
}

fn last_part_is_quoted(path: &ast::PathType) -> bool {
    path.path_ref().is_some_and(|p| syntax::all_tokens(p.syntax()).last().is_some_and(|t| t.text().starts_with('"')))
}

fn simple(text: String, parser_name: &str) -> TypeName {
    TypeName { text, parser_name: parser_name.to_owned(), ..TypeName::default() }
}

fn modifiers(list: &ast::ArgList) -> Vec<String> {
    list.args().map(|a| syntax::plain_text(a.syntax())).collect()
}

fn with_modifier(base: &str, modifiers: &[String]) -> String {
    if modifiers.is_empty() { base.to_owned() } else { format!("{base}({})", modifiers.join(",")) }
}

fn time_type(word: &str, precision: Option<ast::Literal>, zone: bool) -> TypeName {
    let precision = precision.map(|l| format!("({})", syntax::plain_text(l.syntax()))).unwrap_or_default();
    let (suffix, parser_name) = if zone { ("with", format!("{word}tz")) } else { ("without", word.to_owned()) };
    TypeName { text: format!("{word}{precision} {suffix} time zone"), parser_name, ..TypeName::default() }
}

fn interval_type(interval: &ast::IntervalType) -> TypeName {
    let mut text = "interval".to_owned();
    if let Some(qualifier) = interval.interval_qualifier() {
        let fields: Vec<String> = syntax::words(qualifier.syntax());
        let fields = fields.join(" ").replace(" (", "(").replace("( ", "(").replace(" )", ")");
        text = format!("interval {fields}");
    } else if let Some(precision) = interval.literal() {
        text = format!("interval({})", syntax::plain_text(precision.syntax()));
    }
    simple(text, "interval")
}

/// A type given by name.
pub(crate) fn by_name(parts: &[String], modifiers: &[String], quoted: bool, names: &dyn Names) -> TypeName {
    let (schema, name) = match parts {
        [] => return TypeName::default(),
        [name] => (None, name.as_str()),
        [.., schema, name] => (Some(schema.as_str()), name.as_str()),
    };
    if schema.is_none() && !quoted {
        if let Some(integer) = serial_of(name) {
            return TypeName { text: integer.to_owned(), parser_name: name.to_owned(), serial: Some(integer), ..TypeName::default() };
        }
        if name == "float" {
            let bits = modifiers.first().and_then(|m| m.parse::<u32>().ok());
            let (text, parser_name) = if bits.is_some_and(|b| b <= 24) { ("real", "float4") } else { ("double precision", "float8") };
            return simple(text.to_owned(), parser_name);
        }
    }
    if name == "char" && (quoted || schema == Some("pg_catalog")) {
        return simple("\"char\"".to_owned(), "char");
    }
    if schema.is_none_or(|s| s == "pg_catalog")
        && (schema.is_some() || !names.hides_built_in(name))
        && let Some((printed, parser_name)) = lookup_built_in(name)
    {
        return simple(built_in_text(printed, parser_name, modifiers), parser_name);
    }
    let qualified = names.type_name(parts);
    let text = qualified.iter().map(|p| quote_ident(p)).collect::<Vec<_>>().join(".");
    simple(with_modifier(&text, modifiers), name)
}

fn built_in_text(printed: &str, parser_name: &str, modifiers: &[String]) -> String {
    match (parser_name, modifiers) {
        ("bpchar", []) => "bpchar".to_owned(),
        ("bit", []) => "bit(1)".to_owned(),
        ("numeric", [precision]) => format!("numeric({precision},0)"),
        ("numeric", [precision, scale]) => format!("numeric({precision},{scale})"),
        ("timestamp" | "timestamptz" | "time" | "timetz", [precision]) => match printed.split_once(' ') {
            Some((word, rest)) => format!("{word}({precision}) {rest}"),
            None => printed.to_owned(),
        },
        _ => with_modifier(printed, modifiers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ddl::expression::AsWritten;
    use squawk_syntax::SourceFile;

    fn format(ty: &str) -> String {
        let parse = SourceFile::parse(&format!("create table t (a {ty})"));
        let tree = parse.tree();
        let Some(ty) = tree.syntax().descendants().find_map(ast::Type::cast) else { return String::new() };
        read(&ty, &AsWritten).text
    }

    #[test]
    fn built_in_list_is_sorted() {
        assert!(PLAIN.is_sorted());
    }

    #[test]
    fn types_print_as_format_type_does() {
        for (written, printed) in [
            ("int", "integer"),
            ("INT8", "bigint"),
            ("varchar(10)", "character varying(10)"),
            ("character varying", "character varying"),
            ("char", "character(1)"),
            ("char(3)", "character(3)"),
            ("\"char\"", "\"char\""),
            ("bpchar", "bpchar"),
            ("decimal(10,2)", "numeric(10,2)"),
            ("numeric(5)", "numeric(5,0)"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("timestamp(3)", "timestamp(3) without time zone"),
            ("time with time zone", "time with time zone"),
            ("float(20)", "real"),
            ("float", "double precision"),
            ("double precision", "double precision"),
            ("bit", "bit(1)"),
            ("bit varying(5)", "bit varying(5)"),
            ("interval day to second(3)", "interval day to second(3)"),
            ("interval(2)", "interval(2)"),
            ("interval year to month", "interval year to month"),
            ("text[]", "text[]"),
            ("int[3][4]", "integer[]"),
            ("int array", "integer[]"),
            ("bigserial", "bigint"),
            ("public.mood", "public.mood"),
            ("public.\"Mood\"[]", "public.\"Mood\"[]"),
            ("extensions.vector(3)", "extensions.vector(3)"),
            ("pg_catalog.int4", "integer"),
        ] {
            assert_eq!(format(written), printed, "{written}");
        }
    }

    #[test]
    fn modifiers_can_be_left_out() {
        assert_eq!(without_modifier("character varying(10)[]"), "character varying[]");
        assert_eq!(without_modifier("timestamp(3) with time zone"), "timestamp with time zone");
        assert_eq!(without_modifier("interval day to second(3)"), "interval");
        assert_eq!(without_modifier("\"char\""), "\"char\"");
    }
}
