//! Functions and procedures: signatures, attributes, bodies.

use super::acl::AclKind;
use super::expression;
use super::print;
use super::state::{State, missing};
use super::syntax::{self, Path};
use super::type_name;
use super::{Effect, Stop};
use architrave_model::catalog::{Function, FunctionKind, Parallel, Volatility};
use architrave_model::name::{QualifiedName, quote_ident};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};
use std::fmt::Write as _;

/// A parameter as written.
struct Parameter {
    mode: &'static str,
    name: Option<String>,
    data_type: String,
    default: Option<String>,
}

fn parameters(list: Option<&ast::ParamList>, state: &State) -> Vec<Parameter> {
    let read = |param: ast::Param| {
        let mode = match param.mode() {
            Some(ast::ParamMode::ParamOut(_)) => "OUT",
            Some(ast::ParamMode::ParamInOut(_)) => "INOUT",
            Some(ast::ParamMode::ParamVariadic(_)) => "VARIADIC",
            _ => "IN",
        };
        Parameter {
            mode,
            name: param.name().map(|n| syntax::name(&n)),
            data_type: function_type(param.func_type(), state),
            default: param.param_default().and_then(|d| d.expr()).map(|e| print::print(&expression::read(&e, state))),
        }
    };
    list.iter().flat_map(|l| l.all_params()).map(read).collect()
}

/// A type in a signature: without modifier.
fn function_type(ty: Option<ast::FuncType>, state: &State) -> String {
    match ty {
        Some(ast::FuncType::Type(ty)) => {
            let read = type_name::read(&ty, state);
            let text = read.without_modifier();
            if read.setof { format!("SETOF {text}") } else { text }
        }
        Some(ast::FuncType::PercentType(percent)) => percent_type(&percent, state),
        None => String::new(),
    }
}

/// `table.column%TYPE`.
fn percent_type(percent: &ast::PercentType, state: &State) -> String {
    let path = syntax::path_opt(percent.path_ref()).unwrap_or_default();
    let setof = if syntax::has(percent.syntax(), SyntaxKind::SETOF_KW) { "SETOF " } else { "" };
    let found = path.split_last().and_then(|(column, table)| {
        let table = state.find(table, |n| state.tables.contains(n))?;
        state.tables.get(&table)?.column(column).map(|c| type_name::without_modifier(&c.data_type))
    });
    format!("{setof}{}", found.unwrap_or_else(|| format!("{}%TYPE", print::sql_path(&path))))
}

/// As `pg_get_function_identity_arguments` prints them.
fn identity_arguments(parameters: &[Parameter], kind: FunctionKind) -> String {
    let texts: Vec<String> = parameters
        .iter()
        .map(|p| {
            let mode = match (p.mode, kind) {
                ("IN", FunctionKind::Procedure) => "IN ",
                ("IN", _) => "",
                ("OUT", _) => "OUT ",
                ("INOUT", _) => "INOUT ",
                _ => "VARIADIC ",
            };
            let name = p.name.as_ref().map(|n| format!("{} ", quote_ident(n))).unwrap_or_default();
            format!("{mode}{name}{}", p.data_type)
        })
        .collect();
    texts.join(", ")
}

/// Types of the arguments a caller gives, which tell overloads apart.
fn input_types(parameters: &[Parameter], kind: FunctionKind) -> Vec<String> {
    parameters.iter().filter(|p| p.mode != "OUT" || kind == FunctionKind::Procedure).map(|p| p.data_type.clone()).collect()
}

/// The types in an identity-arguments text.
fn types_of_signature(identity: &str, kind: FunctionKind) -> Vec<String> {
    let (mut parts, mut depth, mut quoted, mut current) = (Vec::new(), 0, false, String::new());
    for c in identity.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(std::mem::take(&mut current));
                continue;
            }
            _ => {}
        }
        current.push(c);
    }
    if !current.trim().is_empty() {
        parts.push(current);
    }
    parts
        .iter()
        .map(|p| p.trim())
        .filter(|p| kind == FunctionKind::Procedure || !p.starts_with("OUT "))
        .map(|p| {
            let bare = ["IN ", "OUT ", "INOUT ", "VARIADIC "].iter().find_map(|m| p.strip_prefix(m)).unwrap_or(p);
            bare.to_owned()
        })
        .collect()
}

