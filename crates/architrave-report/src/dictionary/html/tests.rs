//! The page is safe whatever a database names.

use super::page;
use crate::dictionary::sample::hostile;

#[test]
fn nothing_that_a_database_names_becomes_markup() {
    let text = page(&hostile()).unwrap();
    assert_eq!(text.matches("</script>").count(), 2, "the page's own two elements");
    assert!(!text.contains("<img"), "a name became an element");
    assert!(text.contains("default-src 'none'"));
    let (_, rest) = text.split_once("type=\"application/json\">").unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    let facts: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(facts["schemas"][0]["relations"].as_array().unwrap().len(), hostile().schemas[0].relations.len());
    let own = text.replace(json, "");
    for foreign in ["http://", "https://", "@import", "innerHTML", "eval("] {
        assert!(!own.contains(foreign), "{foreign}");
    }
}
