//! Pages of the indexes whose first pages the planner reads: a b-tree of any height without entries, GIN and BRIN meta pages.

use architrave_model::stats::GinCounters;

/// Bytes of a page.
pub(super) const PAGE: usize = 8192;

/// The same, as sizes in statistics are.
pub(super) const BYTES: i64 = 8192;

/// Bytes of the header that all pages have.
const HEADER: usize = 24;

/// A page under construction, zero where nothing was written.
struct Page(Vec<u8>);

impl Page {
    /// `lower` is where free space begins, `special` the size of the access method's area at the end.
    fn new(lower: usize, special: usize) -> Self {
        let mut page = Self(vec![0; PAGE]);
        page.u16(12, lower);
        page.u16(14, PAGE - special);
        page.u16(16, PAGE - special);
        // The size of pages and version 4 of their layout.
        page.u16(18, PAGE | 4);
        page
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.0.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    fn u16(&mut self, at: usize, value: usize) {
        self.put(at, &u16::try_from(value).unwrap_or(0).to_ne_bytes());
    }

    fn u32(&mut self, at: usize, value: u32) {
        self.put(at, &value.to_ne_bytes());
    }
}

/// A b-tree with `level` levels above its only leaf, which is empty: meta page, then root to leaf, one page each. Every page above the
/// leaf has one entry, "less than everything", that leads to the next page.
pub(super) fn btree(level: u32, major: u16) -> Vec<u8> {
    const ROOT: u32 = 1;
    let mut meta = Page::new(HEADER + if major >= 13 { 48 } else { 40 }, 16);
    for (at, value) in [0x0005_3162, 4, ROOT, level, ROOT, level].into_iter().enumerate() {
        meta.u32(HEADER + 4 * at, value);
    }
    meta.put(HEADER + 32, &(-1.0_f64).to_ne_bytes());
    meta.u16(PAGE - 4, 8);
    let mut file = meta.0;
    for depth in 0..=level {
        let is_leaf = depth == level;
        let mut page = Page::new(HEADER + if is_leaf { 0 } else { 4 }, 16);
        if !is_leaf {
            let entry = PAGE - 16 - 8;
            page.u16(14, entry);
            // Line pointer: offset, state "normal", length.
            page.u32(HEADER, u32::try_from(entry).unwrap_or(0) | 1 << 15 | 8 << 17);
            // Block (high half first), no key columns, size with the flag of a pivot.
            page.u16(entry + 2, (depth + 2) as usize);
            page.u16(entry + 6, 8 | 0x2000);
        }
        page.u32(PAGE - 8, level - depth);
        page.u16(PAGE - 4, usize::from(is_leaf) | if depth == 0 { 2 } else { 0 });
        file.extend(page.0);
    }
    file
}

/// The meta page of a GIN index with these counters, and an empty root.
pub(super) fn gin(counters: &GinCounters) -> Vec<u8> {
    let mut meta = Page::new(HEADER + 56, 8);
    // No pending list: its pages are only counted.
    meta.u32(HEADER, u32::MAX);
    meta.u32(HEADER + 4, u32::MAX);
    meta.u32(HEADER + 12, counters.pending_pages);
    meta.put(HEADER + 16, &counters.pending_rows.to_ne_bytes());
    meta.u32(HEADER + 24, counters.total_pages);
    meta.u32(HEADER + 28, counters.entry_pages);
    meta.u32(HEADER + 32, counters.data_pages);
    meta.put(HEADER + 40, &counters.entries.to_ne_bytes());
    meta.u32(HEADER + 48, 2);
    meta.u32(PAGE - 8, u32::MAX);
    meta.u16(PAGE - 2, 8);
    let mut root = Page::new(HEADER, 8);
    root.u32(PAGE - 8, u32::MAX);
    root.u16(PAGE - 2, 2);
    let mut file = meta.0;
    file.extend(root.0);
    file
}

/// What a GIN index of so many pages over so many rows counts, when its keys are elements with these frequencies. Zero where the list says
/// too little: the planner then guesses by itself.
pub(super) fn gin_counters(pages: u64, rows: f64, elements: &[f64]) -> GinCounters {
    /// A list this long was cut, at PostgreSQL's usual target.
    const CUT: usize = 900;
    /// A key of more rows has them in a tree of their own: some 2,700 bytes stay in its entry.
    const INLINE: f64 = 2000.0;
    let pages = u32::try_from(pages).unwrap_or(u32::MAX);
    let Some(content) = pages.checked_sub(1).filter(|content| *content > 1 && !elements.is_empty() && elements.len() < CUT) else {
        return GinCounters::default();
    };
    let all: f64 = elements.iter().sum();
    let heavy = elements.iter().filter(|frequency| **frequency * rows > INLINE);
    let share = if all > 0.0 { heavy.sum::<f64>() / all } else { 0.0 };
    let data_pages = ((f64::from(content) * share).round() as u32).min(content - 1);
    let entries = i64::try_from(elements.len()).unwrap_or(0);
    GinCounters { total_pages: pages, entry_pages: content - data_pages, data_pages, entries, ..GinCounters::default() }
}

/// The meta page of a BRIN index over `heap_pages`, and its map of ranges, which is empty.
pub(super) fn brin(heap_pages: u64, pages_per_range: u32) -> Vec<u8> {
    /// As many ranges as one page of the map has.
    const RANGES: u64 = 1360;
    let ranges = heap_pages.div_ceil(u64::from(pages_per_range.max(1))).max(1);
    let map_pages = u32::try_from(ranges.div_ceil(RANGES)).unwrap_or(u32::MAX);
    let mut meta = Page::new(HEADER + 16, 8);
    for (at, value) in [0xA810_9CFA, 1, pages_per_range, map_pages].into_iter().enumerate() {
        meta.u32(HEADER + 4 * at, value);
    }
    meta.u16(PAGE - 2, 0xF091);
    let mut file = meta.0;
    for _ in 0..map_pages.min(64) {
        let mut map = Page::new(PAGE - 8, 8);
        map.u16(PAGE - 2, 0xF092);
        file.extend(map.0);
    }
    file
}

/// The level of the root of a b-tree with so many pages whose inner entries take `entry` bytes: as many levels as it takes when inner pages
/// are as full as PostgreSQL leaves them.
pub(super) fn btree_level(pages: u64, entry: f64) -> u32 {
    let fanout = (((PAGE - HEADER - 16) as f64 * 0.7) / entry.max(12.0)).floor().max(2.0);
    let mut width = pages.saturating_sub(1) as f64;
    let mut level = 0;
    // Each round takes away the inner pages of one level, which are among the pages.
    while width > 1.0 && level < 31 {
        width = if level == 0 { (width / (1.0 + 1.0 / fanout)).ceil() } else { width };
        width = (width / fanout).ceil();
        level += 1;
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_gets_higher_with_its_pages() {
        assert_eq!([1, 2, 3, 285, 290].map(|pages| btree_level(pages, 20.0)), [0, 0, 1, 1, 2]);
        assert_eq!(btree_level(224, 28.0), 2);
        assert_eq!(btree_level(1_000_000, 20.0), 3);
        assert_eq!(btree_level(0, 0.0), 0);
    }

    #[test]
    fn every_level_has_one_page() {
        for level in 0..4 {
            let file = btree(level, 15);
            assert_eq!(file.len(), PAGE * (level as usize + 2));
            assert_eq!(file[PAGE - 4], 8);
            assert_eq!(file[PAGE * 2 - 4], if level == 0 { 3 } else { 2 });
            assert_eq!(file[file.len() - 4] & 1, 1);
        }
    }
}
