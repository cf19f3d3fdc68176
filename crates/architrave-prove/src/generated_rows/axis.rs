//! Values as points on a line of whole numbers, so that one can be made between any two: numbers, times, labels, keys.

use super::family::Family;

const DAY: i128 = 86_400_000_000;
/// Steps that clocks are set to, microseconds, longest first.
const CLOCK_STEPS: [i128; 6] = [DAY, 3_600_000_000, 60_000_000, 1_000_000, 1_000, 1];
/// So many known values at least before their common step is believed.
const STEP_EVIDENCE: usize = 8;

/// What the points are.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Points {
    /// Whole numbers.
    Integer { least: i128, most: i128 },
    /// Numbers times 10 to the scale.
    Decimal { scale: u32, most: i128 },
    /// Steps of a size above a lowest value.
    Float { low: f64, step: f64, single: bool },
    /// Days since 1970.
    Date,
    /// Microseconds since 1970.
    Timestamp { zone: bool },
    /// Microseconds since midnight.
    Time,
    /// The 128 bits, the highest one turned over.
    Uuid,
    /// The 32 bits of an IPv4 address.
    Ipv4,
    /// Places in a list of texts.
    Labels(Vec<String>),
    /// Identities of another source: the number of a distinct value in it.
    Source(usize),
    /// Row numbers of another table.
    Rows(usize),
}

/// Points at a regular distance: point `c` stands for the raw value `base + c · step`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub(super) points: Points,
    base: i128,
    step: i128,
}

impl Axis {
    /// Of another source's or table's entries.
    pub(super) fn of(points: Points) -> Self {
        Self { points, base: 0, step: 1 }
    }

    /// The axis of a family on which the known values lie, with at least `needed` points between the lowest and the highest where
    /// that is possible. None for families without one.
    pub(super) fn fit(family: &Family, known: &[&str], needed: u64) -> Option<Self> {
        let points = match family {
            Family::Integer { least, most } => Points::Integer { least: *least, most: *most },
            Family::Decimal { scale, digits } => decimal(*scale, *digits, known),
            Family::Float { single } => float(*single, known, needed),
            Family::Date => Points::Date,
            Family::Timestamp { zone } => Points::Timestamp { zone: *zone },
            Family::Time => Points::Time,
            Family::Uuid => Points::Uuid,
            Family::Inet => Points::Ipv4,
            Family::Labels(labels) => Points::Labels(labels.clone()),
            _ => return None,
        };
        let mut axis = Self::of(points);
        let mut raw: Vec<i128> = known.iter().filter_map(|text| axis.raw(text)).collect();
        if matches!(axis.points, Points::Ipv4) && raw.len() < known.len() {
            // Networks or IPv6 among them: nothing can be said about what lies between.
            return None;
        }
        raw.sort_unstable();
        raw.dedup();
        if let (Some(low), Some(high)) = (raw.first(), raw.last())
            && raw.len() >= STEP_EVIDENCE
            && matches!(axis.points, Points::Integer { .. } | Points::Decimal { .. } | Points::Timestamp { .. } | Points::Time)
        {
            let common = raw.iter().fold(0, |step, value| gcd(step, value - low));
            axis.step = axis.believable_step(common, high - low, needed);
            axis.base = *low;
        }
        Some(axis)
    }

    fn believable_step(&self, common: i128, span: i128, needed: u64) -> i128 {
        let enough = |step: i128| span / step + 1 >= i128::from(needed);
        match self.points {
            Points::Integer { .. } | Points::Decimal { .. } if common > 1 && enough(common) => common,
            Points::Timestamp { .. } | Points::Time => {
                CLOCK_STEPS.into_iter().find(|step| common % step == 0 && enough(*step)).unwrap_or(1)
            }
            _ => 1,
        }
    }

    /// The point at or just below a value; none for what has no place (`infinity`, `NaN`).
    pub(super) fn point(&self, text: &str) -> Option<i128> {
        Some((self.raw(text)? - self.base).div_euclid(self.step))
    }

    /// The lowest and the highest point there may be.
    pub(super) fn limits(&self) -> (i128, i128) {
        if matches!(self.points, Points::Uuid) {
            return (i128::MIN, i128::MAX);
        }
        let (least, most) = match &self.points {
            Points::Integer { least, most } => (*least, *most),
            Points::Decimal { most, .. } => (-most, *most),
            Points::Labels(labels) => (0, labels.len() as i128 - 1),
            Points::Time => (0, DAY - 1),
            Points::Ipv4 => (0, i128::from(u32::MAX)),
            Points::Date => (-700_000, 3_000_000),
            Points::Timestamp { .. } => (-700_000 * DAY, 3_000_000 * DAY),
            Points::Uuid | Points::Float { .. } | Points::Source(_) | Points::Rows(_) => (i128::MIN / 4, i128::MAX / 4),
        };
        let below = if least > i128::MIN / 2 { (least - self.base).div_euclid(self.step) } else { i128::MIN };
        (below.max(i128::MIN / 2), most.saturating_sub(self.base).div_euclid(self.step).min(i128::MAX / 2))
    }

