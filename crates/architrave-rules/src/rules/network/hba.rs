//! Reads `pg_hba.conf` as the server does: the first line that matches decides.

use crate::figures;
use crate::rules::setting::advice::judged;
use architrave_model::settings::{HbaRule, Settings};
use architrave_model::{Context, Sink};
use std::net::IpAddr;

/// The lines, when they are there and the user's own to judge; says why not otherwise.
pub(super) fn lines<'a>(settings: &'a Settings, context: &Context<'_>, sink: &mut Sink<'_>) -> Option<&'a [HbaRule]> {
    if !judged(context, sink) {
        return None;
    }
    if context.server.platform.is_managed() {
        sink.not_checked(format!("{}'s own network rules decide who reaches the server: look there", context.server.platform.title()));
        return None;
    }
    let lines = settings.hba.as_deref();
    if lines.is_none() {
        sink.not_checked("the lines of pg_hba.conf are not readable: the role needs EXECUTE on pg_hba_file_rules(), or to be superuser");
    }
    lines
}

/// Who can use a line, from few to many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// The server listens on nothing that it is for.
    Nobody,
    /// Processes of the same machine.
    Machine,
    /// Some other machines.
    Network,
    /// All of them.
    World,
}

/// Who can use the line, by its address and by what the server listens on.
pub(super) fn reach(rule: &HbaRule, settings: &Settings) -> Reach {
    if rule.error.is_some() {
        return Reach::Nobody;
    }
    if rule.kind == "local" {
        return Reach::Machine;
    }
    let listens = settings.text("listen_addresses").unwrap_or("*");
    if listens.trim().is_empty() {
        return Reach::Nobody;
    }
    let outside = listens_outside(listens).is_some();
    let loopback = match ranges(rule).as_slice() {
        [] => rule.address.as_deref() == Some("samehost"),
        ranges => ranges.iter().all(|r| r.is_loopback()),
    };
    match (outside, loopback, is_for_any_address(rule)) {
        (false, ..) | (_, true, _) => Reach::Machine,
        (true, false, true) => Reach::World,
        (true, false, false) => Reach::Network,
    }
}

/// Lines that some connection reaches.
pub(super) fn reached(rules: &[HbaRule]) -> impl Iterator<Item = &HbaRule> {
    rules.iter().enumerate().filter(|(at, rule)| rule.error.is_none() && decider(rules, *at).is_none()).map(|(_, rule)| rule)
}

/// The first earlier line that decides every connection that this line would match.
pub(super) fn decider(rules: &[HbaRule], at: usize) -> Option<&HbaRule> {
    let later = rules.get(at)?;
    rules.iter().take(at).find(|first| first.error.is_none() && shadows(first, later))
}

/// Lines that let connections without TLS in, as far as none before turns all of those away.
pub(super) fn admits_plain(rules: &[HbaRule]) -> Vec<&HbaRule> {
    let of_plain = |rule: &HbaRule| matches!(rule.kind.as_str(), "host" | "hostnossl" | "hostnogssenc");
    let turned_away = |at: usize, rule: &HbaRule| {
        let plain = HbaRule { kind: "hostnossl".into(), ..rule.clone() };
        rules.iter().take(at).any(|first| first.error.is_none() && shadows(first, &plain))
    };
    let admits =
        |(at, rule): &(usize, &HbaRule)| rule.method != "reject" && rule.error.is_none() && of_plain(rule) && !turned_away(*at, rule);
    rules.iter().enumerate().filter(admits).map(|(_, rule)| rule).collect()
}

/// Whether the line lets that user in, as far as no line before decides all connections that the user could make by it.
pub(super) fn admits_user(rules: &[HbaRule], at: usize, user: &str) -> bool {
    let Some(rule) = rules.get(at).filter(|r| r.error.is_none()) else { return false };
    if !names(&rule.users, "all") && !names(&rule.users, user) {
        return false;
    }
    let own = HbaRule { users: vec![user.to_owned()], ..rule.clone() };
    !rules.iter().take(at).any(|first| first.error.is_none() && shadows(first, &own))
}

