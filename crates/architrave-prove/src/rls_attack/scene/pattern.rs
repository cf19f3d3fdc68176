//! Texts that match a regular expression: enough of the syntax for the checks people write, the server has the last word.

/// Most samples of one pattern.
const MOST: usize = 12;

/// Whether a literal is a pattern rather than a value.
pub(super) fn looks_like_one(text: &str) -> bool {
    text.starts_with('^')
        || text.ends_with('$')
        || (text.contains('[') && text.contains(']'))
        || text.contains("\\d")
        || text.contains("\\w")
}

/// Some texts, each a different one as far as the pattern allows.
pub(super) fn samples(pattern: &str, number: u64) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for turn in 0..MOST as u64 {
        let mut walk = Walk { chars: pattern.chars().collect(), at: 0, turn: turn % 4, number: number + turn / 4 * 7, digits: 0 };
        let text = walk.alternatives(0);
        if walk.at >= walk.chars.len() && !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

/// One walk through the pattern. The turn says how often repeated things come: as few as possible, one more, some, none or many.
struct Walk {
    chars: Vec<char>,
    at: usize,
    turn: u64,
    number: u64,
    digits: u32,
}

impl Walk {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// Branches up to a closing bracket; one of them.
    fn alternatives(&mut self, depth: u32) -> String {
        let mut branches = vec![self.sequence(depth)];
        while self.peek() == Some('|') {
            self.at += 1;
            branches.push(self.sequence(depth));
        }
        let at = usize::try_from(self.number).unwrap_or(0) % branches.len();
        branches.swap_remove(at)
    }

    fn sequence(&mut self, depth: u32) -> String {
        let mut out = String::new();
        while let Some(c) = self.peek() {
            if c == '|' || (c == ')' && depth > 0) || depth > 30 {
                break;
            }
            let start = self.at;
            let digits = self.digits;
            let once = self.atom(depth);
            let end = self.at;
            let Some((least, most)) = self.quantifier() else {
                out.push_str(&once);
                continue;
            };
            let wanted = match self.turn {
                0 => least.max(usize::from(most > 0 && least == 0)),
                1 => least + 1,
                2 => least + 5,
                _ => least,
            };
            let after = self.at;
            self.digits = digits;
            for _ in 0..wanted.min(most).min(300) {
                self.at = start;
                out.push_str(&self.atom(depth));
            }
            debug_assert!(end <= after, "a quantifier follows its atom");
            self.at = after;
        }
        out
    }

    fn atom(&mut self, depth: u32) -> String {
        match self.next() {
            Some('^' | '$') | None => String::new(),
            Some('(') => {
                if self.peek() == Some('?') {
                    self.at += 1;
                    // `(?:` groups; `(?=` and the like only look.
                    let only_looks = matches!(self.next(), Some('=' | '!' | '<'));
                    let inner = self.alternatives(depth + 1);
                    self.at += 1;
                    return if only_looks { String::new() } else { inner };
                }
                let inner = self.alternatives(depth + 1);
                self.at += 1;
                inner
            }
            Some('[') => self.class().to_string(),
            Some('\\') => self.escaped(),
            Some('.') => self.letter().to_string(),
            Some(c) => c.to_string(),
        }
    }

    /// `*`, `+`, `?`, `{n,m}`.
    fn quantifier(&mut self) -> Option<(usize, usize)> {
        let range = match self.peek()? {
            '*' => (0, 1_000),
            '+' => (1, 1_000),
            '?' => (0, 1),
            '{' => {
                let close = self.chars.get(self.at..)?.iter().position(|c| *c == '}')?;
                let inside: String = self.chars.get(self.at + 1..self.at + close)?.iter().collect();
                let (least, most) = inside.split_once(',').unwrap_or((&inside, &inside));
                let least = least.trim().parse().ok()?;
                let most = if most.trim().is_empty() { 1_000 } else { most.trim().parse().ok()? };
                self.at += close;
                (least, most)
            }
            _ => return None,
        };
        self.at += 1;
        if self.peek() == Some('?') {
            self.at += 1;
        }
        Some(range)
    }

    fn escaped(&mut self) -> String {
        match self.next() {
            Some('d') => self.digit().to_string(),
            Some('w') => self.letter().to_string(),
            Some('s') => " ".to_owned(),
            Some('S' | 'D') => "a".to_owned(),
            Some('W') => "-".to_owned(),
            Some('m' | 'M' | 'y' | 'A' | 'Z' | 'b') | None => String::new(),
            Some('n') => "\n".to_owned(),
            Some('t') => "\t".to_owned(),
            Some(c) => c.to_string(),
        }
    }

    /// A different digit each time, from the number.
    fn digit(&mut self) -> char {
        let digit = self.number / 10u64.pow(self.digits % 10) % 10;
        self.digits += 1;
        char::from_digit(u32::try_from(digit).unwrap_or(0), 10).unwrap_or('0')
    }

    fn letter(&mut self) -> char {
        let letter = self.number / 26u64.pow(self.digits % 8) % 26;
        self.digits += 1;
        char::from(b'a' + u8::try_from(letter).unwrap_or(0))
    }

    /// A character of `[…]`.
    fn class(&mut self) -> char {
        let negated = self.peek() == Some('^');
        if negated {
            self.at += 1;
        }
        let mut ranges: Vec<(char, char)> = Vec::new();
        let mut first = true;
        while let Some(c) = self.next() {
            if c == ']' && !first {
                break;
            }
            first = false;
            if c == '[' && self.peek() == Some(':') {
                let name: String = self.chars.get(self.at + 1..).unwrap_or_default().iter().take_while(|c| **c != ':').collect();
                self.at += name.chars().count() + 3;
                ranges.extend(match name.as_str() {
                    "digit" => vec![('0', '9')],
                    "upper" => vec![('A', 'Z')],
                    "space" | "blank" => vec![(' ', ' ')],
                    "punct" => vec![('-', '-')],
                    "xdigit" => vec![('0', '9'), ('a', 'f')],
                    _ => vec![('a', 'z'), ('0', '9')],
                });
                continue;
            }
            let low = if c == '\\' { self.class_escape(&mut ranges) } else { Some(c) };
            let Some(low) = low else { continue };
            let is_range = self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
            if is_range {
                self.at += 1;
                let high = self.next().unwrap_or(low);
                ranges.push((low, high));
            } else {
                ranges.push((low, low));
            }
        }
        if negated {
            let free = ['a', '0', 'z', '-', '_', ' ', 'A'];
            return free.into_iter().find(|c| !ranges.iter().any(|(l, h)| l <= c && c <= h)).unwrap_or('é');
        }
        let Some((low, high)) = ranges.first().copied() else { return 'a' };
        let width = u64::from(u32::from(high).saturating_sub(u32::from(low))) + 1;
        let step = self.number / width.pow(self.digits % 8).max(1) % width;
        self.digits += 1;
        u32::try_from(step).ok().and_then(|s| char::from_u32(u32::from(low) + s)).unwrap_or(low)
    }

    /// `\d`, `\w`, `\s` in a class are ranges; other characters stand for themselves.
    fn class_escape(&mut self, ranges: &mut Vec<(char, char)>) -> Option<char> {
        match self.next() {
            Some('d') => ranges.push(('0', '9')),
            Some('w') => ranges.extend([('a', 'z'), ('0', '9')]),
            Some('s') => ranges.push((' ', ' ')),
            other => return other,
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_usual_patterns() {
        let first = |p: &str| samples(p, 0).into_iter().next().unwrap_or_default();
        assert_eq!(first("^[a-z]{3,5}$"), "aaa");
        assert_eq!(first(r"^\d{4}-\d{2}$"), "0000-00");
        assert_eq!(first("^(http|https)://.+$"), "http://a");
        assert_eq!(first("^[A-Za-z0-9._%-]+@[a-z]+[.][A-Za-z]+$"), "A@a.A");
        assert_eq!(first("^#[0-9a-f]{6}$"), "#000000");
        assert_eq!(first("^a?b*c+$"), "abc");
        assert_eq!(first("^[^a-z]x$"), "0x");
        assert!(samples("^user_[a-z0-9]+$", 3).len() > 3);
        assert_ne!(samples("^[a-z]{8}$", 1), samples("^[a-z]{8}$", 2));
    }

    #[test]
    fn nonsense_ends() {
        for text in ["[", "(", "a{", "a{2", "\\", "[[:", "*", "(((((", "a|", "[a-"] {
            let _ = samples(text, 9);
        }
    }
}
