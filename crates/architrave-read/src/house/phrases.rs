//! The sentences that are understood, as patterns, and what each demands.

use super::pattern::{Captures, matches};
use super::words::Token;
use architrave_model::house::HouseRule;

type Demand = fn(&Captures) -> Vec<HouseRule>;

/// Patterns by what they demand. A pattern matches whole sentences only: none of these words negates or restricts.
const PHRASES: &[(Demand, &[&str])] = &[
    (
        naming,
        &[
            "all|every|each|the? {kinds} name|names? must|should|shall|will|have|has|always? to? always? be|are|is|use|uses|follow|follows|get? always? named|written|spelled|in|using? in|using|with|the? {case} names|naming|style|convention|only? convention?",
            "all|every|each|the? names|name of|for all|every|the? {kinds} must|should|shall|will|always? be|are|is|use|uses|follow|follows always? written|in|using? in|using? {case}",
            "always? use|name {case} for|on|in all|every|each|the? {kinds} name|names?",
            "always? name|write all|every|the? {kinds} name|names? in|using|with {case}",
            "{case} {kinds} name|names?",
            "{case} for|on|in all|every|each|the? {kinds} name|names?",
            "names|identifiers|naming|everything|all|every : {case}",
        ],
    ),
    (
        naming_everywhere,
        &[
            "everything must|should|is|uses|use be|in? in? {case}",
            "always? use {case} everywhere|throughout",
            "{case} everywhere",
            "{case} for|on|in everything",
            "use {case} for everything",
        ],
    ),
    (
        naming_and_number,
        &[
            "all|every|each|the? {kinds} name|names? must|should|shall|always? be|are|is|use|uses? named|written|in? in|using? {case} ,|and|; and|always|are|in? {number} names?",
            "all|every|each|the? {kinds} name|names? must|should|shall|always? be|are|is|use|uses? named|written|in? in|using? {number} ,|and|; and|in|written? in? {case} names?",
            "always? use {number} , {case} {kinds} name|names?",
            "always? use {number} {case} {kinds} name|names?",
            "always? use {case} , {number} {kinds} name|names?",
            "{number} {case} {kinds} names|name?",
            "{number} , {case} {kinds} names|name?",
        ],
    ),
    (
        number,
        &[
            "all|every|each|the? {kinds} name|names? must|should|shall|will|always? be|are|is|use|uses|have|has always? named|written|in|using? in? the? {number} names|name?",
            "always? use {number} {kinds} name|names",
            "always? name all|every|the? {kinds} in|with|using {number}",
            "{number} {kinds} names",
            "{kinds} : {number}",
        ],
    ),
    (
        prefix,
        &[
            "all|every|each|the? {kinds} name|names? must|should|shall|always|will? always? start|starts|begin|begins with|by the? prefix? {code}",
            "all|every|each|the? {kinds} name|names? must|should|shall|always? be|are|is|get? always? prefixed with|by {code}",
            "all|every|each|the? {kinds} name|names? must|should|shall|always? have|has|get|gets|carry|carries|use|uses a|the? prefix {code}",
            "all|every|each|the? {kinds} name|names? must|should|shall|always? have|has|get|gets|carry|carries|use|uses a|an|the? {code} prefix",
            "always? prefix all|every|each|the? {kinds} name|names? with {code}",
            "prefix for|of all|every|the? {kinds} : {code}",
        ],
    ),
    (
        suffix,
        &[
            "all|every|each|the? {kinds} name|names? must|should|shall|always|will? always? end|ends in|with|on the? suffix? {code}",
            "all|every|each|the? {kinds} name|names? must|should|shall|always? be|are|is|get? always? suffixed with|by {code}",
            "all|every|each|the? {kinds} name|names? must|should|shall|always? have|has|get|gets|carry|carries|use|uses a|the? suffix {code}",
            "all|every|each|the? {kinds} name|names? must|should|shall|always? have|has|get|gets|carry|carries|use|uses a|an|the? {code} suffix",
            "always? suffix all|every|each|the? {kinds} name|names? with {code}",
        ],
    ),
    (
        forbidden,
        &[
            "please|we|you? never|don't|cannot|can't|mustn't|shouldn't use|store|have|add|create|introduce the|a|any? type|types|column|columns? of? type? {types} type|types|column|columns?",
            "please|we|you? do|must|should|may|can not use|store|have|add|create|introduce the|a|any? type|types|column|columns? of? type? {types} type|types|column|columns?",
            "no {sure} column|columns|type|types? please|anywhere|ever?",
            "no columns|column of|with type|the? type? {types}",
            "the? type|types? {sure} type|types? must|may|should|can|will not|never be used|allowed|added",
            "the? type|types? {sure} type|types|columns|column? is|are forbidden|banned|prohibited|disallowed",
            "the? type|types? {sure} type|types|columns|column? is|are not|never allowed|used|permitted|ok|acceptable",
            "forbidden types|type : {types}",
            "banned types|type : {types}",
            "forbidden : {types}",
        ],
    ),
    (
        forbidden_instead,
        &[
            "please|we|you? never|don't use the? type? {types} type|types|columns|column? ,|;|:|( always|but? use {other} type? instead? )?",
            "please|we|you? do|must|should not use the? type? {types} type|types|columns|column? ,|;|:|( always|but? use {other} type? instead? )?",
            "please|we|you? never|don't use the? type? {types} type|types|columns|column? ,|;|:|( {other} instead )?",
            "please|we|you? do|must|should not use the? type? {types} type|types|columns|column? ,|;|:|( {other} instead )?",
            "avoid the? type? {types} type|types|columns|column? ,|;|:|and|( always? use {other} type? instead? )?",
            "no {sure} type|types|columns|column? ,|;|:|( always? use {other} instead? )?",
            "no {sure} type|types|columns|column? ,|;|:|( {other} instead )?",
        ],
    ),
    (
        used_instead,
        &[
            "always? use|we the|use? type? {types} type? instead of|rather? {other}",
            "always? use the? type? {types} type? , not|never the? type? {other}",
            "always? use the? type? {types} type? ( not|never the? type? {other} )",
            "always? use the? type? {types} type? and|; not|never use? {other}",
            "always {types} ,|and|;? never|not {other}",
            "{types} , never|not {other}",
            "{types} instead of {other}",
            "strings|text|string columns? are|is|use|uses? {types} , never|not {other}",
            "json|documents columns|data? is|are|uses|use? {types} , never|not {other}",
            "timestamps|times|dates|timestamp columns? are|is|use|uses? always? {types} , never|not {other}",
        ],
    ),
    (
        time_zone,
        &[
            "every|each|all|any point|points|moment|moments|instant|instants in time must|should|always? be|is|are|use|uses? always? stored|saved|kept|a|of? as|in|type|with? type? {types} columns|column?",
            "all|every|each? timestamps|timestamp columns|column? must|should|always|have? to? always? be|are|is|use|uses? always? stored|saved|kept|of? as|in|using|type? type? {types} columns|column?",
            "all|every|each? date|datetime|time|temporal|dates and|/|or? time|times|timestamps? columns|column|values|value|fields? must|should|always? be|are|is|use|uses? always? stored|of? as|in|type? type? {types}",
            "always? use {types} for all|every|any? timestamps|timestamp|times|dates|datetimes|time|date and|/|or? times|time|timestamps|columns|column|values? columns|column|values?",
            "always use {types}",
            "always {types}",
            "timestamps|times|time|dates : always? {types}",
            "{types} for all|every timestamps|times|dates|timestamp columns|column|values?",
            "{types} everywhere",
        ],
    ),
    (
        time_zone_in_words,
        &[
            "all|every|each? timestamps|timestamp columns|column? must|should|always? be|are|is|have|has|carry|carries|include always? stored|saved|kept? with|a|have|the? a|the? time zone|zones|timezone",
            "all|every|each? timestamps|timestamp columns|column? must|should|always? be|are|is|have|has|carry|carries|include always? stored|saved|kept? with|a|have|the? a|the? timezone|timezones",
            "no timestamps|timestamp columns|column? without a? time|timezone|timezones zone|zones?",
            "never|don't store|use timestamps|timestamp|times columns|column? without a? time|timezone|timezones zone|zones?",
        ],
    ),
    (
        key_type,
        &[
            "all|every|each|the|our? primary keys|key columns|column? must|should|always|have? to? always? be|are|is|use|uses|have|has always? stored|of|a|the? as|type? type? {keys} columns|column|values|keys?",
            "always? use {keys} for|as all|every|the? primary keys|key columns|column?",
            "{keys} for|as all|every|the? primary keys|key columns|column?",
            "{keys} primary keys",
            "every|each|all table|tables must|should|always? has|have|uses|use|gets|get a|an {keys} primary key|keys column|columns?",
            "every|each|all table|tables must|should|always? has|have|uses|use|gets|get a|an? primary key|keys of|with type|the? type? {keys}",
            "primary keys|key : {keys}",
        ],
    ),
    (
        required_columns,
        &[
            "every|each|all|any table|tables must|should|shall|always|needs|need? always|to? has|have|includes|include|carries|carry|contains|contain|needs|need|gets|get|defines|define a|an|the|both? columns|column? {names} column|columns|timestamps|timestamp|field|fields?",
            "always? add {names} to|on|in all|every|each table|tables",
            "{names} columns|column? is|are required|mandatory|present on|in|for every|all|each table|tables",
            "{names} columns|column? on|in every|all|each table|tables",
            "every|each|all table|tables : {names}",
            "required columns|column : {names}",
        ],
    ),
    (
        allows_rule,
        &[
            "ignore|disable|skip|allow|deactivate|suppress the? rule|check? {code} rule|check|findings?",
            "turn|switch off the? rule|check? {code} rule|check?",
            "the? rule|check? {code} is|are off|disabled|ignored|allowed|accepted|fine|ok|okay here|project|in? this|our? project?",
            "the? rule|check? {code} does not apply here|to? this|us? project?",
        ],
    ),
];