/// `hostssl shop app 10.0.0.0/8 scram-sha-256`.
pub(super) fn describe(rule: &HbaRule) -> String {
    let address = match (rule.address.as_deref(), rule.netmask.as_deref().and_then(bits_of)) {
        (Some(address), Some(bits)) => format!(" {address}/{bits}"),
        (Some(address), None) => format!(" {address}"),
        (None, _) => String::new(),
    };
    format!("{} {} {}{address} {}", rule.kind, rule.databases.join(","), figures::list_of(&rule.users, 5), rule.method)
}

/// Addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    address: u128,
    /// Bits that count, of 32 or of 128.
    bits: u32,
    is_v6: bool,
}

impl Range {
    const EVERYWHERE: [Self; 2] = [Self { address: 0, bits: 0, is_v6: false }, Self { address: 0, bits: 0, is_v6: true }];

    fn width(self) -> u32 {
        if self.is_v6 { 128 } else { 32 }
    }

    /// The bits that count, the others cut off.
    fn prefix(self, bits: u32) -> u128 {
        self.address.checked_shr(self.width() - bits.min(self.width())).unwrap_or(0)
    }

    fn contains(self, other: Self) -> bool {
        self.is_v6 == other.is_v6 && self.bits <= other.bits && self.prefix(self.bits) == other.prefix(self.bits)
    }

    fn is_loopback(self) -> bool {
        if self.is_v6 { self.bits == 128 && self.address == 1 } else { self.bits >= 8 && self.prefix(8) == 127 }
    }
}

/// The addresses of a line; none when they are names, `samehost` or `samenet`.
fn ranges(rule: &HbaRule) -> Vec<Range> {
    let Some(address) = rule.address.as_deref() else { return Vec::new() };
    if address == "all" {
        return Range::EVERYWHERE.to_vec();
    }
    let (address, bits) = match (rule.netmask.as_deref(), address.split_once('/')) {
        (Some(mask), _) => (address, bits_of(mask)),
        (None, Some((address, bits))) => (address, bits.parse().ok()),
        (None, None) => (address, None),
    };
    match (address.parse::<IpAddr>(), bits) {
        (Ok(IpAddr::V4(v4)), Some(bits)) => vec![Range { address: u128::from(u32::from(v4)), bits, is_v6: false }],
        (Ok(IpAddr::V6(v6)), Some(bits)) => vec![Range { address: u128::from(v6), bits, is_v6: true }],
        _ => Vec::new(),
    }
}

/// Whether all addresses of `later` are among those of `first`.
fn holds_addresses(first: &HbaRule, later: &HbaRule) -> bool {
    if later.kind == "local" {
        return true;
    }
    let (wide, narrow) = (ranges(first), ranges(later));
    if narrow.is_empty() {
        // A name, or the server's own networks: any line for all addresses holds them, and one that says the same.
        return first.address == later.address || wide == Range::EVERYWHERE;
    }
    narrow.iter().all(|n| wide.iter().any(|w| w.contains(*n)))
}

/// Whether every connection of kind `later` is one of kind `first`.
fn holds_kind(first: &str, later: &str) -> bool {
    first == later || (first == "host" && later.starts_with("host"))
}

/// Whether `first` decides every connection that `later` would match, so that `later` is never reached.
fn shadows(first: &HbaRule, later: &HbaRule) -> bool {
    // A replication connection matches only lines that name it: `all` does not hold it.
    let databases = (first.databases == later.databases
        || covers(&first.databases, &later.databases, &["sameuser", "samerole", "samegroup"]))
        && (!names(&later.databases, "replication") || names(&first.databases, "replication"));
    holds_kind(&first.kind, &later.kind) && holds_addresses(first, later) && databases && covers(&first.users, &later.users, &[])
}

/// Whether the line admits TCP connections from any address, or from so many (a mask under 8 bits) that it comes to the same.
pub(super) fn is_for_any_address(rule: &HbaRule) -> bool {
    if rule.kind == "local" || rule.error.is_some() {
        return false;
    }
    let Some(address) = rule.address.as_deref() else { return false };
    if address == "all" {
        return true;
    }
    let bits = match (rule.netmask.as_deref(), address.split_once('/')) {
        (Some(mask), _) => bits_of(mask),
        (None, Some((_, bits))) => bits.parse().ok(),
        _ => None,
    };
    bits.is_some_and(|b| b < 8)
}

