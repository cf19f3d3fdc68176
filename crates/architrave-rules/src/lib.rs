//! All rules, each with its page.
