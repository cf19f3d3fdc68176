//! A text to its syntax tree: what many texts have in common is kept once, and complaints are looked for only where there can be any.
//!
//! The parser's own way builds each tree for itself, and walks it once more for each of some fifty checks. Most statements of migrations have nothing
//! that one of these could complain about, which a single look at the kinds of their nodes shows.

use rowan::{GreenNode, GreenNodeBuilder, GreenNodeData, NodeCache, NodeOrToken};
use squawk_parser::{EntryPoint, LexedStr, StrStep, is_col_name_keyword, is_reserved_keyword, is_type_func_name_keyword};
use squawk_syntax::SyntaxKind::{self, *};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::syntax_error::SyntaxError;
use squawk_syntax::{Parse, SourceFile, SyntaxNode};
use std::cell::RefCell;

/// Text whose tokens and small nodes are kept for the texts after it, bytes.
const MOST_KEPT: usize = 1024 * 1024;

/// Tokens and small nodes of the texts so far.
#[derive(Default)]
struct Kept {
    nodes: NodeCache,
    bytes: usize,
}

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

/// A text's tree.
pub(crate) enum Source {
    /// Nothing is wrong with it.
    Sound(GreenNode),
    /// Something may be.
    Doubtful(Parse<SourceFile>),
}

impl Source {
    pub(crate) fn parse(text: &str) -> Self {
        match build(text).filter(is_sound) {
            Some(tree) => {
                debug_assert!(SourceFile::parse(text).errors().is_empty(), "the parser complains about {text}");
                Self::Sound(tree)
            }
            None => Self::Doubtful(SourceFile::parse(text)),
        }
    }

    /// The tree.
    pub(crate) fn tree(&self) -> SourceFile {
        let sound = match self {
            Self::Sound(tree) => SourceFile::cast(SyntaxNode::new_root(tree.clone())),
            Self::Doubtful(parse) => return parse.tree(),
        };
        sound.unwrap_or_else(|| SourceFile::parse("").tree())
    }

    /// The parser's complaints, in order; those of a doubtful tree take several walks over it.
    pub(crate) fn errors(&self) -> Vec<SyntaxError> {
        match self {
            Self::Sound(_) => Vec::new(),
            Self::Doubtful(parse) => parse.errors(),
        }
    }
}

/// The tree of a text; none where the lexer or the parser complains.
fn build(text: &str) -> Option<GreenNode> {
    let lexed = LexedStr::new(text);
    let output = EntryPoint::SourceFile.parse(&lexed.to_input());
    KEPT.with_borrow_mut(|kept| {
        kept.bytes += text.len();
        if kept.bytes > MOST_KEPT {
            *kept = Kept { bytes: text.len(), ..Kept::default() };
        }
        let mut builder = GreenNodeBuilder::with_cache(&mut kept.nodes);
        let mut complains = lexed.errors().next().is_some();
        lexed.intersperse_trivia(&output, &mut |step| match step {
            StrStep::Token { kind, text } => builder.token(rowan::SyntaxKind(kind.into()), text),
            StrStep::Enter { kind } => builder.start_node(rowan::SyntaxKind(kind.into())),
            StrStep::Exit => builder.finish_node(),
            StrStep::Error { .. } => complains = true,
        });
        let tree = builder.finish();
        (!complains).then_some(tree)
    })
}

/// Whether no check of the parser's can complain. False is no verdict.
fn is_sound(tree: &GreenNode) -> bool {
    let mut open: Vec<(&GreenNodeData, SyntaxKind)> = vec![(tree, SOURCE_FILE)];
    while let Some((node, parent)) = open.pop() {
        let kind = SyntaxKind::from(node.kind().0);
        if is_checked(kind) && !passes(node, kind, parent) {
            return false;
        }
        for child in node.children() {
            match child {
                NodeOrToken::Node(child) => open.push((child, kind)),
                NodeOrToken::Token(token) => {
                    let escapes = match SyntaxKind::from(token.kind().0) {
                        UESCAPE_KW => true,
                        IDENT => token.text().as_bytes().get(1) == Some(&b'&'),
                        _ => false,
                    };
                    if escapes {
                        return false;
                    }
                }
            }
        }
    }
    true
}

