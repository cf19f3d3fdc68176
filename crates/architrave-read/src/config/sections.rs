//! The sections of `architrave.toml`, one function each.

use super::{Config, Item, Source, Table, kind};
use crate::error::ReadError;
use architrave_model::Severity;
use architrave_model::brief::Brief;
use architrave_model::house::{Allowance, RuleSetting};
use std::ops::Range;
use toml::de::DeValue;

type Done = Result<(), ReadError>;

pub(super) fn brief(source: &Source<'_>, value: &Item<'_>, config: &mut Config) -> Done {
    // The keys are the fields of the model's type, so that the two cannot part.
    let fields = serde_json::to_value(Brief::default()).unwrap_or_default();
    let known: Vec<&str> = fields.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let mut answers = serde_json::Map::new();
    for (key, value) in source.table(value, "[brief]")? {
        let name: &str = key.get_ref();
        if !known.contains(&name) {
            return Err(source.unknown(key.span(), "key of [brief]", name, &known));
        }
        let json = to_json(source, value)?;
        let alone: serde_json::Map<_, _> = std::iter::once((name.to_owned(), json.clone())).collect();
        if let Err(error) = serde_json::from_value::<Brief>(alone.into()) {
            return Err(source.error(value.span(), format!("{name}: {error}")));
        }
        if let Some(words) = words_of(name)
            && let Some(word) = json.as_str()
            && !words.contains(&word)
        {
            return Err(source.unknown(value.span(), &format!("value of {name}:"), word, words));
        }
        answers.insert(name.to_owned(), json);
    }
    config.brief = serde_json::from_value(answers.into()).map_err(|e| source.error(value.span(), e.to_string()))?;
    Ok(())
}

/// Words that a key of `[brief]` takes, where they are counted.
fn words_of(key: &str) -> Option<&'static [&'static str]> {
    match key {
        "stage" => Some(&["planning", "design", "optimization", "migration", "scaling"]),
        "environment" => Some(&["production", "staging", "development"]),
        "auth" => Some(&["clerk", "supabase", "own", "none"]),
        _ => None,
    }
}

fn to_json(source: &Source<'_>, value: &Item<'_>) -> Result<serde_json::Value, ReadError> {
    Ok(match value.get_ref() {
        DeValue::String(text) => text.to_string().into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(&number.as_str().replace('_', ""), number.radix());
            parsed.map_err(|_| source.error(value.span(), format!("{} is too large", number.as_str())))?.into()
        }
        DeValue::Float(number) => {
            let parsed: f64 = number.as_str().replace('_', "").parse().unwrap_or(f64::NAN);
            serde_json::Number::from_f64(parsed)
                .ok_or_else(|| source.error(value.span(), format!("{} is no number", number.as_str())))?
                .into()
        }
        DeValue::Datetime(date) => date.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| to_json(source, item)).collect::<Result<Vec<_>, _>>()?.into(),
        DeValue::Table(table) => {
            let pairs = table.iter().map(|(key, item)| Ok((key.get_ref().to_string(), to_json(source, item)?)));
            pairs.collect::<Result<serde_json::Map<_, _>, ReadError>>()?.into()
        }
    })
}

pub(super) fn rules(source: &Source<'_>, value: &Item<'_>, config: &mut Config) -> Done {
    for (key, value) in source.table(value, "[rules]")? {
        let rule = key.get_ref().to_string();
        check_id(source, key.span(), &rule)?;
        let DeValue::Table(setting) = value.get_ref() else {
            let example = format!("write {rule:?} = {{ severity = \"off\", reason = \"…\" }}");
            return Err(source.error(value.span(), format!("a rule needs a reason: {example}")));
        };
        let (mut severity, mut reason) = (None, None);
        for (key, value) in setting {
            match key.get_ref().as_ref() {
                "severity" => severity = Some(severity_of(source, value)?),
                "reason" => reason = Some(reason_of(source, value)?),
                other => return Err(source.unknown(key.span(), "key of a rule", other, &["severity", "reason"])),
            }
        }
        let missing = |what: &str| source.error(key.span(), format!("{rule} has no {what}"));
        let severity = severity.ok_or_else(|| missing("severity"))?;
        let reason = reason.ok_or_else(|| missing("reason"))?;
        config.rules.push(RuleSetting { severity, reason, location: source.location(key.span()), rule });
    }
    Ok(())
}

/// The shape of a rule id; whether there is such a rule, the application knows.
fn check_id(source: &Source<'_>, span: Range<usize>, rule: &str) -> Done {
    let part = |p: &str| !p.is_empty() && p.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    match rule.split_once('/') {
        Some((group, name)) if part(group) && part(name) => Ok(()),
        _ => Err(source.error(span, format!("{rule:?} is no rule id; ids look like \"index/foreign-key-unindexed\""))),
    }
}

