//! Small sets of values to draw from: few enough that rows meet, duplicates and NULLs come up, and the query's own constants are
//! among them.

use architrave_sql::lex::{Lexer, TokenKind};

/// Values to draw, and the state of drawing.
pub(super) struct Domains {
    numbers: Vec<i64>,
    texts: Vec<String>,
    state: u64,
}

impl Domains {
    /// With the constants of a statement among them.
    pub(super) fn of(sql: &str) -> Self {
        let mut numbers: Vec<i64> = (1..=8).collect();
        let mut texts: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
        for token in Lexer::new(sql) {
            let written = sql.get(token.start..token.end).unwrap_or_default();
            match token.kind {
                TokenKind::Number => {
                    if let Some(n) = written.parse::<i64>().ok().filter(|n| n.abs() < 1_000_000_000) {
                        numbers.extend([n, n + 1]);
                    }
                }
                TokenKind::String if written.starts_with('\'') => {
                    texts.push(written.trim_matches('\'').replace("''", "'"));
                }
                _ => {}
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        Self { numbers, texts, state: 0 }
    }

    /// Starts a round; the same round draws the same values.
    pub(super) fn seed(&mut self, round: u64) {
        self.state = round.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    }

    /// A number below `n` (splitmix64).
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % (n.max(1) as u64)).unwrap_or(0)
    }

    /// A value for a parameter of that type; never NULL.
    pub(super) fn parameter(&mut self, type_name: &str) -> String {
        let literal = self.literal(type_name, &[]).unwrap_or_else(|| "null".to_owned());
        format!("({literal})")
    }

    /// A literal of a type, named as `pg_type.typname` or as `format_type` does; labels are those of an enum. None for types that
    /// nothing is known about.
    pub(super) fn literal(&mut self, type_name: &str, labels: &[String]) -> Option<String> {
        let quoted = |text: &str| architrave_model::name::quote_literal(text);
        if !labels.is_empty() {
            let at = self.below(labels.len());
            return Some(quoted(&labels[at]));
        }
        if let Some(element) = type_name.strip_suffix("[]").or_else(|| type_name.strip_prefix('_')) {
            let members: Vec<String> = (0..self.below(4)).filter_map(|_| self.literal(element, &[])).collect();
            return Some(format!("array[{}]::{element}[]", members.join(", ")));
        }
        let base = type_name.split('(').next().unwrap_or(type_name).trim_end();
        let rest = type_name.split(')').nth(1).unwrap_or_default();
        let number = self.below(self.numbers.len());
        let number = self.numbers.get(number).copied().unwrap_or(1);
        Some(match format!("{base}{rest}").as_str() {
            "smallint" | "int2" => number.min(30_000).to_string(),
            "integer" | "bigint" | "int4" | "int8" | "oid" => number.to_string(),
            "numeric" | "real" | "double precision" | "float4" | "float8" | "money" => {
                format!("{number}{}", ["", ".5"][self.below(2)])
            }
            "boolean" | "bool" => ["true", "false"][self.below(2)].to_owned(),
            "text" | "character varying" | "varchar" | "name" | "citext" | "bpchar" | "character" => {
                let at = self.below(self.texts.len());
                quoted(&self.texts[at])
            }
            "date" | "timestamp without time zone" | "timestamp with time zone" | "timestamp" | "timestamptz" => self.moment(base),
            "time without time zone" | "time" | "timetz" | "time with time zone" => format!("time '0{}:00'", self.below(9)),
            "interval" => format!("interval '{} days'", self.below(5)),
            "uuid" => format!("'00000000-0000-4000-8000-00000000000{}'::uuid", self.below(8)),
            "json" | "jsonb" => format!("'{{\"k\": {number}}}'"),
            "bytea" => format!("'\\x0{}'", self.below(8)),
            "inet" | "cidr" => format!("'10.0.0.{}'", self.below(8)),
            _ => return None,
        })
    }

    /// A moment: of the query's own constants, around them, or of two days.
    fn moment(&mut self, base: &str) -> String {
        let looks_like_date =
            |t: &&String| t.len() >= 10 && t.as_bytes().get(4) == Some(&b'-') && t.as_bytes().iter().take(4).all(u8::is_ascii_digit);
        let mut starts: Vec<String> = self.texts.iter().filter(looks_like_date).cloned().collect();
        starts.push("2024-01-01".to_owned());
        // A year that the query speaks of.
        starts.extend(self.numbers.iter().filter(|n| (1900..2200).contains(*n)).map(|n| format!("{n}-01-01")));
        let at = self.below(starts.len());
        let shifts = ["0 hours", "-1 second", "13 hours", "24 hours", "23:59:59", "31 days"];
        let shift = shifts[self.below(shifts.len())];
        let start = architrave_model::name::quote_literal(&starts[at]);
        format!("({start}::timestamp + interval '{shift}')::{}", if base.contains("with time zone") { "timestamptz" } else { base })
    }
}
