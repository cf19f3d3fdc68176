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

/// A workbook with one sheet, as a program that is not ours would write it.
fn workbook(sheet: &str, strings: Option<&str>) -> Vec<u8> {
    use std::io::Write as _;
    static TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;
    static RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    static BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="columns" sheetId="1" r:id="r1"/></sheets></workbook>"#;
    static BOOK_RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;
    let main = r#"xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main""#;
    let sheet = format!("<worksheet {main}><sheetData>{sheet}</sheetData></worksheet>");
    let strings = format!("<sst {main}>{}</sst>", strings.unwrap_or_default());
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let parts = [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELS),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS),
        ("xl/worksheets/sheet1.xml", &sheet),
        ("xl/sharedStrings.xml", &strings),
    ];
    for (name, text) in parts {
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(name, stored).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn shared_strings_inline_strings_numbers_and_runs() {
    let strings = "<si><t>schema</t></si><si><t>table</t></si><si><t>column</t></si><si><t>Comment</t></si>\
        <si><r><t xml:space=\"preserve\">one </t></r><r><t xml:space=\"preserve\">run_x000D_\ntwo</t></r></si><si><t>public</t></si><si><t>orders</t></si>";
    let inline = |cell: &str, text: &str| format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let shared = |cell: &str, at: usize| format!("<c r=\"{cell}\" t=\"s\"><v>{at}</v></c>");
    let sheet = [
        // A program may leave out rows and cells, and start further down.
        format!("<row r=\"3\">{}{}{}{}</row>", shared("B3", 0), shared("C3", 1), shared("D3", 2), shared("E3", 3)),
        format!("<row r=\"4\">{}{}{}{}</row>", shared("B4", 5), shared("C4", 6), inline("D4", "id"), shared("E4", 4)),
        format!("<row r=\"6\">{}{}{}<c r=\"E6\"><v>2024</v></c></row>", shared("B6", 5), shared("C6", 6), inline("D6", "year &amp; \"x\"")),
        format!("<row r=\"7\">{}{}</row>", shared("B7", 5), inline("C7", "orders")),
    ];
    let found = rows("a.xlsx", &workbook(&sheet.concat(), Some(strings))).unwrap();
    let seen: Vec<_> = found.iter().map(|r| (r.place.as_str(), r.table.as_str(), r.column.as_deref(), r.comment.as_deref())).collect();
    assert_eq!(
        seen,
        [
            ("sheet columns, row 4", "orders", Some("id"), Some("one run\r\ntwo")),
            ("sheet columns, row 6", "orders", Some("year & \"x\""), Some("2024")),
            ("sheet columns, row 7", "orders", None, None),
        ]
    );
}

#[test]
fn a_formula_is_no_comment() {
    let inline = |cell: &str, text: &str| format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let heads = format!("<row r=\"1\">{}{}{}</row>", inline("A1", "schema"), inline("B1", "table"), inline("C1", "comment"));
    let row = format!("<row r=\"2\">{}{}<c r=\"C2\"><f>not a formula</f></c></row>", inline("A2", "public"), inline("B2", "orders"));
    let said = rows("a.xlsx", &workbook(&format!("{heads}{row}"), None)).unwrap_err();
    assert!(said.contains("the comment in sheet columns, row 2 is a formula"), "{said}");
}