/// Whether a stored argument (`name type` or `type`) has that type.
fn argument_has_type(argument: &str, ty: &str) -> bool {
    argument == ty || argument.strip_suffix(ty).is_some_and(|rest| rest.ends_with(' '))
}

/// What a CREATE FUNCTION or PROCEDURE says, read from the options.
struct Attributes {
    function: Function,
    cost: Option<String>,
    rows: Option<String>,
}

/// CREATE FUNCTION.
pub(crate) fn create(state: &mut State, node: &ast::CreateFunction) -> Effect {
    let path = node.name().map(|n| syntax::path(&n)).unwrap_or_default();
    let parameters = parameters(node.param_list().as_ref(), state);
    let result = node.ret_type().map(|r| result(&r, state));
    let or_replace = node.or_replace().is_some();
    let body = node.body().map(|b| b.syntax().clone());
    define(state, &path, &parameters, result, FunctionKind::Function, node.option_list().as_ref(), body.as_ref(), or_replace)
}

/// CREATE PROCEDURE.
pub(crate) fn create_procedure(state: &mut State, node: &ast::CreateProcedure) -> Effect {
    let path = node.name().map(|n| syntax::path(&n)).unwrap_or_default();
    let parameters = parameters(node.param_list().as_ref(), state);
    let or_replace = node.or_replace().is_some();
    let body = node.body().map(|b| b.syntax().clone());
    define(state, &path, &parameters, None, FunctionKind::Procedure, node.option_list().as_ref(), body.as_ref(), or_replace)
}

