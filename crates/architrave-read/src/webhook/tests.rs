//! Handlers as they are written.

use crate::project::ReadOptions;
use crate::tree::Tree;

#[test]
fn zz_real() {
    let Ok(root) = std::env::var("CLERK_REAL") else { return };
    for dir in root.split(':') {
        let tree = Tree::walk(std::path::Path::new(dir), &ReadOptions::default(), &|_| {}).unwrap();
        let found = super::read(&tree);
        println!("=== {dir}");
        for h in &found.handlers {
            println!(
                "{}:{} {} {:?}\n  deletion {:?} time {} msg {} first {:?}",
                h.location.path,
                h.location.line,
                h.language,
                h.verification,
                h.handles_deletion,
                h.reads_update_time,
                h.stores_message_id,
                h.first_email.as_ref().map(|l| format!("{}:{}", l.path, l.line))
            );
            for w in &h.writes {
                println!(
                    "  {} {:?} {} {:?} {}:{} unless {}",
                    w.event, w.verb, w.table, w.columns, w.location.path, w.location.line, w.unless_found
                );
            }
            println!(
                "  losses {:?}\n  not followed {:?}",
                h.losses.iter().map(|(k, l)| format!("{k:?} {}:{}", l.path, l.line)).collect::<Vec<_>>(),
                h.not_followed
            );
        }
        println!("unread {:?}", found.unread);
    }
}
