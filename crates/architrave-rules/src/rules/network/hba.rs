//! Reads `pg_hba.conf` as the server does: the first line that matches decides.

use architrave_model::settings::HbaRule;

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

/// Families of addresses that the line is for: (version 4, version 6).
fn families(rule: &HbaRule) -> (bool, bool) {
    match rule.address.as_deref() {
        Some("all") => (true, true),
        Some(address) => (!address.contains(':'), address.contains(':')),
        None => (false, false),
    }
}

/// Whether `first` decides every connection that `later` would match, so that `later` is never reached.
fn shadows(first: &HbaRule, later: &HbaRule) -> bool {
    let kinds = first.kind == "host" || first.kind == later.kind;
    let (a, b) = (families(first), families(later));
    let families = (a.0 || !b.0) && (a.1 || !b.1);
    // A replication connection matches only lines that name it: `all` does not hold it.
    let databases = covers(&first.databases, &later.databases, &["sameuser", "samerole"])
        && (!names(&later.databases, "replication") || names(&first.databases, "replication"));
    is_for_any_address(first) && is_whole(first) && kinds && families && databases && covers(&first.users, &later.users, &[])
}

/// No address is left out.
fn is_whole(rule: &HbaRule) -> bool {
    rule.address.as_deref() == Some("all")
        || rule.netmask.as_deref().map_or_else(|| rule.address.as_deref().is_some_and(|a| a.ends_with("/0")), |m| bits_of(m) == Some(0))
}

fn names(list: &[String], name: &str) -> bool {
    list.iter().any(|n| n == name)
}

fn covers(wide: &[String], narrow: &[String], special: &[&str]) -> bool {
    names(wide, "all") || narrow.iter().all(|n| wide.contains(n) && !special.contains(&n.as_str()))
}

/// Lines that let people in from anywhere, as far as no line before takes all of their connections.
pub(super) fn open_lines(rules: &[HbaRule]) -> Vec<&HbaRule> {
    let reached = |at: usize, rule: &HbaRule| !rules.iter().take(at).any(|first| first.error.is_none() && shadows(first, rule));
    rules
        .iter()
        .enumerate()
        .filter(|(at, rule)| rule.method != "reject" && is_for_any_address(rule) && reached(*at, rule))
        .map(|(_, rule)| rule)
        .collect()
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
}
