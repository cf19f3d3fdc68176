//! Files of a project as modules: parsed once, found by the names that other files import them by.

use super::run::Run;
use super::run::values::{Chain, Link, Scope, Value};
use super::syntax::{Expr, Kind, Pattern, Stmt, parse};
use crate::path;
use crate::program::Language;
use crate::tree::Tree;
use std::cell::RefCell;
use std::rc::Rc;

/// Larger files are generated.
const MOST_BYTES: usize = 256 * 1024;
/// Files that one handler may lead to.
const MOST_FILES: usize = 60;

/// A file as parsed.
pub(crate) struct Module {
    pub(crate) path: String,
    pub(crate) language: Language,
    pub(crate) statements: Rc<Vec<Stmt>>,
    /// Names of the file that have been asked for.
    pub(crate) scope: Rc<Scope>,
}

/// The files that have been read so far.
pub(crate) struct Modules<'a> {
    tree: &'a Tree,
    all: RefCell<Vec<Rc<Module>>>,
}

impl<'a> Modules<'a> {
    pub(crate) fn new(tree: &'a Tree) -> Self {
        Self { tree, all: RefCell::default() }
    }

    pub(crate) fn module(&self, file: usize) -> Option<Rc<Module>> {
        self.all.borrow().get(file).cloned()
    }

    pub(crate) fn path(&self, file: usize) -> String {
        self.module(file).map(|m| m.path.clone()).unwrap_or_default()
    }

    pub(crate) fn language(&self, file: usize) -> Language {
        self.module(file).map_or(Language::Script, |m| m.language)
    }

    /// Reads a file; none when it is no program, or too much has been read.
    pub(crate) fn load(&self, path: &str) -> Option<usize> {
        if let Some(known) = self.all.borrow().iter().position(|m| m.path == path) {
            return Some(known);
        }
        let language = Language::of(path).or_else(|| path::has_extension(path, "tsx").then_some(Language::Script))?;
        if self.all.borrow().len() >= MOST_FILES {
            return None;
        }
        let text = self.tree.read(path).ok().map(|f| f.text).filter(|t| t.len() <= MOST_BYTES)?;
        let module = Module { path: path.to_owned(), language, statements: Rc::new(parse(&text, language)), scope: Rc::default() };
        self.all.borrow_mut().push(Rc::new(module));
        Some(self.all.borrow().len() - 1)
    }

    /// The file that an import means.
    fn resolve(&self, from: usize, module: &str) -> Option<usize> {
        let here = self.module(from)?;
        let folder = path::parent(&here.path).to_owned();
        if here.language == Language::Python {
            return self.resolve_python(&folder, module);
        }
        let places: Vec<String> = if module.starts_with('.') {
            vec![joined(&folder, module)?]
        } else {
            let rest = module
                .strip_prefix("@/")
                .or_else(|| module.strip_prefix("~/"))
                .or_else(|| module.strip_prefix("#/"))
                .or_else(|| module.strip_prefix("$lib/"))?;
            let above = path::ancestors(&folder)
                .flat_map(|f| [path::join(f, rest), path::join(f, &format!("src/{rest}")), path::join(f, &format!("lib/{rest}"))]);
            above.collect()
        };
        places.iter().find_map(|place| self.script_at(place))
    }

    fn script_at(&self, place: &str) -> Option<usize> {
        const ENDINGS: &[&str] = &["", ".ts", ".tsx", ".js", ".mjs", ".cjs", ".mts", "/index.ts", "/index.tsx", "/index.js"];
        // TypeScript names the file that it will become.
        let bare = place.strip_suffix(".js").or_else(|| place.strip_suffix(".mjs"));
        let found = ENDINGS.iter().map(|e| format!("{place}{e}")).chain(bare.map(|b| format!("{b}.ts"))).find(|p| self.tree.has_file(p))?;
        self.load(&found)
    }

    fn resolve_python(&self, folder: &str, module: &str) -> Option<usize> {
        let dots = module.chars().take_while(|c| *c == '.').count();
        let rest = module[dots..].replace('.', "/");
        let homes: Vec<&str> =
            if dots > 0 { path::ancestors(folder).skip(dots - 1).take(1).collect() } else { path::ancestors(folder).collect() };
        let places = homes.iter().flat_map(|f| [path::join(f, &format!("{rest}.py")), path::join(f, &format!("{rest}/__init__.py"))]);
        let found = places.into_iter().find(|p| self.tree.has_file(p))?;
        self.load(&found)
    }

