//! Text of arrays as `pg_stats` prints them.

/// The elements of `{a,"b c",NULL}`; NULLs are left out. None when the text is no one-dimensional array.
pub(super) fn elements(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut found = Vec::new();
    let mut element = String::new();
    let (mut quoted, mut was_quoted) = (false, false);
    let mut chars = inner.chars();
    let mut end = |element: &mut String, was_quoted: &mut bool| {
        if *was_quoted || !(element.is_empty() || element == "NULL") {
            found.push(std::mem::take(element));
        }
        element.clear();
        *was_quoted = false;
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' => element.extend(chars.next()),
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            ',' if !quoted => end(&mut element, &mut was_quoted),
            '{' if !quoted => return None,
            c => element.push(c),
        }
    }
    end(&mut element, &mut was_quoted);
    Some(found)
}

/// The array's text with these elements.
pub(super) fn text<S: AsRef<str>>(elements: &[S]) -> String {
    let quoted: Vec<String> = elements.iter().map(|e| format!("\"{}\"", e.as_ref().replace('\\', "\\\\").replace('"', "\\\""))).collect();
    format!("{{{}}}", quoted.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_read_and_written() {
        assert_eq!(elements(r#"{a,"b, \"c\"",NULL,"",5}"#).unwrap(), ["a", "b, \"c\"", "", "5"]);
        assert_eq!(elements("{}").unwrap(), Vec::<String>::new());
        assert_eq!(elements("{{1,2},{3,4}}"), None);
        assert_eq!(elements("x"), None);
        let hard = ["a\"b", "c\\d", ""];
        assert_eq!(elements(&text(&hard)).unwrap(), hard);
    }
}
