//! Interval literals in a canonical form: months, days and seconds, whatever they were spelled in.

/// `24 hours`, `24:00:00` and `1 day` style texts as `months/days/seconds`; other spellings stay as they are.
pub(crate) fn canonical(text: &str) -> String {
    parse(text).map_or_else(|| text.trim().to_ascii_lowercase(), |(months, days, seconds)| format!("{months}/{days}/{seconds}"))
}

fn parse(text: &str) -> Option<(i64, i64, f64)> {
    let (mut months, mut days, mut seconds) = (0_i64, 0_i64, 0.0_f64);
    let lower = text.trim().to_ascii_lowercase();
    let spaced: String = spread(&lower);
    let mut words = spaced.split_whitespace();
    let mut any = false;
    while let Some(word) = words.next() {
        any = true;
        if word.contains(':') {
            seconds += clock(word)?;
            continue;
        }
        let amount: f64 = word.parse().ok()?;
        let whole = amount as i64;
        let is_whole = amount.fract() == 0.0;
        match words.next()?.trim_end_matches('s') {
            "year" | "yr" | "y" if is_whole => months += 12 * whole,
            "month" | "mon" if is_whole => months += whole,
            "week" | "w" if is_whole => days += 7 * whole,
            "day" | "d" if is_whole => days += whole,
            "hour" | "hr" | "h" => seconds += 3600.0 * amount,
            "minute" | "min" | "m" => seconds += 60.0 * amount,
            "second" | "sec" => seconds += amount,
            _ => return None,
        }
    }
    any.then_some((months, days, seconds))
}

/// A blank between a number and the unit that follows it at once (`5min`).
fn spread(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        if before.is_ascii_digit() && c.is_ascii_alphabetic() {
            spaced.push(' ');
        }
        spaced.push(c);
        before = c;
    }
    spaced
}

fn clock(word: &str) -> Option<f64> {
    let (sign, digits) = word.strip_prefix('-').map_or((1.0, word), |rest| (-1.0, rest));
    let mut parts = digits.split(':');
    let hours: f64 = parts.next()?.parse().ok()?;
    let minutes: f64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().map_or(Some(0.0), |s| s.parse().ok())?;
    Some(sign * (hours * 3600.0 + minutes * 60.0 + seconds))
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn spellings_agree() {
        for (written, printed) in [
            ("24 hours", "24:00:00"),
            ("1 week", "7 days"),
            ("1 year 2 months", "1 year 2 mons"),
            ("90 minutes", "01:30:00"),
            ("1 day 5min", "1 day 00:05:00"),
            ("30 secs", "00:00:30"),
        ] {
            assert_eq!(canonical(written), canonical(printed), "{written}");
        }
        assert_ne!(canonical("1 day"), canonical("24 hours"));
        assert_eq!(canonical("P1Y"), "p1y");
    }
}