fn result(node: &ast::RetType, state: &State) -> String {
    match node.return_table_arg_list() {
        Some(list) => {
            let columns: Vec<String> = list
                .args()
                .map(|a| {
                    let name = a.name().map(|n| quote_ident(&syntax::name(&n))).unwrap_or_default();
                    format!("{name} {}", function_type(a.func_type(), state))
                })
                .collect();
            format!("TABLE({})", columns.join(", "))
        }
        None => function_type(node.func_type(), state),
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one statement, used here only")]
fn define(
    state: &mut State,
    path: &Path,
    parameters: &[Parameter],
    result: Option<String>,
    kind: FunctionKind,
    options: Option<&ast::FuncOptionList>,
    body: Option<&SyntaxNode>,
    or_replace: bool,
) -> Effect {
    let name = state.new_name(path)?;
    let mut inputs = parameters.iter().filter(|p| matches!(p.mode, "IN" | "INOUT")).skip_while(|p| p.default.is_none());
    if inputs.any(|p| p.default.is_none()) {
        return Err(Stop::fail("42P13", "input parameters after one with a default value must also have defaults"));
    }
    let function = Function {
        identity_arguments: identity_arguments(parameters, kind),
        result: match kind {
            FunctionKind::Procedure => None,
            _ => result.or_else(|| out_result(parameters)).or_else(|| Some("void".to_owned())),
        },
        kind,
        owner: state.role(),
        grants: state.initial_grants(AclKind::Function, Some(&name.schema)),
        name: name.clone(),
        ..Function::default()
    };
    let mut attributes = Attributes { function, cost: None, rows: None };
    if let Some(options) = options {
        for option in options.options() {
            apply_option(&mut attributes, &option, state);
        }
    }
    if let Some(body) = body {
        attributes.function.body = syntax::plain_text(body);
        if attributes.function.language.is_empty() {
            "sql".clone_into(&mut attributes.function.language);
        }
    }
    if attributes.function.language.is_empty() {
        return Err(Stop::fail("42P13", "no language specified"));
    }
    attributes.function.definition = Some(definition(&attributes, parameters, body.is_some()));
    store(state, attributes.function, &input_types(parameters, kind), or_replace)
}

fn store(state: &mut State, mut function: Function, types: &[String], or_replace: bool) -> Effect {
    let name = function.name.clone();
    let Some(overloads) = state.functions.get_mut(&name) else {
        state.functions.insert(name, vec![function]);
        return Ok(());
    };
    match overloads.iter_mut().find(|f| has_types(f, types)) {
        Some(_) if !or_replace => Err(Stop::fail("42723", format!("function \"{}\" already exists with same argument types", name.name))),
        Some(old) if old.result != function.result => Err(Stop::fail("42P13", "cannot change return type of existing function")),
        Some(old) => {
            function.owner.clone_from(&old.owner);
            function.grants = std::mem::take(&mut old.grants);
            function.comment = old.comment.take();
            *old = function;
            Ok(())
        }
        None => {
            overloads.push(function);
            Ok(())
        }
    }
}

fn out_result(parameters: &[Parameter]) -> Option<String> {
    let mut outs = parameters.iter().filter(|p| matches!(p.mode, "OUT" | "INOUT"));
    let first = outs.next()?;
    Some(if outs.next().is_some() { "record".to_owned() } else { first.data_type.clone() })
}

fn apply_option(attributes: &mut Attributes, option: &ast::FuncOption, state: &State) {
    let function = &mut attributes.function;
    match option {
        ast::FuncOption::AsFuncOption(body) => match body.as_func_target() {
            Some(ast::AsFuncTarget::AsDefinition(text)) => {
                function.body = text.literal().and_then(|l| syntax::string(&l)).unwrap_or_default();
            }
            Some(ast::AsFuncTarget::AsObjFile(file)) => {
                function.body = file.link_symbol().and_then(|l| syntax::string(&l)).unwrap_or_default();
            }
            None => {}
        },
        ast::FuncOption::LanguageFuncOption(language) => {
            function.language = language.language_name().map(|l| l.name.to_lowercase()).unwrap_or_default();
        }
        ast::FuncOption::VolatilityFuncOption(volatility) => {
            function.volatility = match volatility {
                ast::VolatilityFuncOption::Immutable(_) => Volatility::Immutable,
                ast::VolatilityFuncOption::Stable(_) => Volatility::Stable,
                ast::VolatilityFuncOption::Volatile(_) => Volatility::Volatile,
            }
        }
        ast::FuncOption::SecurityDefinerFuncOption(_) => function.security_definer = true,
        ast::FuncOption::SecurityInvokerFuncOption(_) => function.security_definer = false,
        ast::FuncOption::LeakproofFuncOption(_) => function.leakproof = true,
        ast::FuncOption::NotLeakproofFuncOption(_) => function.leakproof = false,
        ast::FuncOption::StrictFuncOption(_) | ast::FuncOption::ReturnsNullOnNullInputFuncOption(_) => function.strict = true,
        ast::FuncOption::CalledOnNullInputFuncOption(_) => function.strict = false,
        ast::FuncOption::ParallelFuncOption(parallel) => {
            function.parallel = match syntax::words(parallel.syntax()).last().map(String::as_str) {
                Some("safe") => Parallel::Safe,
                Some("restricted") => Parallel::Restricted,
                _ => Parallel::Unsafe,
            }
        }
        ast::FuncOption::WindowFuncOption(_) => function.kind = FunctionKind::Window,
        ast::FuncOption::SetFuncOption(set) => {
            if let Some((name, value)) = set.set_config_param().and_then(|s| super::session::config(&s, state)) {
                set_config(function, &name, Some(value));
            }
        }
        ast::FuncOption::ResetFuncOption(reset) => match syntax::path_opt(reset.config_parameter_ref()) {
            Some(name) => set_config(function, &name.join("."), None),
            None => function.config.clear(),
        },
        ast::FuncOption::CostFuncOption(cost) => attributes.cost = cost.literal().map(|l| syntax::plain_text(l.syntax())),
        ast::FuncOption::RowsFuncOption(rows) => attributes.rows = rows.literal().map(|l| syntax::plain_text(l.syntax())),
        ast::FuncOption::SupportFuncOption(_) | ast::FuncOption::TransformFuncOption(_) => {}
    }
}

/// Sets or drops a `SET` clause.
fn set_config(function: &mut Function, name: &str, value: Option<String>) {
    let prefix = format!("{name}=");
    let at = function.config.iter().position(|c| c.starts_with(&prefix));
    match (at, value) {
        (Some(at), Some(value)) => function.config[at] = format!("{prefix}{value}"),
        (None, Some(value)) => function.config.push(format!("{prefix}{value}")),
        (Some(at), None) => {
            function.config.remove(at);
        }
        (None, None) => {}
    }
}

/// Close to `pg_get_functiondef`.
fn definition(attributes: &Attributes, parameters: &[Parameter], standard_body: bool) -> String {
    let function = &attributes.function;
    let arguments: Vec<String> = parameters
        .iter()
        .map(|p| {
            let mode = match (p.mode, function.kind) {
                ("IN", FunctionKind::Procedure) => "IN ".to_owned(),
                ("IN", _) => String::new(),
                (mode, _) => format!("{mode} "),
            };
            let name = p.name.as_ref().map(|n| format!("{} ", quote_ident(n))).unwrap_or_default();
            let default = p.default.as_ref().map(|d| format!(" DEFAULT {d}")).unwrap_or_default();
            format!("{mode}{name}{}{default}", p.data_type)
        })
        .collect();
    let word = if function.kind == FunctionKind::Procedure { "PROCEDURE" } else { "FUNCTION" };
    let mut text = format!("CREATE OR REPLACE {word} {}({})\n", function.name.sql(), arguments.join(", "));
    if let Some(result) = &function.result {
        let _ = writeln!(text, " RETURNS {result}");
    }
    let _ = writeln!(text, " LANGUAGE {}", quote_ident(&function.language));
    let mut words: Vec<String> = Vec::new();
    match function.volatility {
        Volatility::Immutable => words.push("IMMUTABLE".into()),
        Volatility::Stable => words.push("STABLE".into()),
        Volatility::Volatile => {}
    }
    match function.parallel {
        Parallel::Safe => words.push("PARALLEL SAFE".into()),
        Parallel::Restricted => words.push("PARALLEL RESTRICTED".into()),
        Parallel::Unsafe => {}
    }
    words.extend(function.strict.then(|| "STRICT".into()));
    words.extend(function.security_definer.then(|| "SECURITY DEFINER".into()));
    words.extend(function.leakproof.then(|| "LEAKPROOF".into()));
    words.extend(attributes.cost.as_ref().map(|c| format!("COST {c}")));
    words.extend(attributes.rows.as_ref().map(|r| format!("ROWS {r}")));
    if !words.is_empty() {
        let _ = writeln!(text, " {}", words.join(" "));
    }
    for config in &function.config {
        if let Some((name, value)) = config.split_once('=') {
            let list = name == "search_path";
            let value = if list && !value.is_empty() { value.to_owned() } else { architrave_model::name::quote_literal(value) };
            let _ = writeln!(text, " SET {name} TO {value}");
        }
    }
    if standard_body {
        let _ = writeln!(text, "{}", function.body);
    } else {
        let mut tag = "function".to_owned();
        while function.body.contains(&format!("${tag}$")) {
            tag.push('x');
        }
        let _ = writeln!(text, "AS ${tag}${}${tag}$", function.body);
    }
    text
}

fn has_types(function: &Function, types: &[String]) -> bool {
    let own = types_of_signature(&function.identity_arguments, function.kind);
    own.len() == types.len() && own.iter().zip(types).all(|(a, t)| argument_has_type(a, t))
}

/// A function that a statement names, with its place among the overloads.
pub(crate) fn find(state: &State, path: &[String], list: Option<&ast::ParamList>) -> Result<(QualifiedName, usize), Stop> {
    let display = path.join(".");
    let name = state.find(path, |n| state.functions.contains(n)).ok_or_else(|| missing("function", path))?;
    let overloads = state.functions.get(&name).map(Vec::as_slice).unwrap_or_default();
    let at = match list {
        None if overloads.len() == 1 => Some(0),
        None => return Err(Stop::fail("42725", format!("function name \"{display}\" is not unique"))),
        Some(_) => {
            let parameters = parameters(list, state);
            overloads.iter().position(|f| {
                has_types(f, &input_types(&parameters, f.kind)) || has_types(f, &input_types(&parameters, FunctionKind::Function))
            })
        }
    };
    at.map(|at| (name, at)).ok_or_else(|| missing("function", path))
}

/// As [`find`], to be changed.
pub(crate) fn find_mut<'a>(state: &'a mut State, path: &[String], list: Option<&ast::ParamList>) -> Result<&'a mut Function, Stop> {
    let (name, at) = find(state, path, list)?;
    let found = state.functions.get_mut(&name).and_then(|f| f.get_mut(at));
    found.ok_or_else(|| missing("function", path))
}