/// Whether the parser has a check for nodes of that kind.
fn is_checked(kind: SyntaxKind) -> bool {
    ast::Type::can_cast(kind)
        || matches!(
            kind,
            ERROR
                | AGGREGATE
                | ATOMIC_BODY
                | BIN_EXPR
                | CALL_EXPR
                | COLUMN
                | CREATE_AGGREGATE
                | CREATE_FUNCTION
                | CREATE_PROCEDURE
                | CUSTOM_OP
                | DO
                | DISTINCT_ON
                | EXCEPT_TABLE_CLAUSE
                | FUNC_OPTION_LIST
                | FUNCTION_FROM_ITEM
                | FUNCTION_SIG
                | PROCEDURE_SIG
                | ROUTINE_SIG
                | ARRAY_EXPR
                | JOIN
                | JSON_ARRAY_FN
                | JSON_OBJECT_FN
                | LITERAL
                | NAME_REF
                | NON_STANDARD_PARAM
                | PAREN_FROM_ITEM
                | PARTITION_FOR_VALUES_WITH
                | PERCENT_TYPE
                | RELATION_FROM_ITEM
                | RULE_STMT_LIST
                | SELECT
                | SELECT_CLAUSE
                | SELECT_INTO
                | SET_COLUMN_LIST
                | SET_EXPR
                | TO_CONFIG_VALUE
                | SOURCE_FILE
                | STORAGE_MODE
                | TABLE_NAME
        )
}

/// Whether a node that is checked is surely right: the plain forms are, and for the others the check itself is asked.
fn passes(node: &GreenNodeData, kind: SyntaxKind, parent: SyntaxKind) -> bool {
    match kind {
        // One statement needs no semicolon before the next.
        SOURCE_FILE => nodes(node).count() <= 1,
        LITERAL => is_plain_literal(node),
        NAME_REF | TABLE_NAME => first_token(node).is_some_and(|first| !is_type_func_name_keyword(first)),
        CALL_EXPR => match nodes(node).next() {
            Some((NAME_REF, function)) => {
                first_token(function).is_some_and(|first| !is_col_name_keyword(first) && !is_reserved_keyword(first))
            }
            // A name with a schema is nobody's keyword.
            Some((FIELD_EXPR, _)) => !nodes(node).any(|(kind, _)| matches!(kind, ALL_FN | ANY_FN | SOME_FN)),
            _ => false,
        },
        BIN_EXPR => is_plain_operation(node),
        COLUMN => nodes(node).any(|(kind, _)| ast::Type::can_cast(kind)),
        JOIN => nodes(node).any(|(kind, _)| kind == ON_CLAUSE) && !nodes(node).any(|(kind, _)| kind == JOIN_USING_CLAUSE),
        RELATION_FROM_ITEM => !tokens(node).any(|kind| kind == LATERAL_KW),
        SELECT => !matches!(parent, TUPLE_EXPR | PAREN_EXPR) && nodes(node).next().is_some_and(|(kind, _)| kind == SELECT_CLAUSE),
        SELECT_CLAUSE => !nodes(node).any(|(kind, _)| kind == DISTINCT_CLAUSE),
        SET_COLUMN_LIST => nodes(node).any(|(kind, _)| kind == SET_SINGLE_COLUMN),
        SET_EXPR => !tokens(node).any(|kind| kind == DEFAULT_KW),
        TO_CONFIG_VALUE => nodes(node).any(|(kind, _)| kind == LITERAL),
        PERCENT_TYPE => false,
        _ if ast::Type::can_cast(kind) => nodes(node).filter(|(kind, _)| *kind == ARG_LIST).all(|(_, list)| has_plain_modifiers(list)),
        _ => false,
    }
}

fn nodes(node: &GreenNodeData) -> impl Iterator<Item = (SyntaxKind, &GreenNodeData)> {
    node.children().filter_map(NodeOrToken::into_node).map(|child| (SyntaxKind::from(child.kind().0), child))
}

fn tokens(node: &GreenNodeData) -> impl Iterator<Item = SyntaxKind> + '_ {
    node.children().filter_map(NodeOrToken::into_token).map(|token| SyntaxKind::from(token.kind().0))
}

fn first_token(node: &GreenNodeData) -> Option<SyntaxKind> {
    let mut node = node;
    loop {
        node = match node.children().next()? {
            NodeOrToken::Token(token) => return Some(SyntaxKind::from(token.kind().0)),
            NodeOrToken::Node(child) => child,
        };
    }
}

/// A single token, which is no DEFAULT and has no Unicode escapes.
fn is_plain_literal(node: &GreenNodeData) -> bool {
    let mut tokens = tokens(node);
    let plain = [STRING, INT_NUMBER, NUMERIC_NUMBER, TRUE_KW, FALSE_KW, NULL_KW, DOLLAR_QUOTED_STRING];
    tokens.next().is_some_and(|only| plain.contains(&only)) && node.children().len() == 1
}