    fn raw(&self, text: &str) -> Option<i128> {
        match &self.points {
            Points::Integer { .. } | Points::Source(_) | Points::Rows(_) => text.parse().ok(),
            Points::Decimal { scale, .. } => scaled(text, *scale),
            Points::Float { low, step, .. } => {
                let value: f64 = text.parse().ok().filter(|v: &f64| v.is_finite())?;
                Some(((value - low) / step).round() as i128)
            }
            Points::Date => days(text),
            Points::Timestamp { .. } => micros(text),
            Points::Time => clock(text),
            Points::Uuid => {
                let hex: String = text.chars().filter(|c| *c != '-').collect();
                (hex.len() == 32).then(|| u128::from_str_radix(&hex, 16).ok()).flatten().map(|bits| (bits ^ (1 << 127)).cast_signed())
            }
            Points::Ipv4 => text.parse::<std::net::Ipv4Addr>().ok().map(|address| i128::from(u32::from(address))),
            Points::Labels(labels) => labels.iter().position(|l| l == text).map(|at| at as i128),
        }
    }

    /// The value's text.
    pub(super) fn text(&self, point: i128) -> String {
        let raw = self.base + point * self.step;
        match &self.points {
            Points::Integer { .. } | Points::Source(_) | Points::Rows(_) => raw.to_string(),
            Points::Decimal { scale, .. } => decimal_text(raw, *scale),
            Points::Float { low, step, single } => {
                let value = low + raw as f64 * step;
                if *single { (value as f32).to_string() } else { value.to_string() }
            }
            Points::Date => date_text(raw),
            Points::Timestamp { zone } => {
                let (date, time) = (date_text(raw.div_euclid(DAY)), clock_text(raw.rem_euclid(DAY)));
                let (date, era) = date.strip_suffix(" BC").map_or((date.as_str(), ""), |d| (d, " BC"));
                format!("{date} {time}{}{era}", if *zone { "+00" } else { "" })
            }
            Points::Time => clock_text(raw),
            Points::Uuid => {
                let hex = format!("{:032x}", raw.cast_unsigned() ^ (1 << 127));
                format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
            }
            Points::Ipv4 => std::net::Ipv4Addr::from(raw.clamp(0, i128::from(u32::MAX)) as u32).to_string(),
            Points::Labels(labels) => labels.get(usize::try_from(raw).unwrap_or(0)).cloned().unwrap_or_default(),
        }
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn decimal(scale: Option<u32>, digits: Option<u32>, known: &[&str]) -> Points {
    let decimals = |text: &&str| text.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32);
    let scale = scale.unwrap_or_else(|| known.iter().map(decimals).max().unwrap_or(2).min(12));
    let most = digits.filter(|d| *d < 36).map_or(i128::MAX / 4, |digits| 10_i128.pow(digits) - 1);
    Points::Decimal { scale: scale.min(18), most }
}

/// Few decimals are kept as decimals; else 2⁵² steps between the lowest and the highest.
fn float(single: bool, known: &[&str], needed: u64) -> Points {
    let values: Vec<f64> = known.iter().filter_map(|t| t.parse().ok()).filter(|v: &f64| v.is_finite()).collect();
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
    let short = known.iter().all(|t| !t.contains('e') && t.split_once('.').is_none_or(|(_, fraction)| fraction.len() <= 6));
    let span = (high - low).max(0.0);
    let decimals = known.iter().filter_map(|t| t.split_once('.')).map(|(_, f)| f.len() as u32).max().unwrap_or(0);
    if short && span < 1e12 && span * 10_f64.powi(decimals.cast_signed()) >= needed as f64 {
        return Points::Decimal { scale: decimals, most: i128::MAX / 4 };
    }
    if values.is_empty() || span <= 0.0 {
        return Points::Float { low: values.first().copied().unwrap_or(0.0), step: 0.001, single };
    }
    Points::Float { low, step: span / 2_f64.powi(if single { 22 } else { 52 }), single }
}

fn scaled(text: &str, scale: u32) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut value: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    for at in 0..scale as usize {
        let digit = fraction.as_bytes().get(at).copied().unwrap_or(b'0');
        value = value.checked_mul(10)?.checked_add(i128::from(digit.checked_sub(b'0').filter(|d| *d < 10)?))?;
    }
    Some(if negative { -value } else { value })
}

