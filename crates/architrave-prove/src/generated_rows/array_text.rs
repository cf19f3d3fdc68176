//! PostgreSQL's text of a one-dimensional array: `{a,"b \"c\"",NULL}`.

/// The elements; `None` stands for NULL. Arrays in arrays come back as the inner array's text, without blanks lost. Text that is no
/// array gives nothing.
pub fn parse_array(text: &str) -> Option<Vec<Option<String>>> {
    // `[0:2]={…}`: bounds that do not start at one.
    let text = if text.starts_with('[') { text.split_once('=')?.1 } else { text };
    let body = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    if body.trim().is_empty() {
        return Some(elements);
    }
    let mut current = Element::default();
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut characters = body.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => {
                if depth > 0 {
                    current.text.push(c);
                }
                current.literal = true;
                current.text.push(characters.next()?);
            }
            '"' => {
                quoted = !quoted;
                current.literal = true;
                if depth > 0 {
                    current.text.push(c);
                }
            }
            '{' | '}' if !quoted => {
                depth = if c == '{' { depth + 1 } else { depth.checked_sub(1)? };
                current.text.push(c);
            }
            ',' if !quoted && depth == 0 => elements.push(std::mem::take(&mut current).finish()),
            c => current.text.push(c),
        }
    }
    elements.push(current.finish());
    (depth == 0 && !quoted).then_some(elements)
}

/// An element being read.
#[derive(Default)]
struct Element {
    text: String,
    /// Had quotes or escapes: blanks count, and `NULL` is a word.
    literal: bool,
}

impl Element {
    fn finish(self) -> Option<String> {
        if self.literal {
            return Some(self.text);
        }
        let text = self.text.trim();
        (!text.eq_ignore_ascii_case("null")).then(|| text.to_owned())
    }
}

/// The text of an array out of its elements; every element is quoted.
pub fn write_array<'a>(elements: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::from("{");
    for (at, element) in elements.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push('"');
        for c in element.chars() {
            if c == '"' || c == '\\' {
                out.push('\\');
            }
            out.push(c);
        }
        out.push('"');
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        parse_array(text).unwrap().into_iter().map(|e| e.unwrap_or_else(|| "(null)".to_owned())).collect()
    }

    #[test]
    fn plain_quoted_and_escaped_elements() {
        assert_eq!(
            words(r#"{a,"b c","it's \"so\"","back\\slash","",NULL,"NULL"}"#),
            ["a", "b c", "it's \"so\"", "back\\slash", "", "(null)", "NULL"]
        );
        assert_eq!(words(r#"{"a,b","{c}"}"#), ["a,b", "{c}"]);
        assert_eq!(words(r"{a\,b,2024-01-01}"), ["a,b", "2024-01-01"]);
        assert_eq!(words("{}"), Vec::<String>::new());
        assert_eq!(words("[0:1]={1,2}"), ["1", "2"]);
    }

    #[test]
    fn arrays_in_arrays_keep_their_text() {
        assert_eq!(words(r#"{{1,2},{"a,\"}",4}}"#), ["{1,2}", r#"{"a,\"}",4}"#]);
        assert_eq!(words(r#"{"{\"x y\",z}"}"#), [r#"{"x y",z}"#]);
    }

    #[test]
    fn what_is_no_array_is_refused() {
        for text in ["", "a", "{a", "{\"a}", "{{a}", "a}"] {
            assert!(parse_array(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let elements = ["a", "", "b\"c", "d\\e", "NULL", "{x}", "f,g"];
        assert_eq!(words(&write_array(elements)), elements);
    }
}