/// Demands of a sentence; empty when it is not understood.
pub(super) fn understand(tokens: &[Token]) -> Vec<HouseRule> {
    for (demand, patterns) in PHRASES {
        for pattern in *patterns {
            if let Some(captures) = matches(pattern, tokens) {
                let rules = demand(&captures);
                if !rules.is_empty() {
                    return rules;
                }
            }
        }
    }
    Vec::new()
}

fn naming(captures: &Captures) -> Vec<HouseRule> {
    let Some(case) = captures.case else { return Vec::new() };
    let kinds = captures.kinds.iter().map(|kind| if matches!(*kind, "foreign key" | "foreign key column") { None } else { Some(*kind) });
    let kinds: Option<Vec<&str>> = kinds.collect();
    kinds.unwrap_or_default().into_iter().map(|kind| HouseRule::Naming { kind: kind.to_owned(), case }).collect()
}

fn naming_everywhere(captures: &Captures) -> Vec<HouseRule> {
    captures.case.map(|case| HouseRule::Naming { kind: "name".to_owned(), case }).into_iter().collect()
}

fn number(captures: &Captures) -> Vec<HouseRule> {
    match (captures.kinds.as_slice(), captures.plural) {
        (["table"], Some(plural)) => vec![HouseRule::TableNumber { plural }],
        _ => Vec::new(),
    }
}

