//! What b-tree and GIN indexes count in their first page, decoded.

use crate::session::{NoKeys, Question, Rows};
use architrave_model::QualifiedName;
use architrave_model::stats::{GinCounters, IndexStats};
use serde::Deserialize;

pub(super) static QUESTION: Question = Question::new("meta pages of indexes", include_str!("meta_page.sql"));

/// One index's first bytes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MetaPage {
    schema: String,
    name: String,
    method: String,
    /// Hexadecimal; none when the file is gone.
    head: Option<String>,
}

const BTREE_MAGIC: u32 = 0x0005_3162;
const GIN_VERSION: u32 = 2;

/// An inner page holds no more entries than this: 16 bytes and a line pointer each.
const MOST_CHILDREN: i64 = 408;

/// Where the page's content starts, after the header that all pages have.
const CONTENT: usize = 24;

/// Adds what was read to the indexes, which are sorted by name.
pub(super) fn add(pages: Rows<MetaPage, NoKeys>, indexes: &mut [IndexStats]) {
    for page in pages.values() {
        let name = QualifiedName::new(&page.schema, &page.name);
        let Some(bytes) = page.head.as_deref().and_then(decode) else { continue };
        let Some(index) = indexes.binary_search_by(|i| i.name.cmp(&name)).ok().and_then(|at| indexes.get_mut(at)) else { continue };
        match page.method.as_str() {
            "btree" => {
                let pages = index.bytes.map_or(index.pages, |bytes| bytes / 8192);
                index.tree_level = tree_level(&bytes, pages);
            }
            "gin" => index.gin = gin(&bytes),
            _ => {}
        }
    }
}

fn decode(hex: &str) -> Option<Vec<u8>> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()).collect()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn i64_at(bytes: &[u8], at: usize) -> Option<i64> {
    Some(i64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// The level of the fast root, which is the one that the planner counts. None where the page is not (yet) a meta page, where it is of a
/// time when the tree was too low for the pages it has now (a checkpoint has yet to write it), and on machines of the other byte order.
fn tree_level(bytes: &[u8], pages: i64) -> Option<u32> {
    (u32_at(bytes, CONTENT)? == BTREE_MAGIC).then_some(())?;
    let (level, fast_level) = (u32_at(bytes, CONTENT + 12)?, u32_at(bytes, CONTENT + 20)?);
    let most_pages = (0..=level.min(4)).fold(1, |below, depth| below + MOST_CHILDREN.pow(depth));
    (fast_level < 32 && pages <= most_pages).then_some(fast_level)
}

fn gin(bytes: &[u8]) -> Option<GinCounters> {
    (u32_at(bytes, CONTENT + 48)? == GIN_VERSION).then_some(())?;
    Some(GinCounters {
        pending_pages: u32_at(bytes, CONTENT + 12)?,
        pending_rows: i64_at(bytes, CONTENT + 16)?,
        total_pages: u32_at(bytes, CONTENT + 24)?,
        entry_pages: u32_at(bytes, CONTENT + 28)?,
        data_pages: u32_at(bytes, CONTENT + 32)?,
        entries: i64_at(bytes, CONTENT + 40)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(level: u32) -> Vec<u8> {
        let mut bytes = vec![0; CONTENT];
        for value in [BTREE_MAGIC, 4, 3, level, 3, level] {
            bytes.extend(value.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn a_page_older_than_the_tree_tells_nothing() {
        assert_eq!(tree_level(&page(0), 2), Some(0));
        assert_eq!(tree_level(&page(0), 232), None);
        assert_eq!(tree_level(&page(1), 232), Some(1));
        assert_eq!(tree_level(&page(1), 500), None);
        assert_eq!(tree_level(&page(3), 1_000_000), Some(3));
        assert_eq!(tree_level(&[0; 48], 1), None);
    }
}
