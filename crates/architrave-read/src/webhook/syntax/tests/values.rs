//! Values, patterns and statements of small texts.

use super::super::{Expr, Key, Kind, Operator, Part, Pattern, Stmt, parse};
use crate::program::Language::{self, Python, Script};

fn name(name: &str) -> Expr {
    Expr::Name(name.to_owned(), 1)
}

fn text(text: &str) -> Expr {
    Expr::Text(text.to_owned())
}

/// The value that a statement binds or is.
fn value(source: &str, language: Language) -> Expr {
    let mut all = parse(source, language);
    assert_eq!(all.len(), 1, "{source}: {all:?}");
    match all.remove(0).kind {
        Kind::Let(_, value) | Kind::Expr(value) => value,
        other => panic!("{source}: {other:?}"),
    }
}

fn pattern(source: &str, language: Language) -> Pattern {
    match &parse(source, language)[0].kind {
        Kind::Let(pattern, _) | Kind::Loop(pattern, ..) => pattern.clone(),
        other => panic!("{source}: {other:?}"),
    }
}

/// Kinds of statements in order, those inside in brackets.
fn outline(statements: &[Stmt]) -> String {
    let one = |statement: &Stmt| match &statement.kind {
        Kind::Let(..) => "let".to_owned(),
        Kind::Expr(_) => "value".to_owned(),
        Kind::If(_, then, or) => format!("if[{}][{}]", outline(then), outline(or)),
        Kind::Switch(_, cases) => {
            let all: Vec<String> = cases.iter().map(|(v, body)| format!("{}[{}]", u8::from(v.is_some()), outline(body))).collect();
            format!("switch {}", all.join(""))
        }
        Kind::Try(body, catches, last) => {
            let catches: Vec<String> = catches
                .iter()
                .map(|c| format!("({} {})[{}]", c.types.join("|"), c.name.as_deref().unwrap_or("-"), outline(&c.body)))
                .collect();
            format!("try[{}]{}[{}]", outline(body), catches.join(""), outline(last))
        }
        Kind::Return(v) => format!("return{}", u8::from(v.is_some())),
        Kind::Throw(_) => "throw".to_owned(),
        Kind::Break => "break".to_owned(),
        Kind::Continue => "continue".to_owned(),
        Kind::Loop(_, _, body) => format!("loop[{}]", outline(body)),
        Kind::Function(f) => format!("{}/{}[{}]", f.name, f.parameters.len(), outline(&f.body)),
        Kind::Class(name, body) => format!("class {name}[{}]", outline(body)),
        Kind::Block(body) => format!("block[{}]", outline(body)),
        Kind::Import { module, names } => format!("import {module}{names:?}").replace('"', ""),
        Kind::Export { module, names } => format!("export {}{names:?}", module.as_deref().unwrap_or("-")).replace('"', ""),
    };
    statements.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn check(source: &str, language: Language, expected: &str) {
    assert_eq!(outline(&parse(source, language)), expected, "{source}");
}

#[test]
fn types_and_brackets_are_left_out() {
    assert_eq!(value("const x = ((a! as B) satisfies C)", Script), name("a"));
    assert_eq!(value("const x = <B>a", Script), name("a"));
    assert_eq!(value("f<T>(a)", Script), value("f(a)", Script));
    check("interface A { b: string } type C = A; declare const d: number; function e(a: A): void;", Script, "");
    check("const f = <T,>(a: T): Promise<void> => { g(a) }", Script, "let");
}

#[test]
fn texts_are_what_they_stand_for() {
    assert_eq!(value(r"'a\n\u00e9\'\\'", Script), text("a\né'\\"));
    assert_eq!(value(r"`a\`b`", Script), text("a`b"));
    let parts = vec![Part::Text("a".into()), Part::Value(name("b")), Part::Text("\tc".into())];
    assert_eq!(value(r"x = `a${b}\tc`", Script), Expr::Assign(Box::new(name("x")), Box::new(Expr::Template(parts.clone()))));
    assert_eq!(value(r#"x = f"a{b}" "\tc""#, Python), Expr::Template(parts));
    assert_eq!(value(r#"x = r"a\n""#, Python), text(r"a\n"));
    assert_eq!(value(r#"x = f"{{a}}" 'b'"#, Python), text("{a}b"));
}

#[test]
fn a_chain_tells_the_line_of_each_call() {
    let Expr::Call { callee, line, .. } = value("db\n  .from('t')\n  .upsert({})", Script) else { panic!() };
    assert_eq!(line, 3);
    let Expr::Member(of, method) = *callee else { panic!() };
    assert!(matches!((*of, method.as_str()), (Expr::Call { line: 2, .. }, "upsert")));
    assert!(matches!(value("sql`select ${1}`", Script), Expr::Tagged { parts, line: 1, .. } if parts.len() == 2));
    assert!(matches!(value("new Webhook(s)?.verify?.(a)", Script), Expr::Call { .. }));
}

#[test]
fn operators_keep_their_rank() {
    let expected = Expr::Binary(
        Operator::IfNull,
        Box::new(name("a")),
        Box::new(Expr::Binary(Operator::Plus, Box::new(name("b")), Box::new(Expr::Number(1.0)))),
    );
    assert_eq!(value("x = a ?? b + 1", Script), Expr::Assign(Box::new(name("x")), Box::new(expected)));
    let both = |left, right| Expr::Binary(Operator::And, Box::new(left), Box::new(right));
    let less = |a: &str, b: &str| Expr::Binary(Operator::Less, Box::new(name(a)), Box::new(name(b)));
    assert_eq!(value("x = a < b < c", Python), both(less("a", "b"), less("b", "c")));
    assert!(matches!(value("x = a not in b", Python), Expr::Binary(Operator::NotIn, ..)));
    assert!(matches!(value("x = a is not None", Python), Expr::Binary(Operator::Unequal, _, b) if *b == Expr::Null));
    assert!(matches!(value("a ||= b", Script), Expr::Assign(_, sum) if matches!(*sum, Expr::Binary(Operator::Or, ..))));
    let choice = Expr::Choice(Box::new(name("a")), Box::new(name("b")), Box::new(name("c")));
    assert_eq!(value("x = b if a else c", Python), choice);
}

#[test]
fn what_is_bound_is_known_by_key_and_place() {
    let bound = |n: &str| Pattern::Name(n.to_owned());
    let expected = vec![
        ("a".to_owned(), bound("a"), None),
        ("b".to_owned(), bound("c"), Some(Expr::Number(1.0))),
        ("d".to_owned(), bound("d"), Some(Expr::Null)),
        ("...".to_owned(), bound("e"), None),
    ];
    assert_eq!(pattern("const { a, b: c = 1, d = null, ...e } = f", Script), Pattern::Object(expected));
    assert_eq!(pattern("const [, a, , b] = f", Script), Pattern::List(vec![Pattern::Nothing, bound("a"), Pattern::Nothing, bound("b")]));
    assert_eq!(pattern("for k, v in a: pass", Python), Pattern::List(vec![bound("k"), bound("v")]));
}

#[test]
fn objects_have_methods_and_computed_keys() {
    let Expr::Object(entries) = value("x = { a, 'b-c': 1, [d]: 2, ...e, f() {}, get g() { return 1 } }", Script).assigned() else {
        panic!()
    };
    let keys: Vec<Key> = entries.into_iter().map(|(key, _)| key).collect();
    let named = |n: &str| Key::Name(n.to_owned());
    assert_eq!(keys, [named("a"), named("b-c"), Key::Computed(name("d")), Key::Spread, named("f"), named("g")]);
    let Expr::Object(entries) = value("x = {'a': 1, **b}", Python) else { panic!() };
    assert_eq!(entries.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), [named("a"), Key::Spread]);
}

impl Expr {
    fn assigned(self) -> Self {
        if let Self::Assign(_, value) = self { *value } else { self }
    }
}

#[test]
fn statements_of_scripts() {
    check("if (a) b(); else if (c) { return } else { throw d }", Script, "if[value][if[return0][throw]]");
    check("switch (a) { case 1: case 2: b(); break; default: return c }", Script, "switch 1[]1[value break]0[return1]");
    check("try { a() } catch { b() } finally { c() }", Script, "try[value]( -)[value][value]");
    check(
        "for (const a of b) { continue } for (;;) {} while (a) b(); do { c() } while (d)",
        Script,
        "loop[continue] loop[] loop[value] block[value]",
    );
    check("class A { private b = 1; async c(d: E, ...f) {} static g = () => 1 }", Script, "class A[let c/2[] let]");
    check("import a, { b as c } from 'd'; import * as e from 'f'", Script, "import d[(default, a), (b, c)] import f[(*, e)]");
    check(
        "export const { a, b: c } = d; export { e as f }; export * from 'g'",
        Script,
        "let export -[(a, a), (c, c)] export -[(e, f)] export g[(*, *)]",
    );
    check("export default async function a(b) { return 1 }", Script, "a/1[return1] let export -[(default, default)]");
    check("export default (a) => a", Script, "let export -[(default, default)]");
    check("const a = <div onClick={() => b()}>c</div>", Script, "let");
}

#[test]
fn statements_of_python() {
    check("if a: b()\nelif c:\n  return\nelse:\n  raise d", Python, "if[value][if[return0][throw]]");
    check(
        "try:\n  a()\nexcept (B, c.D) as e:\n  f()\nexcept:\n  pass\nelse:\n  g()\nfinally:\n  h()",
        Python,
        "try[value](B|c|D e)[value]( -)[][value value]",
    );
    check("match a:\n  case 'b' | 'c':\n    d()\n  case _:\n    e()", Python, "switch 1[]1[value break]0[value break]");
    check("with a() as b, c():\n  d()", Python, "let let block[value]");
    check("@app.post('/x')\nasync def a(b: int, *c, d=1, **e) -> f:\n  '''g'''\n  return 1, 2", Python, "a/4[value return1]");
    check("from ..a.b import c as d, e\nimport f.g, h as i", Python, "import ..a.b[(c, d), (e, e)] import f.g[(*, f)] import h[(*, i)]");
    check("a['b'] = 1\nc: int = 2\nd += 1", Python, "value let value");
    let Kind::Function(f) = &parse("@app.post('/x')\ndef a(): pass", Python)[0].kind else { panic!() };
    assert!(matches!(f.decorators.as_slice(), [Expr::Call { .. }]));
}

#[test]
fn broken_and_bottomless_programs_are_read_as_far_as_they_go() {
    let outlined = outline(&parse("const a = 1\nfunction f(b) { c( }\nconst d = 2", Script));
    assert!(outlined.starts_with("let"), "{outlined}");
    for (open, language) in [("(", Script), ("[", Python), ("{a:", Script), ("f(", Python), ("if (a) {", Script)] {
        parse(&open.repeat(60_000 / open.len()), language);
    }
    parse(&format!("x = {}1{}", "(".repeat(5_000), ")".repeat(5_000)), Python);
    parse("\u{feff}const ü = '\u{1F600}'; // ü", Script);
}