fn naming_and_number(captures: &Captures) -> Vec<HouseRule> {
    let number = number(captures);
    if number.is_empty() { number } else { naming(captures).into_iter().chain(number).collect() }
}

fn prefix(captures: &Captures) -> Vec<HouseRule> {
    let Some(prefix) = affix(captures).filter(|code| !code.starts_with('_')) else { return Vec::new() };
    affixed_kinds(captures, &prefix).into_iter().map(|kind| HouseRule::Prefix { kind, prefix: prefix.clone() }).collect()
}

fn suffix(captures: &Captures) -> Vec<HouseRule> {
    let Some(suffix) = affix(captures).filter(|code| !code.ends_with('_')) else { return Vec::new() };
    affixed_kinds(captures, &suffix).into_iter().map(|kind| HouseRule::Suffix { kind, suffix: suffix.clone() }).collect()
}

/// The prefix or suffix itself: `v_`, `_idx`, also written as `v_*` or `*_idx`.
fn affix(captures: &Captures) -> Option<String> {
    let code = captures.code.as_deref()?.trim_matches('*');
    (!code.is_empty() && code.chars().all(|c| c.is_alphanumeric() || c == '_')).then(|| code.to_owned())
}

/// `foreign keys end in _id` speaks of columns, `… in _fkey` of constraints; any other ending may mean either.
fn affixed_kinds(captures: &Captures, affix: &str) -> Vec<String> {
    let kind = |kind: &'static str| match kind {
        "foreign key" if affix.ends_with("_id") => Some("foreign key column"),
        "foreign key" if !affix.contains("fk") => None,
        "name" => None,
        kind => Some(kind),
    };
    let kinds: Option<Vec<&str>> = captures.kinds.iter().map(|k| kind(k)).collect();
    kinds.unwrap_or_default().into_iter().map(str::to_owned).collect()
}

