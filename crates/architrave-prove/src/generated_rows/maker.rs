//! Values of types that have no order to speak of, made from their number: documents, arrays, ranges, word lists, filler.

use super::array_text::write_array;
use super::axis::Axis;
use super::random::{mix, unit};
use serde_json::Value;

/// How a value is made.
#[derive(Debug, Clone)]
pub(super) enum Maker {
    /// No value: NULL, or the empty text.
    Nothing,
    /// One of these.
    Choice(Vec<String>),
    /// A document like one of these.
    Documents(Vec<Value>),
    /// An array of elements, each with the share of rows that have it.
    Elements { elements: Vec<(String, f64)>, counts: Vec<f64>, rare: Rare },
    /// A `tsvector` of lexemes, each with the share of rows that have it.
    Lexemes(Vec<(String, f64)>),
    /// A range of points, `from` the lowest.
    Range { axis: Axis, from: i128, step: i128, multi: bool },
    /// Words up to a width in bytes.
    Filler { width: usize },
}

/// Elements that are not among the common ones.
#[derive(Debug, Clone)]
pub(super) enum Rare {
    /// There are none.
    None,
    /// Points above these.
    Points(Axis, i128),
    /// Words.
    Words,
}

/// So many distinct texts in one place of a document before they are taken for free text.
const FREE_TEXT: usize = 20;

impl Maker {
    /// The value of that number.
    pub(super) fn make(&self, number: u64, seed: u64) -> String {
        let bits = mix(seed ^ number);
        match self {
            Self::Nothing => String::new(),
            Self::Choice(known) => known.get(number as usize % known.len().max(1)).cloned().unwrap_or_default(),
            Self::Documents(known) => document(known, number, bits),
            Self::Elements { elements, counts, rare } => array(elements, counts, rare, bits),
            Self::Lexemes(lexemes) => {
                let has = |at: usize, share: f64| unit(mix(bits ^ (at as u64 + 1))) < share;
                let found = lexemes.iter().enumerate().filter(|(at, (_, share))| has(*at, *share));
                let quoted: Vec<String> =
                    found.map(|(_, (word, _))| format!("'{}'", word.replace('\'', "''").replace('\\', "\\\\"))).collect();
                quoted.join(" ")
            }
            Self::Range { axis, from, step, multi } => {
                let low = from + i128::from(number) * step;
                let high = low + step * i128::from(1 + bits % 3);
                let range = format!("[{},{})", axis.text(low), axis.text(high));
                let range = range.replace('[', "[\"").replace(',', "\",\"").replace(')', "\")");
                if *multi { format!("{{{range}}}") } else { range }
            }
            Self::Filler { width } => filler(*width, bits),
        }
    }
}

/// Pseudo-random words; compression does not make them much smaller.
pub(super) fn filler(width: usize, bits: u64) -> String {
    let mut text = String::with_capacity(width + 12);
    let mut at = 0;
    while text.len() < width {
        let mut word = mix(bits.wrapping_add(at));
        for _ in 0..3 + word % 7 {
            word = mix(word);
            text.push(char::from(b'a' + (word % 26) as u8));
        }
        text.push(' ');
        at += 1;
    }
    text.truncate(width);
    text
}

/// Elements without repetition: points at regular distance on the line of shares, which keeps the shares as they are.
fn array(elements: &[(String, f64)], counts: &[f64], rare: &Rare, bits: u64) -> String {
    // The last figure of the histogram is the average.
    let histogram = &counts[..counts.len().saturating_sub(1)];
    let common: f64 = elements.iter().map(|(_, share)| share).sum();
    let average = counts.last().copied().unwrap_or(common);
    let drawn = unit(mix(bits ^ 1)) * histogram.len().saturating_sub(1) as f64;
    let count = match histogram.get(drawn as usize) {
        Some(low) => {
            let high = histogram.get(drawn as usize + 1).copied().unwrap_or(*low);
            (low + (high - low + 1.0) * drawn.fract()).min(high.max(*low)) as usize
        }
        None => average.floor() as usize + usize::from(unit(mix(bits ^ 4)) < average.fract()),
    };
    let has_rare = !matches!(rare, Rare::None);
    let line = if has_rare { common.max(average) } else { common };
    if count == 0 || line <= 0.0 {
        return "{}".to_owned();
    }
    let step = line / count as f64;
    let mut point = unit(mix(bits ^ 2)) * step;
    let mut chosen: Vec<String> = Vec::with_capacity(count);
    let (mut at, mut until) = (0, elements.first().map_or(0.0, |e| e.1));
    for number in 0..count {
        while at < elements.len() && point >= until {
            at += 1;
            until += elements.get(at).map_or(0.0, |e| e.1);
        }
        let text = match (elements.get(at), rare) {
            (Some((text, _)), _) => text.clone(),
            (None, Rare::Points(axis, above)) => axis.text(above + 1 + i128::from(mix(bits ^ (number as u64 + 3)) % 100_000)),
            (None, Rare::Words) => format!("x{:06x}", mix(bits ^ (number as u64 + 3)) % 0x0100_0000),
            (None, Rare::None) => break,
        };
        if chosen.last() != Some(&text) {
            chosen.push(text);
        }
        point += step;
    }
    write_array(chosen.iter().map(String::as_str))
}

