//! House rules: `.claude/rules.md`, `.claude/rules/*.md` and `[house] rules`, sentence by sentence; a sentence that is not understood with
//! certainty is kept as a quotation.

mod exempt;
mod markdown;
mod pattern;
mod phrases;
mod sql_type;
#[cfg(test)]
mod tests;
mod words;

use crate::path;
use crate::tree::Tree;
use architrave_model::Gap;
use architrave_model::house::{HouseRule, HouseRules, HouseSentence};
use architrave_model::script::Location;
use markdown::Sentence;
use words::Token;

/// Longer sentences say more than one of ours could.
const MAX_WORDS: usize = 80;

/// Sentences of all house rule files and of the configuration, in that order.
pub(crate) fn read(tree: &Tree, configured: &[(String, Location)], gaps: &mut Vec<Gap>) -> HouseRules {
    let mut house = HouseRules::default();
    for file in files(tree) {
        match tree.read(&file) {
            Ok(text) => {
                for block in markdown::blocks(&text.text) {
                    house.sentences.extend(understand_block(&file, &block));
                }
            }
            Err(error) => gaps.push(Gap::new(file, error.why(), error.remedy())),
        }
    }
    for (text, location) in configured {
        let sentence = Sentence { text: text.trim().to_owned(), line: location.line, column: location.column };
        let block: Vec<Sentence> = markdown::split_text(&sentence);
        house.sentences.extend(understand_block(&location.path, &block));
    }
    house
}

/// `.claude/rules.md`, then `.claude/rules/**/*.md` sorted.
fn files(tree: &Tree) -> Vec<String> {
    let below = tree.folders().filter(|(folder, _)| path::is_within(folder, ".claude/rules"));
    let nested = below.flat_map(|(folder, content)| content.files.iter().map(move |f| path::join(folder, f)));
    let mut nested: Vec<String> = nested.filter(|f| path::has_extension(f, "md")).collect();
    nested.sort();
    let single = ".claude/rules.md".to_owned();
    tree.has_file(&single).then_some(single).into_iter().chain(nested).collect()
}

/// One bullet or paragraph: an exemption in a sentence of its own belongs to the sentence before it.
fn understand_block(file: &str, block: &[Sentence]) -> Vec<HouseSentence> {
    let mut out: Vec<HouseSentence> = Vec::new();
    // Where the entries of the sentence before this one begin.
    let mut last = 0;
    for sentence in block {
        let tokens = words::tokens(&sentence.text);
        if last < out.len() && exempt::is_follow_up(&tokens) {
            let names = exempt::follow_up_names(&tokens);
            for entry in &mut out[last..] {
                match &names {
                    Some(names) => entry.exempt.extend(names.iter().cloned()),
                    // An exemption that is not understood makes the demand itself uncertain.
                    None => entry.rule = None,
                }
            }
            if names.is_some() && out[last].rule.is_some() {
                for entry in &mut out[last..] {
                    entry.text = format!("{} {}", entry.text, sentence.text);
                }
                continue;
            }
            if names.is_none() {
                let quoted = HouseSentence { rule: None, ..out[last].clone() };
                out.truncate(last);
                out.push(quoted);
            }
        }
        last = out.len();
        let location = Location { path: file.to_owned(), line: sentence.line, column: sentence.column };
        let (rules, exempt) = understand(&tokens);
        let entry = |rule: Option<HouseRule>| HouseSentence {
            text: sentence.text.clone(),
            location: location.clone(),
            exempt: if rule.is_some() { exempt.clone() } else { Vec::new() },
            rule,
        };
        if rules.is_empty() {
            out.push(entry(None));
        } else {
            out.extend(rules.into_iter().map(|rule| entry(Some(rule))));
        }
    }
    out
}

/// Demands of a sentence, with the names it exempts. Empty when anything in it is not understood.
fn understand(tokens: &[Token]) -> (Vec<HouseRule>, Vec<String>) {
    if tokens.len() > MAX_WORDS {
        return (Vec::new(), Vec::new());
    }
    let Some((demand, exempt)) = exempt::split_off(tokens) else { return (Vec::new(), Vec::new()) };
    (phrases::understand(&words::without_examples(&demand)), exempt)
}