/// No OVERLAPS, and behind IN a list in brackets.
fn is_plain_operation(node: &GreenNodeData) -> bool {
    let is_in = tokens(node).any(|kind| kind == IN_KW) || nodes(node).any(|(kind, _)| kind == NOT_IN);
    if is_in {
        return match nodes(node).last() {
            Some((PAREN_EXPR, _)) => true,
            Some((TUPLE_EXPR, list)) => nodes(list).next().is_some() && !tokens(list).any(|kind| kind == ROW_KW),
            _ => false,
        };
    }
    !tokens(node).any(|kind| kind == OVERLAPS_KW)
}

/// Whole numbers only: `(12, 2)`.
fn has_plain_modifiers(list: &GreenNodeData) -> bool {
    nodes(list).all(|(kind, argument)| {
        let mut inside = nodes(argument);
        kind == ARG
            && argument.children().len() == 1
            && inside.next().is_some_and(|(kind, literal)| kind == LITERAL && first_token(literal) == Some(INT_NUMBER))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_sound(text: &str) -> bool {
        matches!(Source::parse(text), Source::Sound(_))
    }

    #[test]
    fn what_migrations_are_made_of_is_sound() {
        for text in [
            "create table a.b (id bigint generated always as identity primary key, c char(3) not null default 'x', d numeric(12, 2)[], check (c in ('a', 'b')))",
            "alter table only a.b add constraint k check (d >= 0 and c not in ('a')) not valid",
            "create index concurrently i on a.b (lower(c), d desc) where d is not null",
            "update a.b set c = 'x', d = d + 1 where id > 10",
            "insert into a.b (c, d) values ('x', now()), (null, 2.5) on conflict do nothing",
            "create or replace view v as select b.id, x.c from a.b left join x on x.id = b.id where x.c = 'open'",
            "set lock_timeout to '2s'",
            "grant select on a.b to public",
            "create policy p on a.b using (owner = auth.uid())",
        ] {
            assert!(is_sound(text), "{text}");
        }
    }

    #[test]
    fn trees_are_those_of_the_parser() {
        for text in [
            "",
            ";",
            "-- nothing",
            "select 1",
            "create table a (b int, /* c */ d text default 'x')",
            "select (1",
            "alter table",
            "select U&\"a\"",
        ] {
            let (ours, theirs) = (Source::parse(text).tree(), SourceFile::parse(text).tree());
            assert_eq!(format!("{:#?}", ours.syntax()), format!("{:#?}", theirs.syntax()), "{text}");
        }
    }

    #[test]
    fn complaints_are_those_of_the_parser() {
        for text in [
            "create table t (a)",
            "create table left (a int)",
            "select left from t",
            "select a from t join u",
            "select a from t cross join u using (b)",
            "select a from t natural join u using (b)",
            "from t select a",
            "from t",
            "select distinct from t",
            "select a in 1",
            "select a in ()",
            "select a not in row(1)",
            "select a overlaps b",
            "select 'a' 'b'",
            "select U&'\\zzzz'",
            "select U&\"\\zzzz\"",
            "select u UESCAPE '!'",
            "select cast(a as varchar(b => 1))",
            "select cast(a as varchar(1 + 1))",
            "select coalesce()",
            "select nullif(a)",
            "select any(a)",
            "select default",
            "select [1]",
            "select (select)",
            "select * from lateral t",
            "select * from (t)",
            "update t set a[1] = default",
            "update t set",
            "set a to",
            "alter table t alter column a set storage odd",
            "do language sql $$ select 1 $$",
            "create function f() returns int language sql as $$ select ( $$",
            "create function f(variadic a int[], b int) returns int language sql as 'select 1' language sql",
            "create table p partition of t for values with (modulus 1)",
            "select 1 select 2",
            "select * from t where (a, b) = (select 1, 2) union select",
            "select ((select a from t))",
            "select json_array(select 1, 2)",
            "create rule r as on insert to t do (select 1 select 2)",
            "explain select a into b from t",
            "select 1 union select 2 into t",
            "\u{0}",
            "'",
            "select 1a",
            "é",
        ] {
            let words = |errors: Vec<SyntaxError>| errors.iter().map(|e| (e.range(), e.message().to_owned())).collect::<Vec<_>>();
            assert_eq!(words(Source::parse(text).errors()), words(SourceFile::parse(text).errors()), "{text}");
        }
    }
}