/// A known document with its free texts and numbers changed: the same keys, the same words of small lists.
fn document(known: &[Value], number: u64, bits: u64) -> String {
    let Some(template) = known.get((number % known.len().max(1) as u64) as usize) else { return "{}".to_owned() };
    let mut value = template.clone();
    let round = number / known.len().max(1) as u64;
    if round > 0 {
        vary(&mut value, known, &mut Vec::new(), bits);
    }
    value.to_string()
}

fn vary(value: &mut Value, known: &[Value], path: &mut Vec<String>, bits: u64) {
    let bits = mix(bits);
    match value {
        Value::Object(fields) => {
            for (number, (key, field)) in fields.iter_mut().enumerate() {
                path.push(key.clone());
                vary(field, known, path, bits.wrapping_add(number as u64));
                path.pop();
            }
        }
        Value::Number(_) => {
            let mut there: Vec<f64> = at(known, path).filter_map(Value::as_f64).collect();
            there.sort_by(f64::total_cmp);
            there.dedup();
            let (Some(low), Some(high)) = (there.first(), there.last()) else { return };
            if there.len() > FREE_TEXT {
                let whole = there.iter().all(|n| n.fract() == 0.0);
                let drawn = low + (high - low) * unit(bits);
                *value = if whole { Value::from(drawn.round() as i64) } else { Value::from((drawn * 100.0).round() / 100.0) };
            }
        }
        Value::String(text) => {
            let mut there: Vec<&str> = at(known, path).filter_map(Value::as_str).collect();
            there.sort_unstable();
            there.dedup();
            if there.len() > FREE_TEXT {
                *text = other_text(text, bits);
            }
        }
        _ => {}
    }
}

/// The values of one place in all documents.
fn at<'a>(known: &'a [Value], path: &'a [String]) -> impl Iterator<Item = &'a Value> {
    known.iter().filter_map(move |document| path.iter().try_fold(document, |value, key| value.get(key)))
}

/// The last letters and digits replaced by others of their kind.
fn other_text(text: &str, bits: u64) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let (mut bits, mut changed) = (bits, 0);
    for c in characters.iter_mut().rev() {
        bits = mix(bits);
        let from = |first: u8, count: u64| char::from(first + (bits % count) as u8);
        *c = match *c {
            '0'..='9' => from(b'0', 10),
            'a'..='f' => from(b'a', 6),
            'g'..='z' => from(b'g', 20),
            'A'..='Z' => from(b'A', 26),
            other => {
                changed -= 1;
                other
            }
        };
        changed += 1;
        if changed >= 8 {
            break;
        }
    }
    characters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_keep_their_shares() {
        let elements = vec![("a".to_owned(), 0.5), ("b".to_owned(), 0.3), ("c".to_owned(), 0.2)];
        let maker = Maker::Elements { elements, counts: vec![0.0, 1.0, 1.0, 2.0, 1.0], rare: Rare::None };
        let all: Vec<String> = (0..20_000).map(|n| maker.make(n, 1)).collect();
        let share = |word: &str| all.iter().filter(|a| a.contains(word)).count() as f64 / 20_000.0;
        assert!((share("a") - 0.5).abs() < 0.05 && (share("c") - 0.2).abs() < 0.05, "{} {}", share("a"), share("c"));
    }

    #[test]
    fn documents_keep_their_keys_and_small_lists() {
        let known: Vec<Value> =
            (0..50).map(|n| serde_json::json!({"kind": if n % 2 == 0 {"a"} else {"b"}, "name": format!("n{n:04}"), "n": n})).collect();
        let maker = Maker::Documents(known);
        let made: Vec<Value> = (0..1000).map(|n| serde_json::from_str(&maker.make(n, 1)).unwrap()).collect();
        assert!(made.iter().all(|d| ["a", "b"].contains(&d["kind"].as_str().unwrap()) && d["n"].as_i64().unwrap() <= 49));
        let names: std::collections::BTreeSet<&str> = made.iter().filter_map(|d| d["name"].as_str()).collect();
        assert!(names.len() > 900, "{}", names.len());
    }
}