/// None for off.
fn severity_of(source: &Source<'_>, value: &Item<'_>) -> Result<Option<Severity>, ReadError> {
    let word = source.string(value, "severity")?;
    if word == "off" {
        return Ok(None);
    }
    let found = Severity::ALL.into_iter().find(|s| s.word() == word);
    found.map(Some).ok_or_else(|| source.unknown(value.span(), "severity", &word, &["off", "info", "low", "medium", "high", "critical"]))
}

fn reason_of(source: &Source<'_>, value: &Item<'_>) -> Result<String, ReadError> {
    let reason = source.string(value, "reason")?;
    if reason.trim().is_empty() {
        return Err(source.error(value.span(), "the reason is empty"));
    }
    Ok(reason)
}

pub(super) fn allow(source: &Source<'_>, value: &Item<'_>, config: &mut Config) -> Done {
    if !matches!(value.get_ref(), DeValue::Array(_)) {
        return Err(source.error(value.span(), "allow is a list of tables: write [[allow]]"));
    }
    for item in source.array(value, "[[allow]]")? {
        let table = source.table(item, "[[allow]]")?;
        config.allowed.push(allowance(source, item.span(), table)?);
    }
    Ok(())
}

fn allowance(source: &Source<'_>, span: Range<usize>, table: &Table<'_>) -> Result<Allowance, ReadError> {
    let (mut rule, mut object, mut reason, mut until) = (None, None, None, None);
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "rule" => {
                let id = source.string(value, "rule")?;
                check_id(source, value.span(), &id)?;
                rule = Some(id);
            }
            "object" => object = Some(source.string(value, "object")?),
            "reason" => reason = Some(reason_of(source, value)?),
            "until" => until = Some(date(source, value)?),
            other => return Err(source.unknown(key.span(), "key of [[allow]]", other, &["rule", "object", "reason", "until"])),
        }
    }
    let missing = |what: &str| source.error(span.clone(), format!("this [[allow]] has no {what}"));
    Ok(Allowance {
        rule: rule.ok_or_else(|| missing("rule"))?,
        object: object.filter(|o| !o.trim().is_empty()).ok_or_else(|| missing("object"))?,
        reason: reason.ok_or_else(|| missing("reason"))?,
        until,
        location: source.location(span),
    })
}

/// `2026-12-31` as a string or as a TOML date.
fn date(source: &Source<'_>, value: &Item<'_>) -> Result<String, ReadError> {
    let text = match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        other => return Err(source.error(value.span(), format!("until must be a date, not {}", kind(other)))),
    };
    if is_date(&text) {
        return Ok(text);
    }
    Err(source.error(value.span(), format!("{text:?} is no date; write it as 2026-12-31")))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    if (year.len(), month.len(), day.len()) != (4, 2, 2) || !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return false;
    }
    let number = |digits: &str| digits.parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(year), number(month), number(day));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => 0,
    };
    (1..=days).contains(&day)
}

pub(super) fn twin(source: &Source<'_>, value: &Item<'_>, config: &mut Config) -> Done {
    for (key, value) in source.table(value, "[twin]")? {
        match key.get_ref().as_ref() {
            "postgres" => {
                let text = match value.get_ref() {
                    DeValue::String(text) => text.to_string(),
                    DeValue::Integer(number) => number.as_str().to_owned(),
                    other => return Err(source.error(value.span(), format!("postgres must be a major version, not {}", kind(other)))),
                };
                let major = text.parse::<u16>().ok().filter(|m| (12..=99).contains(m));
                let wrong = || source.error(value.span(), format!("{text:?} is no major version of PostgreSQL from 12 on; write \"17\""));
                config.twin_postgres = Some(major.ok_or_else(wrong)?);
            }
            other => return Err(source.unknown(key.span(), "key of [twin]", other, &["postgres"])),
        }
    }
    Ok(())
}

pub(super) fn review(source: &Source<'_>, value: &Item<'_>, config: &mut Config) -> Done {
    for (key, value) in source.table(value, "[review]")? {
        match key.get_ref().as_ref() {
            "targets" => {
                for item in source.array(value, "targets")? {
                    config.targets.push(source.string(item, "a target")?);
                }
            }
            other => return Err(source.unknown(key.span(), "key of [review]", other, &["targets"])),
        }
    }
    Ok(())
}

pub(super) fn house(source: &Source<'_>, value: &Item<'_>, config: &mut Config) -> Done {
    for (key, value) in source.table(value, "[house]")? {
        match key.get_ref().as_ref() {
            "rules" => {
                for item in source.array(value, "rules")? {
                    config.house.push((source.string(item, "a house rule")?, source.location(item.span())));
                }
            }
            other => return Err(source.unknown(key.span(), "key of [house]", other, &["rules"])),
        }
    }
    Ok(())
}
