//! Whatever is cut out of a plan or changed in it: an answer, and no panic.

use super::super::read_what_can_be;
use super::clients::recordings;
use super::logs;

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

/// A plan with most of what the text form has.
const RICH: &str = include_str!("../test_data/rich.txt");

fn answer(text: &str) {
    if let Err(error) = read_what_can_be(text) {
        let said = error.to_string();
        assert!(!said.is_empty() && !said.contains('\n') && said.len() < 600, "{said}");
    }
}

fn damage(text: &[char], dice: &mut Dice) -> String {
    let mut text = text.to_vec();
    let odd: Vec<char> = "'\"()[]{}<>:,.=-> \n\t+|\\0aé→\u{0}\u{feff}".chars().collect();
    for _ in 0..=dice.below(4) {
        let at = dice.below(text.len());
        let length = dice.below(60).min(text.len() - at);
        match dice.below(6) {
            0 => drop(text.drain(at..at + length)),
            1 => text.insert(at, odd[dice.below(odd.len())]),
            2 => text[at] = odd[dice.below(odd.len())],
            3 => {
                let part: Vec<char> = text[at..at + length].to_vec();
                let to = dice.below(text.len());
                text.splice(to..to, part);
            }
            4 => text.truncate(at.max(1)),
            _ => drop(text.drain(..at.min(text.len() - 1))),
        }
        if text.is_empty() {
            text.push('x');
        }
    }
    text.into_iter().collect()
}

#[test]
fn damaged_plans_get_an_answer() {
    let mut dice = Dice(7);
    let samples: Vec<String> = recordings()
        .iter()
        .map(|(_, text)| (*text).to_owned())
        .chain(logs::ALL.map(|log| log[..log.len().min(9000)].to_owned()))
        .chain([RICH.to_owned()])
        .collect();
    for sample in &samples {
        let characters: Vec<char> = sample.chars().collect();
        for _ in 0..25 {
            answer(&damage(&characters, &mut dice));
        }
    }
    let rich: Vec<char> = RICH.chars().collect();
    for _ in 0..400 {
        answer(&damage(&rich, &mut dice));
    }
}

#[test]
fn plans_cut_at_every_place_get_an_answer() {
    for (_, text) in recordings().iter().step_by(5) {
        for (at, _) in text.char_indices().step_by(3) {
            answer(&text[..at]);
            answer(&text[at..]);
        }
    }
    for (at, _) in RICH.char_indices().step_by(23) {
        answer(&RICH[..at]);
        answer(&RICH[at..]);
    }
}