/// The options part of ALTER FUNCTION.
pub(crate) fn alter_options(state: &mut State, path: &[String], list: Option<&ast::ParamList>, options: &ast::FuncOptionList) -> Effect {
    let (name, at) = find(state, path, list)?;
    let Some(function) = state.functions.get(&name).and_then(|f| f.get(at)).cloned() else { return Err(missing("function", path)) };
    let mut attributes = Attributes { function, cost: None, rows: None };
    for option in options.options() {
        apply_option(&mut attributes, &option, state);
    }
    if let Some(target) = state.functions.get_mut(&name).and_then(|f| f.get_mut(at)) {
        *target = attributes.function;
    }
    Ok(())
}

/// `PARALLEL = SAFE` of an aggregate.
fn aggregate_parallel(node: &ast::CreateAggregate) -> Parallel {
    let options = node.attribute_list().map(|l| super::index::option_list(&l)).unwrap_or_default();
    match options.iter().find_map(|o| o.strip_prefix("parallel=")) {
        Some("safe") => Parallel::Safe,
        Some("restricted") => Parallel::Restricted,
        _ => Parallel::Unsafe,
    }
}

/// CREATE AGGREGATE.
pub(crate) fn create_aggregate(state: &mut State, node: &ast::CreateAggregate) -> Effect {
    let name = state.new_name(&syntax::path_opt(node.aggregate_name()).unwrap_or_default())?;
    let parameters = parameters(node.param_list().as_ref(), state);
    let state_type = node.attribute_list().iter().flat_map(ast::AttributeList::attribute_options).find_map(|o| {
        let name = syntax::name(&o.name()?);
        (name == "stype").then(|| o.attribute_value()).flatten().map(|v| match v.ty() {
            Some(ty) => type_name::read(&ty, state).without_modifier(),
            None => syntax::plain_text(v.syntax()),
        })
    });
    let final_function = node
        .attribute_list()
        .iter()
        .flat_map(ast::AttributeList::attribute_options)
        .any(|o| o.name().is_some_and(|n| syntax::name(&n) == "finalfunc"));
    let star = node.param_list().is_some_and(|l| syntax::has(l.syntax(), SyntaxKind::STAR));
    let function = Function {
        identity_arguments: if star { "*".to_owned() } else { identity_arguments(&parameters, FunctionKind::Aggregate) },
        result: state_type,
        kind: FunctionKind::Aggregate,
        owner: state.role(),
        language: "internal".to_owned(),
        volatility: Volatility::Immutable,
        parallel: aggregate_parallel(node),
        grants: state.initial_grants(AclKind::Function, Some(&name.schema)),
        body: "aggregate_dummy".to_owned(),
        name,
        ..Function::default()
    };
    store(state, function, &input_types(&parameters, FunctionKind::Aggregate), node.or_replace().is_some())?;
    if final_function { Err(Stop::partly("the result of an aggregate with a final function")) } else { Ok(()) }
}