fn decimal_text(raw: i128, scale: u32) -> String {
    if scale == 0 {
        return raw.to_string();
    }
    let unit = 10_i128.pow(scale);
    let sign = if raw < 0 { "-" } else { "" };
    format!("{sign}{}.{:0width$}", raw.abs() / unit, raw.abs() % unit, width = scale as usize)
}

/// Days since 1970-01-01 of a proleptic Gregorian date. Years are counted from March, so that the leap day comes last.
fn days_of(year: i128, month: i128, day: i128) -> i128 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn date_of(days: i128) -> (i128, i128, i128) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    (year, month, of_year - (153 * shifted_month + 2) / 5 + 1)
}

fn days(text: &str) -> Option<i128> {
    let (text, before) = text.strip_suffix(" BC").map_or((text, false), |t| (t, true));
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<i128>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    Some(days_of(if before { 1 - year } else { year }, month, day))
}

fn date_text(days: i128) -> String {
    let (year, month, day) = date_of(days);
    if year > 0 { format!("{year:04}-{month:02}-{day:02}") } else { format!("{:04}-{month:02}-{day:02} BC", 1 - year) }
}

/// Microseconds since midnight.
fn clock(text: &str) -> Option<i128> {
    let mut parts = text.splitn(3, ':');
    let (hours, minutes) = (parts.next()?.parse::<i128>().ok()?, parts.next()?.parse::<i128>().ok()?);
    Some((hours * 60 + minutes) * 60_000_000 + scaled(parts.next().unwrap_or("0"), 6)?)
}

fn clock_text(micros: i128) -> String {
    let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:06}") };
    format!("{:02}:{:02}:{:02}{fraction}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Microseconds since 1970 of a timestamp, UTC when it has a zone.
fn micros(text: &str) -> Option<i128> {
    let (text, era) = text.strip_suffix(" BC").map_or((text, ""), |t| (t, " BC"));
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let zone_at = time.find(['+', '-']);
    let (time, zone) = zone_at.map_or((time, ""), |at| time.split_at(at));
    let offset = match zone.strip_prefix(['+', '-']) {
        Some(offset) => clock(&format!("{offset}{}", if offset.contains(':') { "" } else { ":00" }))?,
        None => 0,
    };
    let offset = if zone.starts_with('-') { -offset } else { offset };
    Some(days(&format!("{date}{era}"))? * DAY + clock(time)? - offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(family: &Family, texts: &[&str]) {
        let axis = Axis::fit(family, texts, 0).unwrap();
        let points: Vec<i128> = texts.iter().map(|t| axis.point(t).unwrap()).collect();
        assert!(points.is_sorted(), "{texts:?} {points:?}");
        assert_eq!(points.iter().map(|p| axis.text(*p)).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn values_come_back() {
        there_and_back(&Family::Integer { least: -10, most: 10 }, &["-3", "0", "7"]);
        there_and_back(&Family::Decimal { scale: Some(2), digits: Some(6) }, &["-12.50", "-0.05", "0.00", "3.10"]);
        there_and_back(&Family::Date, &["0044-03-15 BC", "0001-01-01", "1969-12-31", "2000-02-29", "2024-12-31"]);
        let zone = Family::Timestamp { zone: true };
        there_and_back(&zone, &["1999-12-31 23:59:59.5+00".replace(".5", ".500000").as_str(), "2024-02-29 12:00:00+00"]);
        there_and_back(&Family::Time, &["00:00:01", "23:59:59.000001"]);
        there_and_back(&Family::Uuid, &["00000000-0000-0000-0000-000000000001", "f0000000-0000-4000-8000-00000000000a"]);
        there_and_back(&Family::Inet, &["10.0.0.1", "192.168.1.255"]);
        there_and_back(&Family::Float { single: false }, &["-1.5", "0.0", "2.5"]);
    }

    #[test]
    fn zones_are_taken_off() {
        assert_eq!(micros("2024-01-01 01:30:00+01:30"), micros("2024-01-01 00:00:00+00"));
        assert_eq!(micros("2023-12-31 22:00:00-02"), micros("2024-01-01 00:00:00"));
        assert_eq!(micros("infinity"), None);
    }

    #[test]
    fn a_common_step_is_kept_where_it_leaves_enough_points() {
        let hundreds: Vec<String> = (1..=20).map(|n| (n * 100 + 1).to_string()).collect();
        let known: Vec<&str> = hundreds.iter().map(String::as_str).collect();
        let family = Family::Integer { least: 0, most: 10_000 };
        assert_eq!(Axis::fit(&family, &known, 20).unwrap().point("301"), Some(2));
        assert_eq!(Axis::fit(&family, &known, 21).unwrap().point("301"), Some(200));
    }
}
