//! Files as other programs save them.

use super::*;

fn rows(name: &str, bytes: &[u8]) -> Result<Vec<SheetRow>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read_sheet(&path).map_err(|error| error.to_string())
}

#[test]
fn csv_of_any_spreadsheet() {
    let expected = |line: usize| SheetRow {
        place: format!("line {line}"),
        schema: "public".into(),
        table: "orders".into(),
        column: Some("id".into()),
        comment: Some("two\nlines, \"quoted\"".into()),
        ..SheetRow::default()
    };
    let comma = "schema,table,column,comment\r\npublic,orders,id,\"two\nlines, \"\"quoted\"\"\"\r\n\r\n,,,\r\n";
    assert_eq!(rows("a.csv", comma.as_bytes()).unwrap(), [expected(2)]);
    let semicolon = format!("\u{feff}sep=;\n{}", comma.replace("lines, ", "lines| ").replace(',', ";").replace("lines| ", "lines, "));
    assert_eq!(rows("a.csv", semicolon.as_bytes()).unwrap(), [expected(3)]);
    let tab = comma.replace("lines, ", "lines| ").replace(',', "\t").replace("lines| ", "lines, ");
    assert_eq!(rows("a.csv", tab.as_bytes()).unwrap(), [expected(2)]);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(tab.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(rows("a.csv", &utf16).unwrap(), [expected(2)]);
}

#[test]
fn what_is_no_sheet_of_ours_is_said() {
    let said = rows("a.csv", b"name,price\nx,1\n").unwrap_err();
    assert!(said.contains("names no columns schema, table and comment"), "{said}");
    let said = rows("a.csv", b"schema,table,comment\npublic,orders,\"never ends\n").unwrap_err();
    assert!(said.contains("starts in line 2 never ends"), "{said}");
    let said = rows("a.xlsx", b"PK\x03\x04 no archive").unwrap_err();
    assert!(said.contains("does not open"), "{said}");
}
