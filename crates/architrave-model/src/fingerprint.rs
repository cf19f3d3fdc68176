//! Fingerprints of findings: stable across runs, moves and machines.

use crate::name::ObjectRef;

/// Sixteen hexadecimal digits (64-bit FNV-1a) over the rule's id and the object's kind and names, nothing else.
pub fn fingerprint(rule: &str, object: &ObjectRef) -> String {
    of(&parts(rule, object))
}

/// The same for what is found in a file: two migrations may do the same to one object.
pub fn fingerprint_in(rule: &str, object: &ObjectRef, path: &str) -> String {
    let [rule, kind, schema, table, name] = parts(rule, object);
    of(&[rule, kind, schema, table, name, path])
}

fn parts<'a>(rule: &'a str, object: &'a ObjectRef) -> [&'a str; 5] {
    [rule, object.kind.word(), object.schema.as_deref().unwrap_or(""), object.table.as_deref().unwrap_or(""), object.name.as_str()]
}

fn of(parts: &[&str]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in parts.join("\u{1f}").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::ObjectKind;

    #[test]
    fn depends_on_rule_and_names_only() {
        let a = ObjectRef::in_schema(ObjectKind::Table, "public", "orders");
        let b = ObjectRef::in_schema(ObjectKind::Table, "public", "order");
        assert_eq!(fingerprint("key/x", &a), fingerprint("key/x", &a.clone()));
        assert_ne!(fingerprint("key/x", &a), fingerprint("key/x", &b));
        assert_ne!(fingerprint("key/x", &a), fingerprint("key/y", &a));
        // A committed value: baselines of users hold such strings.
        assert_eq!(fingerprint("index/foreign-key-unindexed", &a), "76975082693b4703");
    }
}
