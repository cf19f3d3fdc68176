//! The settings of a server that is thrown away: nothing survives a crash, nothing happens on its own.

use std::fmt::Write as _;

use super::reach::Reach;

/// Settings that are the same everywhere, each with its reason.
const TUNED: &[(&str, &str)] = &[
    // Nothing has to survive.
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("wal_init_zero", "off"),
    ("max_wal_size", "512MB"),
    ("checkpoint_timeout", "1h"),
    // Nothing happens on its own: the same input gives the same statistics and plans.
    ("autovacuum", "off"),
    ("bgwriter_lru_maxpages", "0"),
    ("jit", "off"),
    // Small, and yet a schema of 10,000 tables fits into one transaction.
    ("shared_buffers", "64MB"),
    ("huge_pages", "off"),
    // In the data directory, so that even a killed server leaves no segment behind.
    ("dynamic_shared_memory_type", "mmap"),
    ("max_connections", "60"),
    ("max_locks_per_transaction", "1024"),
    // Publications, subscriptions and prepared transactions of a project must be accepted.
    ("wal_level", "logical"),
    ("max_prepared_transactions", "8"),
    // The same everywhere.
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("datestyle", "ISO, MDY"),
    ("lc_messages", "C"),
    ("logging_collector", "off"),
    ("log_destination", "stderr"),
    ("log_min_messages", "fatal"),
    ("log_min_error_statement", "panic"),
    ("cluster_name", "architrave"),
];

/// What goes behind `initdb`'s `postgresql.conf`.
pub(super) fn render(major: u16, reach: &Reach, preload: bool, extra: &[(String, String)]) -> String {
    let mut text = String::from("\n# A private server of Architrave, to be thrown away.\n");
    let mut add = |name: &str, value: &str| {
        let _ = writeln!(text, "{name} = '{}'", value.replace('\\', "\\\\").replace('\'', "''"));
    };
    for (name, value) in TUNED {
        add(name, value);
    }
    if major >= 18 {
        // Three processes less to start.
        add("io_method", "sync");
    }
    for (name, value) in reach.settings() {
        add(name, &value);
    }
    if preload {
        add("shared_preload_libraries", "pg_stat_statements");
    }
    for (name, value) in extra {
        add(name, value);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn extra_settings_come_last_and_are_quoted() {
        let reach = Reach::Socket { directory: PathBuf::from("/tmp/x") };
        let text = render(15, &reach, true, &[("work_mem".to_owned(), "it's".to_owned())]);
        assert!(text.ends_with("shared_preload_libraries = 'pg_stat_statements'\nwork_mem = 'it''s'\n"), "{text}");
        assert!(text.contains("listen_addresses = ''\n"));
        assert!(!text.contains("io_method"));
        assert!(render(18, &reach, false, &[]).contains("io_method"));
    }
}
