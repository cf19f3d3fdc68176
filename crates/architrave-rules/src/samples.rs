//! Sample values of columns as planner statistics hold them: looked at, never printed.

use architrave_model::stats::ColumnStats;

/// The elements of a one-dimensional array in text form, without NULLs.
pub(crate) fn array_items(text: &str) -> Vec<String> {
    let Some(inner) = text.trim().strip_prefix('{').and_then(|t| t.strip_suffix('}')) else { return Vec::new() };
    let (mut items, mut item) = (Vec::new(), String::new());
    let (mut quoted, mut was_quoted, mut chars) = (false, false, inner.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => item.extend(chars.next()),
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            ',' if !quoted => {
                push(&mut items, &mut item, was_quoted);
                was_quoted = false;
            }
            _ => item.push(c),
        }
    }
    if !inner.is_empty() {
        push(&mut items, &mut item, was_quoted);
    }
    items
}

fn push(items: &mut Vec<String>, item: &mut String, was_quoted: bool) {
    let item = std::mem::take(item);
    if was_quoted || item != "NULL" {
        items.push(item);
    }
}

/// Most-common values and histogram bounds; empty where there are none or the snapshot is masked.
pub(crate) fn sampled(column: &ColumnStats) -> Vec<String> {
    [&column.most_common_values, &column.histogram_bounds].into_iter().flatten().flat_map(|text| array_items(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::array_items;

    #[test]
    fn arrays_fall_into_their_elements() {
        assert_eq!(array_items("{a,\"b,c\",\"d\\\"e\",NULL,\"NULL\",\"\"}"), ["a", "b,c", "d\"e", "NULL", ""]);
        assert!(array_items("{}").is_empty());
        assert!(array_items("no array").is_empty());
    }
}