    /// What an imported name stands for.
    pub(crate) fn import(&self, run: &Run<'_>, from: usize, module: &str, name: &str) -> Value {
        if let Some(file) = self.resolve(from, module) {
            if name == "*" {
                return Value::Namespace(file);
            }
            if let Some(value) = self.export(run, file, name, 0) {
                return value;
            }
        }
        // `from package import module`.
        if self.language(from) == Language::Python
            && let Some(file) = self.resolve(from, &format!("{module}.{name}"))
        {
            return Value::Namespace(file);
        }
        if let ("flask" | "quart", "request") = (module, name) {
            return Value::Request;
        }
        let name = if matches!(name, "*" | "default") { "" } else { name };
        Value::Chain(Rc::new(Chain {
            root: module.to_owned(),
            links: vec![Link { name: name.to_owned(), call: None, line: 0 }],
            file: from,
        }))
    }

    /// What a file gives under a name.
    pub(crate) fn export(&self, run: &Run<'_>, file: usize, name: &str, depth: u8) -> Option<Value> {
        let module = self.module(file)?;
        if depth > 6 {
            return None;
        }
        if module.language == Language::Python {
            return self.define(run, file, name);
        }
        for statement in module.statements.iter() {
            let Kind::Export { module: source, names } = &statement.kind else { continue };
            for (ours, theirs) in names {
                match source {
                    None if theirs == name => return self.define(run, file, ours),
                    Some(source) if theirs == name => return Some(self.import(run, file, source, ours)),
                    Some(source) if theirs == "*" => {
                        if let Some(found) = self.resolve(file, source).and_then(|f| self.export(run, f, name, depth + 1)) {
                            return Some(found);
                        }
                    }
                    _ => {}
                }
            }
        }
        common(run, file, &module, name)
    }

    /// The value of a name of the file itself.
    pub(crate) fn define(&self, run: &Run<'_>, file: usize, name: &str) -> Option<Value> {
        let module = self.module(file)?;
        if let Some(known) = module.scope.names.borrow().get(name).cloned() {
            return Some(known);
        }
        let statement = module.statements.iter().rev().find(|s| defines(s, name))?;
        // Whoever asks for it meanwhile goes in a circle.
        module.scope.declare(name, Value::Unknown);
        run.aside(|| match &statement.kind {
            Kind::Function(function) => module.scope.declare(name, Value::Function(function.clone(), file, module.scope.clone())),
            Kind::Import { module: source, names } => {
                if let Some((theirs, _)) = names.iter().find(|(_, ours)| ours == name) {
                    module.scope.declare(name, self.import(run, file, source, theirs));
                }
            }
            _ => run.define(statement, &module.scope, file),
        });
        module.scope.get(name)
    }
}

/// `module.exports = { a, b }`, `exports.a = …`.
fn common(run: &Run<'_>, file: usize, module: &Module, name: &str) -> Option<Value> {
    for statement in module.statements.iter() {
        let Kind::Expr(Expr::Assign(target, value)) = &statement.kind else { continue };
        let Expr::Member(of, member) = &**target else { continue };
        let exports = |e: &Expr| matches!(e, Expr::Name(n, _) if n == "exports") || matches!(e, Expr::Member(_, n) if n == "exports");
        if exports(of) && member == name {
            return run.aside(|| run.value(value, &module.scope, file).ok());
        }
        if member == "exports" {
            let whole = run.aside(|| run.value(value, &module.scope, file).ok())?;
            return if name == "default" { Some(whole) } else { whole.get(name).cloned() };
        }
    }
    None
}

fn defines(statement: &Stmt, name: &str) -> bool {
    fn binds(pattern: &Pattern, name: &str) -> bool {
        match pattern {
            Pattern::Name(own) => own == name,
            Pattern::Object(entries) => entries.iter().any(|(_, p, _)| binds(p, name)),
            Pattern::List(all) => all.iter().any(|p| binds(p, name)),
            Pattern::Nothing => false,
        }
    }
    match &statement.kind {
        Kind::Function(function) => function.name == name,
        Kind::Class(own, _) => own == name,
        Kind::Let(pattern, _) => binds(pattern, name),
        Kind::Import { names, .. } => names.iter().any(|(_, ours)| ours == name),
        _ => false,
    }
}

/// `./a/../b` from a folder.
fn joined(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
