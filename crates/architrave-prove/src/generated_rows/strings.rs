//! Texts between two texts: the part in which they differ is counted upwards like a number, in the letters that the column uses.

use std::collections::BTreeSet;

/// So many letters of a difference are counted in at most; what follows is kept as it is.
const WINDOW: usize = 18;

/// Letters and digits that occur in a column.
#[derive(Debug, Clone, Default)]
pub(super) struct Letters {
    seen: BTreeSet<char>,
    /// Letters come in pairs (`bytea` in hexadecimal).
    pairs: bool,
}

impl Letters {
    /// Those of the known texts.
    pub(super) fn of(known: &[&str], pairs: bool) -> Self {
        let seen = known.iter().flat_map(|text| text.chars()).filter(|c| c.is_alphanumeric()).collect();
        Self { seen, pairs }
    }
}

/// Texts from a lower one up to, not including, an upper one, all different, mostly in the order of bytes.
#[derive(Debug, Clone)]
pub(super) struct TextSpan {
    pub(super) lower: String,
    /// The first text is the lower one itself.
    from_lower: bool,
    prefix: String,
    alphabet: Vec<char>,
    digits: usize,
    low: u128,
    width: u128,
    tail: String,
    count: u64,
}

impl TextSpan {
    /// `count` texts; without an upper one, texts that begin like the lower one. `most`: longest text, characters.
    pub(super) fn between(letters: &Letters, lower: &str, upper: Option<&str>, from_lower: bool, count: u64, most: Option<usize>) -> Self {
        let (low, high): (Vec<char>, Vec<char>) = (lower.chars().collect(), upper.unwrap_or_default().chars().collect());
        let common = low.iter().zip(&high).take_while(|(a, b)| a == b).count();
        // Without an upper one the last letters are counted up.
        let common = if upper.is_none() { low.len().saturating_sub(WINDOW) } else { common };
        let common = if letters.pairs { common.max(2) / 2 * 2 } else { common };
        let (low_rest, high_rest) = (&low[common.min(low.len())..], &high[common.min(high.len())..]);
        let same = low_rest.iter().rev().zip(high_rest.iter().rev()).take_while(|(a, b)| a == b).count();
        let (middle, high_middle) = (low_rest.len() - same, high_rest.len() - same);
        let alphabet = alphabet(letters, &low_rest[..middle.min(WINDOW)], &high_rest[..high_middle.min(WINDOW)]);
        let base = alphabet.len() as u128;
        let number = |text: &[char], digits: usize| {
            (0..digits).fold(0_u128, |value, at| {
                let digit = text.get(at).map_or(0, |c| alphabet.binary_search(c).unwrap_or_else(|near| near.min(alphabet.len() - 1)));
                value * base + digit as u128
            })
        };
        let mut digits = middle.clamp(1, WINDOW);
        if letters.pairs {
            digits += digits % 2;
        }
        loop {
            let from = number(&low_rest[..middle], digits);
            let to = if upper.is_some() { number(&high_rest[..high_middle], digits) } else { base.saturating_pow(digits as u32) };
            let width = to.saturating_sub(from);
            let full = most.is_some_and(|most| common + digits >= most);
            if width >= u128::from(count) + u128::from(!from_lower) || digits >= WINDOW || full {
                let tail: String = low_rest[digits.min(low_rest.len())..].iter().collect();
                let room = most.map_or(usize::MAX, |most| most.saturating_sub(common + digits));
                let tail = tail.chars().take(room).collect();
                let prefix = low[..common.min(low.len())].iter().collect();
                let lower = lower.to_owned();
                return Self { lower, from_lower, prefix, alphabet, digits, low: from, width, tail, count };
            }
            digits += if letters.pairs { 2 } else { 1 };
        }
    }

    /// How many texts there are at most.
    pub(super) fn room(&self) -> i128 {
        i128::try_from(self.width).unwrap_or(i128::MAX)
    }

    /// The text at an offset below the count.
    pub(super) fn text(&self, offset: u64) -> String {
        if self.from_lower && offset == 0 {
            return self.lower.clone();
        }
        let (at, of) = if self.from_lower { (offset, self.count) } else { (offset + 1, self.count + 1) };
        let step = self.width / u128::from(of.max(1));
        let value = self.low + u128::from(at) * step + u128::from(at) * (self.width % u128::from(of.max(1))) / u128::from(of.max(1));
        let base = self.alphabet.len() as u128;
        let mut counted = vec![' '; self.digits];
        let mut rest = value;
        for slot in counted.iter_mut().rev() {
            *slot = self.alphabet[(rest % base) as usize];
            rest /= base;
        }
        let mut text = String::with_capacity(self.prefix.len() + self.digits + self.tail.len());
        text.push_str(&self.prefix);
        text.extend(counted);
        text.push_str(&self.tail);
        text
    }
}

/// The digits to count in: decimal digits where only those stand; else the column's letters and what stands there.
fn alphabet(letters: &Letters, low: &[char], high: &[char]) -> Vec<char> {
    let there: BTreeSet<char> = low.iter().chain(high).copied().collect();
    if letters.pairs {
        return "0123456789abcdef".chars().collect();
    }
    if !there.is_empty() && there.iter().all(char::is_ascii_digit) {
        return ('0'..='9').collect();
    }
    let mut all: BTreeSet<char> = letters.seen.union(&there).copied().collect();
    if all.len() < 2 {
        all.extend('a'..='z');
    }
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lower: &str, upper: Option<&str>, count: u64, most: Option<usize>) -> Vec<String> {
        let known = [lower, upper.unwrap_or_default()];
        let span = TextSpan::between(&Letters::of(&known, false), lower, upper, true, count, most);
        (0..count).map(|at| span.text(at)).collect()
    }

    #[test]
    fn numbers_in_texts_are_counted() {
        assert_eq!(texts("user0010@x.org", Some("user0014@x.org"), 2, None), ["user0010@x.org", "user0012@x.org"]);
        let many = texts("user0010@x.org", Some("user0014@x.org"), 30, None);
        assert_eq!(many.iter().collect::<BTreeSet<_>>().len(), 30, "{many:?}");
        assert!(many.iter().all(|t| t.as_str() < "user0014@x.org" && t.starts_with("user001")), "{many:?}");
    }

    #[test]
    fn words_are_in_order_and_all_different() {
        for (lower, upper) in [("apple", "banana"), ("", "b"), ("Ä", "Öl"), ("a", "ab"), ("zebra", "zebra crossing")] {
            let all = texts(lower, Some(upper), 500, None);
            assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{lower} {upper} {all:?}");
            assert!(all.iter().all(|t| t.as_str() < upper), "{lower} {upper} {all:?}");
        }
        assert_eq!(texts("abc", None, 1000, None).iter().collect::<BTreeSet<_>>().len(), 1000);
    }

    #[test]
    fn bytes_stay_pairs() {
        let span = TextSpan::between(&Letters::of(&[], true), "\\x0a", Some("\\x0b"), true, 300, None);
        let all: BTreeSet<String> = (0..300).map(|at| span.text(at)).collect();
        assert_eq!(all.len(), 300);
        assert!(all.iter().all(|t| t.len() % 2 == 0), "{all:?}");
    }

    #[test]
    fn the_longest_length_is_kept() {
        assert!(texts("abcdefghij", Some("b"), 50, Some(10)).iter().all(|t| t.chars().count() <= 10));
    }
}
