//! Many words looked for in one pass over a text.

/// Words in lower case that are looked for together; at most 64.
pub(crate) struct WordSet {
    words: Vec<&'static str>,
    /// By the first byte: a bit for each word that begins so, with a letter of names.
    named: [u64; 256],
    /// The same of those that begin with a sign.
    signs: [u64; 256],
    /// By the second byte: a bit for each word that goes on so, and for those that do not go on.
    seconds: [u64; 256],
}

impl WordSet {
    /// Of these words, strongest first.
    pub(crate) fn new(words: impl Iterator<Item = &'static str>) -> Self {
        let words: Vec<&'static str> = words.take(64).collect();
        let (mut named, mut signs, mut seconds) = ([0_u64; 256], [0_u64; 256], [0_u64; 256]);
        for (n, word) in words.iter().enumerate() {
            if let Some(first) = word.bytes().next() {
                let group = if is_name(first) { &mut named } else { &mut signs };
                group[usize::from(first)] |= 1 << n;
            }
            match word.as_bytes().get(1) {
                Some(second) => seconds[usize::from(*second)] |= 1 << n,
                None => seconds.iter_mut().for_each(|bits| *bits |= 1 << n),
            }
        }
        Self { words, named, signs, seconds }
    }

    /// Number of the strongest word that occurs as a whole word in a text in lower case.
    pub(crate) fn first_in(&self, text: &str) -> Option<usize> {
        let (mut found, mut within) = (0_u64, false);
        for (at, first) in text.bytes().enumerate() {
            let named = if within { 0 } else { self.named[usize::from(first)] };
            within = is_name(first);
            // One that is found needs no second look.
            let mut begun = (named | self.signs[usize::from(first)]) & !found;
            if begun == 0 {
                continue;
            }
            begun &= text.as_bytes().get(at + 1).map_or(u64::MAX, |second| self.seconds[usize::from(*second)]);
            while begun != 0 {
                let n = begun.trailing_zeros() as usize;
                begun &= begun - 1;
                if self.words.get(n).is_some_and(|word| is_whole(text, at, word)) {
                    found |= 1 << n;
                }
            }
        }
        (found != 0).then(|| found.trailing_zeros() as usize)
    }
}

/// Whether the byte is one of ASCII's that names are made of.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether the word stands there, and no name goes on before or behind it.
fn is_whole(text: &str, at: usize, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    // Nearly all that begin alike go on differently.
    if !text.as_bytes().get(at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
        return false;
    }
    let (Some(before), Some(after)) = (text.get(..at), text.get(at + word.len()..)) else { return false };
    let goes_on = |edge: Option<char>, neighbour: Option<char>| edge.is_some_and(is_name) && neighbour.is_some_and(is_name);
    !goes_on(word.chars().next(), before.chars().next_back()) && !goes_on(word.chars().next_back(), after.chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::has_word;

    #[test]
    fn the_strongest_word_is_told_as_one_by_one() {
        let words = ["engine = x", "unsigned", "[dbo]", "text[]", "strftime(", "é", "type"];
        let set = WordSet::new(words.into_iter());
        for text in [
            "",
            "unsigned",
            "unsigned_documents",
            "an unsigned int",
            "x_unsigned unsigned",
            "a[dbo]b",
            "mytext[] text[]",
            "text[]s",
            "strftime(1)",
            "é",
            "aé é",
            "typed type engine = x",
            "engine = xy",
            "ü unsigned ü",
        ] {
            assert_eq!(set.first_in(text), words.iter().position(|w| has_word(text, w)), "{text}");
        }
    }
}