/// Length of the prefix of a netmask.
fn bits_of(mask: &str) -> Option<u32> {
    if let Ok(mask) = mask.parse::<std::net::Ipv4Addr>() {
        return Some(u32::from(mask).leading_ones());
    }
    mask.parse::<std::net::Ipv6Addr>().ok().map(|m| u128::from(m).leading_ones())
}

fn names(list: &[String], name: &str) -> bool {
    list.iter().any(|n| n == name)
}

fn covers(wide: &[String], narrow: &[String], special: &[&str]) -> bool {
    names(wide, "all") || narrow.iter().all(|n| wide.contains(n) && !special.contains(&n.as_str()))
}

/// Lines that let people in from anywhere, as far as no line before takes all of their connections.
pub(super) fn open_lines(rules: &[HbaRule]) -> Vec<&HbaRule> {
    reached(rules).filter(|rule| rule.method != "reject" && is_for_any_address(rule)).collect()
}

/// Whether the server listens on an address that other machines can reach. None: on none.
pub(super) fn listens_outside(addresses: &str) -> Option<&str> {
    addresses.split(',').map(str::trim).find(|a| {
        let loopback = *a == "localhost" || a.starts_with("127.") || *a == "::1";
        !a.is_empty() && !loopback
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(line: i32, kind: &str, database: &str, user: &str, address: &str, method: &str) -> HbaRule {
        HbaRule {
            line,
            kind: kind.into(),
            databases: vec![database.into()],
            users: vec![user.into()],
            address: Some(address.into()),
            method: method.into(),
            ..HbaRule::default()
        }
    }

    fn lines(rules: &[HbaRule]) -> Vec<i32> {
        open_lines(rules).iter().map(|r| r.line).collect()
    }

    #[test]
    fn any_address_is_told_by_mask_or_word() {
        assert_eq!(lines(&[rule(1, "host", "all", "all", "0.0.0.0/0", "scram-sha-256")]), [1]);
        assert_eq!(lines(&[rule(1, "host", "all", "all", "all", "md5")]), [1]);
        assert_eq!(lines(&[rule(1, "hostssl", "all", "all", "::/0", "cert")]), [1]);
        assert_eq!(lines(&[rule(1, "host", "all", "all", "10.0.0.0/8", "trust")]), [0; 0]);
        assert_eq!(lines(&[rule(1, "host", "all", "all", "samenet", "trust")]), [0; 0]);
        let masked = HbaRule { netmask: Some("0.0.0.0".into()), ..rule(1, "host", "all", "all", "0.0.0.0", "md5") };
        assert_eq!(lines(&[masked]), [1]);
    }

    #[test]
    fn the_first_match_decides() {
        let reject = rule(1, "host", "all", "all", "all", "reject");
        let open = rule(2, "host", "all", "all", "0.0.0.0/0", "trust");
        assert_eq!(lines(&[reject.clone(), open.clone()]), [0; 0]);
        assert_eq!(lines(&[open.clone(), reject]), [2]);
    }

    #[test]
    fn a_narrower_line_before_does_not_shadow() {
        let open = rule(2, "host", "all", "all", "0.0.0.0/0", "trust");
        for first in [
            rule(1, "hostssl", "all", "all", "all", "reject"),
            rule(1, "host", "shop", "all", "all", "reject"),
            rule(1, "host", "all", "postgres", "all", "reject"),
            rule(1, "host", "all", "all", "::/0", "reject"),
            rule(1, "host", "all", "all", "0.0.0.0/1", "reject"),
        ] {
            assert_eq!(lines(&[first.clone(), open.clone()]), [2], "{first:?}");
        }
        let replication = rule(2, "host", "replication", "all", "0.0.0.0/0", "trust");
        assert_eq!(lines(&[rule(1, "host", "all", "all", "all", "reject"), replication]), [2]);
    }

    #[test]
    fn loopback_is_not_outside() {
        assert_eq!(listens_outside("localhost"), None);
        assert_eq!(listens_outside(""), None);
        assert_eq!(listens_outside("127.0.0.1, ::1"), None);
        assert_eq!(listens_outside("*"), Some("*"));
        assert_eq!(listens_outside("localhost,10.0.0.5"), Some("10.0.0.5"));
    }

    fn unreached(rules: &[HbaRule]) -> Vec<i32> {
        rules.iter().enumerate().filter(|(at, _)| decider(rules, *at).is_some()).map(|(_, r)| r.line).collect()
    }

    #[test]
    fn a_wider_line_before_shadows() {
        let wide = rule(1, "host", "all", "all", "10.0.0.0/8", "md5");
        let shadowed = |later: HbaRule| unreached(&[wide.clone(), later]) == [2];
        assert!(shadowed(rule(2, "host", "all", "all", "10.66.0.0/16", "reject")));
        assert!(shadowed(rule(2, "hostssl", "shop", "app", "10.1.2.3/32", "cert")));
        let masked = HbaRule { netmask: Some("255.255.0.0".into()), ..rule(2, "host", "all", "all", "10.1.0.0", "trust") };
        assert!(shadowed(masked));
        for other in [
            rule(2, "host", "all", "all", "11.0.0.0/16", "md5"),
            rule(2, "host", "all", "all", "10.0.0.0/7", "md5"),
            rule(2, "host", "all", "all", "fe80::/10", "md5"),
            rule(2, "host", "replication", "all", "10.1.0.0/16", "md5"),
            rule(2, "host", "all", "all", "samenet", "md5"),
            rule(2, "host", "all", "all", "db.example.org", "md5"),
            rule(2, "local", "all", "all", "", "peer"),
        ] {
            assert!(!shadowed(other.clone()), "{other:?}");
        }
        let everywhere = rule(1, "host", "all", "all", "all", "md5");
        assert_eq!(unreached(&[everywhere, rule(2, "host", "all", "all", "db.example.org", "reject")]), [2]);
    }

    #[test]
    fn plain_connections_are_told_from_those_with_tls() {
        let plain = |rules: &[HbaRule]| admits_plain(rules).iter().map(|r| r.line).collect::<Vec<_>>();
        let host = rule(2, "host", "all", "all", "10.0.0.0/8", "md5");
        assert_eq!(plain(std::slice::from_ref(&host)), [2]);
        assert_eq!(plain(&[rule(1, "hostnossl", "all", "all", "all", "reject"), host.clone()]), [0; 0]);
        assert_eq!(plain(&[rule(1, "hostssl", "all", "all", "all", "reject"), host]), [2]);
        assert_eq!(plain(&[rule(1, "hostssl", "all", "all", "10.0.0.0/8", "md5")]), [0; 0]);
    }

    #[test]
    fn a_user_that_is_turned_away_before_is_not_admitted() {
        let all = rule(2, "host", "all", "all", "10.0.0.0/8", "md5");
        let rules = [rule(1, "host", "all", "postgres", "all", "reject"), all];
        assert!(!admits_user(&rules, 1, "postgres") && admits_user(&rules, 1, "app"));
    }

    #[test]
    fn reach_follows_address_and_what_the_server_listens_on() {
        let settings = |listens: &str| Settings {
            values: vec![architrave_model::settings::Setting {
                name: "listen_addresses".into(),
                value: listens.into(),
                ..Default::default()
            }],
            ..Settings::default()
        };
        let of = |address: &str, listens: &str| reach(&rule(1, "host", "all", "all", address, "md5"), &settings(listens));
        assert_eq!(of("127.0.0.1/32", "*"), Reach::Machine);
        assert_eq!(of("::1/128", "*"), Reach::Machine);
        assert_eq!(of("10.0.0.0/8", "localhost"), Reach::Machine);
        assert_eq!(of("10.0.0.0/8", "*"), Reach::Network);
        assert_eq!(of("all", "*"), Reach::World);
        assert_eq!(of("all", ""), Reach::Nobody);
    }
}
