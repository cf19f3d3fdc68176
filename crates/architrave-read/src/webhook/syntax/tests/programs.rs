//! Programs to trees: what handlers are made of, and what must not stop the reading.

use super::super::{Expr, Kind, Pattern, Stmt, functions, parse};
use crate::program::Language;

fn names(source: &str, language: Language) -> Vec<String> {
    let all = parse(source, language);
    let mut out = Vec::new();
    functions(&all, &mut |f| out.push(format!("{}:{}/{}", f.name, f.line, f.parameters.len())));
    out
}

fn script(source: &str) -> Vec<Stmt> {
    parse(source, Language::Script)
}

#[test]
fn functions_of_typescript_in_all_their_forms() {
    let source = r"
export async function POST(request: Request): Promise<Response> { return new Response('') }
export const GET = async (req: NextRequest, { params }: { params: Promise<{ id: string }> }): Promise<void> => { await go(req) };
const map = <T,>(all: T[], f: (one: T) => string) => all.map((one) => f(one));
export default function handler(req, res) {}
class A { private x = 1; async run<T extends object>(a: T, b?: number): Promise<T> { return a } }
app.post('/hook', express.raw({ type: '*/*' }), async (req, res) => { res.json({}) });
type F = (a: string) => { b: number };
interface I { m(a: string): void }
";
    let expected = ["POST:2/1", ":3/2", ":4/2", ":4/1", "handler:5/2", "handler:5/2", "run:6/2", ":7/2"];
    assert_eq!(names(source, Language::Script), expected);
}

#[test]
fn functions_of_python_with_blocks_and_decorators() {
    let source = "@router.post('/clerk')\nasync def hook(request: Request, db: Session = Depends(get_db)) -> dict:\n    if a:\n        return {\n'x': 1}\n    elif b: return None\n    else:\n        def inner(x): return x\n    try:\n        pass\n    except (A, B) as e:\n        raise\n    finally:\n        done()\nclass User(Base):\n    def name(self): return self.n\nf = lambda x, y: x\n";
    assert_eq!(names(source, Language::Python), ["hook:2/2", "inner:8/1", "name:16/1", ":17/2"]);
    let all = parse(source, Language::Python);
    let Kind::Function(hook) = &all[0].kind else { panic!() };
    assert_eq!(hook.decorators.len(), 1);
    let Kind::Try(_, catches, last) = &hook.body[1].kind else { panic!("{:?}", hook.body) };
    assert_eq!(
        (catches[0].types.as_slice(), catches[0].name.as_deref(), last.len()),
        (["A".to_owned(), "B".to_owned()].as_slice(), Some("e"), 1)
    );
}

#[test]
fn types_are_gone_over() {
    let all = script(
        "const event = wh.verify(body, headers) as unknown as WebhookEvent;\nlet a: Map<string, number[]> = new Map<string, number[]>();\nconst b = x!.y as { c: string } | null\nconst d = a < b;",
    );
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all.iter().all(|s| matches!(&s.kind, Kind::Let(Pattern::Name(_), v) if *v != Expr::Other)), "{all:?}");
    assert!(matches!(&all[3].kind, Kind::Let(_, Expr::Binary(..))));
}

#[test]
fn imports_and_exports_keep_their_names() {
    let all = script(
        "import a, { b as c, type T } from './x';\nimport * as d from \"y\";\nexport { c as e, f };\nexport * from './z';\nexport const g = 1, h = 2;",
    );
    let told: Vec<String> = all
        .iter()
        .filter_map(|s| match &s.kind {
            Kind::Import { module, names } => Some(format!("{module} {names:?}")),
            Kind::Export { module, names } => Some(format!("{module:?} {names:?}")),
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        [
            r#"./x [("default", "a"), ("b", "c"), ("T", "T")]"#,
            r#"y [("*", "d")]"#,
            r#"None [("c", "e"), ("f", "f")]"#,
            r#"Some("./z") [("*", "*")]"#,
            r#"None [("g", "g"), ("h", "h")]"#,
        ]
    );
}

#[test]
fn broken_programs_end() {
    let sources = [
        "",
        "{",
        "(",
        "export",
        "const {",
        "if (",
        "switch (a) { case",
        "a ? b",
        "`${",
        "x => ",
        "def f(",
        "class",
        "try:",
        "@",
        "for",
        "f(a=",
        "[x for",
        "case _",
        "a.b.",
        "<T,>",
        "const a: {",
        "new",
        "import {",
    ];
    for source in sources {
        let _script = parse(source, Language::Script);
        let _python = parse(source, Language::Python);
    }
    let deep = "(".repeat(5000);
    let _script = parse(&deep, Language::Script);
    let _python = parse(&"[".repeat(5000), Language::Python);
    let _not = parse(&"!".repeat(5000), Language::Script);
    let _members = parse(&"a?b:".repeat(3000), Language::Script);
    let _blocks = parse(&"{".repeat(5000), Language::Script);
}