fn forbidden(captures: &Captures) -> Vec<HouseRule> {
    let rule = |data_type: &&str| HouseRule::ForbiddenType { data_type: (*data_type).to_owned(), instead: None };
    captures.types.iter().map(rule).collect()
}

fn forbidden_instead(captures: &Captures) -> Vec<HouseRule> {
    replace(&captures.types, &captures.other)
}

fn used_instead(captures: &Captures) -> Vec<HouseRule> {
    replace(&captures.other, &captures.types)
}

/// Types that are forbidden, with the one to use instead; the same type on both sides (`varchar` and `varchar(n)`) is no demand.
fn replace(forbidden: &[&'static str], instead: &[&'static str]) -> Vec<HouseRule> {
    if forbidden.iter().any(|f| instead.contains(f)) {
        return Vec::new();
    }
    let instead = match instead {
        [one] => Some((*one).to_owned()),
        _ => None,
    };
    forbidden.iter().map(|f| HouseRule::ForbiddenType { data_type: (*f).to_owned(), instead: instead.clone() }).collect()
}

fn time_zone(captures: &Captures) -> Vec<HouseRule> {
    match captures.types.as_slice() {
        ["timestamp with time zone"] => time_zone_in_words(captures),
        _ => Vec::new(),
    }
}

fn time_zone_in_words(_: &Captures) -> Vec<HouseRule> {
    replace(&["timestamp without time zone"], &["timestamp with time zone"])
}

fn key_type(captures: &Captures) -> Vec<HouseRule> {
    let data_types: Vec<String> = captures.types.iter().map(|t| (*t).to_owned()).collect();
    vec![HouseRule::KeyType { data_types }]
}

fn required_columns(captures: &Captures) -> Vec<HouseRule> {
    vec![HouseRule::RequiredColumns { columns: captures.names.clone() }]
}

fn allows_rule(captures: &Captures) -> Vec<HouseRule> {
    let Some(id) = captures.code.as_deref() else { return Vec::new() };
    let part = |p: &str| !p.is_empty() && p.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    match id.split_once('/') {
        Some((group, name)) if part(group) && part(name) => vec![HouseRule::AllowsRule { rule: id.to_owned() }],
        _ => Vec::new(),
    }
}
