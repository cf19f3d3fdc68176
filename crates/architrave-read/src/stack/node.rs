//! `package.json`.

use super::{Facts, products};
use architrave_model::stack::StackKind;
use serde_json::Value;

pub(super) fn package_json(text: &str, path: &str, facts: &mut Facts) {
    let json: Value = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => return facts.unreadable(path, format!("is not valid JSON (line {})", error.line())),
    };
    let mut typescript = false;
    for section in ["dependencies", "devDependencies", "optionalDependencies"] {
        let Some(packages) = json.get(section).and_then(Value::as_object) else { continue };
        for (package, version) in packages {
            let version = version.as_str();
            typescript |= package == "typescript";
            facts.add_products(products::of(products::NODE, package), version, path);
            if package == "typescript" {
                facts.add(StackKind::Language, "TypeScript", version.map(str::to_owned), path);
            }
        }
    }
    if !typescript {
        facts.add(StackKind::Language, "JavaScript", None, path);
    }
    if let Some(version) = json.pointer("/engines/node").and_then(Value::as_str) {
        facts.add(StackKind::Language, "Node.js", Some(version.to_owned()), path);
    }
}
