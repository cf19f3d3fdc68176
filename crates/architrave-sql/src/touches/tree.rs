//! Small questions to the parser's tree.

use super::below::{each_token, has_any};
use crate::lex::name_of;
use architrave_model::name::{ObjectKind, ObjectRef};
use squawk_syntax::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};

/// A name as written, resolved as far as the text goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Qualified {
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
}

impl Qualified {
    pub(crate) fn object(self, kind: ObjectKind) -> ObjectRef {
        ObjectRef { kind, schema: self.schema, table: None, name: self.name }
    }

    /// Something that belongs to this table.
    pub(crate) fn member(&self, kind: ObjectKind, name: impl Into<String>) -> ObjectRef {
        ObjectRef { kind, schema: self.schema.clone(), table: Some(self.name.clone()), name: name.into() }
    }
}

/// Tokens of a node without blanks and comments.
pub(crate) fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> {
    node.descendants_with_tokens().filter_map(SyntaxElement::into_token).filter(|t| !t.kind().is_trivia())
}

/// The parts of a dotted name: `a.b.c`.
pub(crate) fn parts(node: &SyntaxNode) -> Vec<String> {
    let mut parts = Vec::new();
    each_token(node, |kind, text| {
        if !kind.is_trivia() && kind != SyntaxKind::DOT {
            parts.push(name_of(text));
        }
    });
    parts
}

/// The last two parts of a dotted name.
pub(crate) fn qualified(node: &SyntaxNode, schema: Option<&str>) -> Option<Qualified> {
    let mut parts = parts(node);
    let name = parts.pop()?;
    Some(Qualified { schema: parts.pop().or_else(|| schema.map(str::to_owned)), name })
}

/// First byte of a node that is no blank or comment.
pub(crate) fn start(node: &SyntaxNode) -> usize {
    tokens(node).next().map_or_else(|| node.text_range().start(), |t| t.text_range().start()).into()
}

/// The first child of that kind.
pub(crate) fn child(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxNode> {
    node.children().find(|c| c.kind() == kind)
}

/// The first node of that kind below.
pub(crate) fn below(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxNode> {
    has_any(node, |k| k == kind).then(|| node.descendants().find(|c| c.kind() == kind)).flatten()
}
