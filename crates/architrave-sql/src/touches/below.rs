//! Walks over what stands below a node without making a cursor for every part of it: the trees behind are shared and know no parents, and most questions
//! need none.

use rowan::{GreenNodeData, NodeOrToken};
use squawk_syntax::{SyntaxKind, SyntaxNode};

/// Shows every token below the node, in order, blanks and comments too.
pub(crate) fn each_token(node: &SyntaxNode, mut look: impl FnMut(SyntaxKind, &str)) {
    walk(&node.green(), &mut look);
}

fn walk(node: &GreenNodeData, look: &mut impl FnMut(SyntaxKind, &str)) {
    for child in node.children() {
        match child {
            NodeOrToken::Node(inner) => walk(inner, look),
            NodeOrToken::Token(token) => look(SyntaxKind::from(token.kind().0), token.text()),
        }
    }
}

/// Whether the node is of such a kind, or a node or token below it.
pub(crate) fn has_any(node: &SyntaxNode, is_it: impl Fn(SyntaxKind) -> bool) -> bool {
    holds(&node.green(), &is_it)
}

fn holds(node: &GreenNodeData, is_it: &impl Fn(SyntaxKind) -> bool) -> bool {
    is_it(SyntaxKind::from(node.kind().0))
        || node.children().any(|child| match child {
            NodeOrToken::Node(inner) => holds(inner, is_it),
            NodeOrToken::Token(token) => is_it(SyntaxKind::from(token.kind().0)),
        })
}

/// The first token of each node of such a kind, the node itself among them, in order; blanks and comments are none.
pub(crate) fn first_tokens(node: &GreenNodeData, is_it: impl Fn(SyntaxKind) -> bool) -> Vec<&str> {
    let mut found = Vec::new();
    collect(node, &is_it, &mut found);
    found
}

fn collect<'t>(node: &'t GreenNodeData, is_it: &impl Fn(SyntaxKind) -> bool, found: &mut Vec<&'t str>) {
    if is_it(SyntaxKind::from(node.kind().0)) {
        let tokens = node.children().filter_map(NodeOrToken::into_token);
        let first = tokens.into_iter().find(|t| !SyntaxKind::from(t.kind().0).is_trivia());
        found.push(first.map_or("", |t| t.text()));
    }
    for child in node.children().filter_map(NodeOrToken::into_node) {
        collect(child, is_it, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use squawk_syntax::SourceFile;
    use squawk_syntax::ast::AstNode;

    #[test]
    fn what_is_found_is_what_cursors_find() {
        for text in ["create table a.\"B\" (id int primary key -- the key\n, c text check (c <> ''))", "select x.y, 1 from t where z", ""] {
            let tree = SourceFile::parse(text).tree();
            let root = tree.syntax();
            let mut tokens = Vec::new();
            each_token(root, |kind, text| tokens.push((kind, text.to_owned())));
            let by_cursor = root.descendants_with_tokens().filter_map(squawk_syntax::SyntaxElement::into_token);
            assert_eq!(tokens, by_cursor.map(|t| (t.kind(), t.text().to_owned())).collect::<Vec<_>>());
            for kind in [SyntaxKind::CHECK_CONSTRAINT, SyntaxKind::WHERE_CLAUSE, SyntaxKind::SOURCE_FILE, SyntaxKind::COMMENT] {
                assert_eq!(has_any(root, |k| k == kind), root.descendants_with_tokens().any(|e| e.kind() == kind), "{kind:?} in {text}");
            }
        }
        let tree = SourceFile::parse("create table a.\"B\" (id int)").tree();
        let green = tree.syntax().green();
        let mut names = first_tokens(&green, |k| matches!(k, SyntaxKind::PATH_SEGMENT | SyntaxKind::PATH_SEGMENT_REF));
        names.sort_unstable();
        assert_eq!(names, ["\"B\"", "a", "int"]);
    }
}
