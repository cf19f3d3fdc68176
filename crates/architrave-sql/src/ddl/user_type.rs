//! User-defined types: enums, domains, composites, ranges.

use super::acl::AclKind;
use super::column;
use super::constraint::Flags;
use super::dependents;
use super::expression;
use super::index;
use super::naming;
use super::print;
use super::rename;
use super::state::State;
use super::syntax;
use super::type_name;
use super::{Effect, Stop};
use architrave_model::catalog::{CompositeAttribute, Constraint, ConstraintKind, TypeDef, TypeKind};
use architrave_model::name::QualifiedName;
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

fn insert(state: &mut State, name: QualifiedName, kind: TypeKind) -> Effect {
    if state.types.contains(&name) || state.relation_exists(&name) {
        return Err(Stop::fail("42710", format!("type \"{}\" already exists", name.name)));
    }
    let grants = state.initial_grants(AclKind::Type, Some(&name.schema));
    let made = TypeDef { name: name.clone(), owner: state.role(), kind, extension: None, grants, comment: None };
    state.types.insert(name, made);
    Ok(())
}

/// CREATE TYPE.
pub(crate) fn create(state: &mut State, node: &ast::CreateType) -> Effect {
    let name = state.new_name(&syntax::path_opt(node.type_name()).unwrap_or_default())?;
    let kind = match node.kind() {
        Some(ast::CreateTypeKind::EnumType(list)) => {
            let labels: Vec<String> = list
                .variant_list()
                .iter()
                .flat_map(ast::VariantList::variants)
                .filter_map(|v| v.literal())
                .filter_map(|l| syntax::string(&l))
                .collect();
            for (at, label) in labels.iter().enumerate() {
                if labels[..at].contains(label) {
                    return Err(Stop::fail("23505", format!("enum label \"{label}\" given twice")));
                }
            }
            TypeKind::Enum { labels }
        }
        Some(ast::CreateTypeKind::CompositeType(composite)) => TypeKind::Composite {
            attributes: composite
                .composite_field_list()
                .iter()
                .flat_map(ast::CompositeFieldList::composite_field_defs)
                .map(|f| attribute(f.syntax(), f.name().map(|n| syntax::name(&n)).unwrap_or_default(), state))
                .collect(),
        },
        Some(ast::CreateTypeKind::RangeType(range)) => range_kind(state, &name, &range),
        Some(ast::CreateTypeKind::BaseType(_)) | None => {
            if let Some(old) = state.types.get(&name)
                && matches!(old.kind, TypeKind::Base)
            {
                return Err(Stop::NoEffect);
            }
            TypeKind::Base
        }
    };
    insert(state, name, kind)
}

fn attribute(node: &SyntaxNode, name: String, state: &State) -> CompositeAttribute {
    let data_type = column::read_type(syntax::child(node), state).text;
    let collation = syntax::child::<ast::Collate>(node)
        .and_then(|c| syntax::path_opt(c.collation_ref()))
        .and_then(|p| index::collation_text(&p, state));
    CompositeAttribute { name, data_type, collation }
}

fn range_kind(state: &State, name: &QualifiedName, range: &ast::RangeType) -> TypeKind {
    let mut subtype = String::new();
    let mut multirange = None;
    for option in range.attribute_list().iter().flat_map(ast::AttributeList::attribute_options) {
        let Some(key) = option.name().map(|n| syntax::name(&n)) else { continue };
        let Some(value) = option.attribute_value() else { continue };
        match key.as_str() {
            "subtype" => {
                subtype = match value.ty() {
                    Some(ty) => type_name::read(&ty, state).text,
                    None => syntax::plain_text(value.syntax()),
                };
            }
            "multirange_type_name" => multirange = Some(syntax::words(value.syntax()).last().cloned().unwrap_or_default()),
            _ => {}
        }
    }
    let automatic = || {
        let made =
            if name.name.contains("range") { name.name.replacen("range", "multirange", 1) } else { format!("{}_multirange", name.name) };
        naming::clip(&made, naming::LONGEST_NAME).to_owned()
    };
    TypeKind::Range { subtype, multirange: (state.options.server_major >= 14).then(|| multirange.unwrap_or_else(automatic)) }
}

/// CREATE DOMAIN.
pub(crate) fn create_domain(state: &mut State, node: &ast::CreateDomain) -> Effect {
    let name = state.new_name(&syntax::path_opt(node.domain()).unwrap_or_default())?;
    let base = column::read_type(node.ty(), state).text;
    let (mut not_null, mut default, mut collation, mut constraints) = (false, None, None, Vec::new());
    for child in node.syntax().children() {
        if let Some(collate) = ast::Collate::cast(child.clone()) {
            collation = syntax::path_opt(collate.collation_ref()).and_then(|p| index::collation_text(&p, state));
        } else if let Some(set) = ast::DefaultConstraint::cast(child.clone()) {
            default = set.expr().and_then(|e| column::default_text(state, &expression::read(&e, state), &base));
        } else if ast::NotNullConstraint::can_cast(child.kind()) {
            not_null = true;
        } else if let Some(check) = ast::CheckConstraint::cast(child) {
            let constraint = domain_check(state, &name, &check, &constraints)?;
            constraints.push(constraint);
        }
    }
    if default.is_none() {
        let under = state.types.values().find(|t| t.name.sql() == base).map(|t| &t.kind);
        if let Some(TypeKind::Domain { default: Some(inherited), .. }) = under {
            default = Some(inherited.clone());
        }
    }
    insert(state, name, TypeKind::Domain { base, not_null, default, collation, constraints })
}

fn domain_check(state: &State, domain: &QualifiedName, check: &ast::CheckConstraint, others: &[Constraint]) -> Result<Constraint, Stop> {
    let expression = check.expr().ok_or_else(|| Stop::not_understood("the domain's check"))?;
    let text = upper_value(&print::print(&expression::read(&expression, state)));
    let explicit = check.constraint_name_clause().and_then(|c| c.constraint_name()).map(|n| syntax::name(&n));
    let taken = |name: &str| {
        others.iter().any(|c| c.name == name)
            || state.constraint_exists(&domain.schema, name)
            || domain_constraint_exists(state, &domain.schema, name)
    };
    let name = explicit.unwrap_or_else(|| naming::choose(&domain.name, None, "check", taken));
    let flags = Flags::read(check.syntax());
    let suffix = if flags.not_valid { " NOT VALID" } else { "" };
    Ok(Constraint {
        name,
        kind: ConstraintKind::Check,
        columns: Vec::new(),
        references: None,
        definition: format!("CHECK ({text}){suffix}"),
        expression: Some(text),
        validated: !flags.not_valid,
        enforced: true,
        deferrable: false,
        deferred: false,
        no_inherit: false,
        inherited: false,
        index: None,
        comment: None,
    })
}

/// `VALUE` prints in capitals.
fn upper_value(text: &str) -> String {
    rename::replace_word(text, "value", "VALUE")
}

fn domain_constraint_exists(state: &State, schema: &str, name: &str) -> bool {
    state.types.values().filter(|t| t.name.schema == schema).any(|t| match &t.kind {
        TypeKind::Domain { constraints, .. } => constraints.iter().any(|c| c.name == name),
        _ => false,
    })
}

/// ALTER DOMAIN.
pub(crate) fn alter_domain(state: &mut State, node: &ast::AlterDomain) -> Effect {
    let name = state.user_type(&syntax::path_opt(node.domain_ref()).unwrap_or_default())?;
    let Some(mut found) = state.types.get(&name).cloned() else { return Err(Stop::NoEffect) };
    let TypeKind::Domain { base, not_null, default, constraints, .. } = &mut found.kind else {
        return Err(Stop::fail("42809", format!("\"{}\" is not a domain", name.name)));
    };
    match node.action() {
        Some(ast::AlterDomainAction::SetNotNull(_)) => *not_null = true,
        Some(ast::AlterDomainAction::DropNotNull(_)) => *not_null = false,
        Some(ast::AlterDomainAction::DropDefault(_)) => *default = None,
        Some(ast::AlterDomainAction::SetDefault(set)) => {
            *default = set.expr().and_then(|e| column::default_text(state, &expression::read(&e, state), base));
        }
        Some(ast::AlterDomainAction::AddConstraint(add)) => match add.constraint() {
            Some(ast::Constraint::CheckConstraint(check)) => {
                let constraint = domain_check(state, &name, &check, constraints)?;
                constraints.push(constraint);
            }
            Some(ast::Constraint::NotNullConstraint(_)) => *not_null = true,
            _ => return Err(Stop::not_understood("the domain's constraint")),
        },
        Some(ast::AlterDomainAction::DropConstraint(drop)) => {
            let wanted = syntax::path_opt(drop.constraint_name_ref()).and_then(|p| p.last().cloned()).unwrap_or_default();
            let before = constraints.len();
            constraints.retain(|c| c.name != wanted);
            if constraints.len() == before {
                return if drop.if_exists().is_some() {
                    Err(Stop::NoEffect)
                } else {
                    Err(Stop::fail("42704", format!("constraint \"{wanted}\" of domain \"{}\" does not exist", name.name)))
                };
            }
        }
        Some(ast::AlterDomainAction::RenameConstraint(renamed)) => {
            let old = syntax::path_opt(renamed.constraint_name_ref()).and_then(|p| p.last().cloned()).unwrap_or_default();
            let new = renamed.constraint_name().map(|n| syntax::name(&n)).unwrap_or_default();
            constraints.iter_mut().filter(|c| c.name == old).for_each(|c| c.name.clone_from(&new));
        }
        Some(ast::AlterDomainAction::ValidateConstraint(validate)) => {
            let wanted = syntax::path_opt(validate.constraint_name_ref()).and_then(|p| p.last().cloned()).unwrap_or_default();
            for constraint in constraints.iter_mut().filter(|c| c.name == wanted) {
                constraint.validated = true;
                constraint.definition = constraint.definition.trim_end_matches(" NOT VALID").to_owned();
            }
        }
        Some(ast::AlterDomainAction::OwnerTo(owner)) => return change_owner(state, &name, owner.role_ref()),
        Some(ast::AlterDomainAction::SetSchema(set)) => {
            let schema = set.schema_ref().map(|s| syntax::name(&s)).unwrap_or_default();
            return move_type(state, &name, QualifiedName::new(schema, &name.name));
        }
        Some(ast::AlterDomainAction::DomainRenameTo(to)) => {
            let new = syntax::path_opt(to.domain()).and_then(|p| p.last().cloned()).unwrap_or_default();
            return move_type(state, &name, QualifiedName::new(&name.schema, new));
        }
        None => return Err(Stop::not_understood(syntax::plain_text(node.syntax()))),
    }
    state.types.insert(name, found);
    Ok(())
}

fn change_owner(state: &mut State, name: &QualifiedName, role: Option<ast::RoleRef>) -> Effect {
    let new = super::role::known(role, state)?;
    if let Some(found) = state.types.get_mut(name) {
        let old = std::mem::replace(&mut found.owner, new.clone());
        super::acl::change_owner(&mut found.grants, &old, &new);
    }
    Ok(())
}

fn move_type(state: &mut State, old: &QualifiedName, new: QualifiedName) -> Effect {
    if !state.schemas.contains(&new.schema) {
        return Err(Stop::fail("3F000", format!("schema \"{}\" does not exist", new.schema)));
    }
    if state.types.contains(&new) || state.relation_exists(&new) {
        return Err(Stop::fail("42710", format!("type \"{}\" already exists", new.name)));
    }
    let Some(mut found) = state.types.remove(old) else { return Err(Stop::NoEffect) };
    found.name = new.clone();
    state.types.insert(new.clone(), found);
    rename::type_everywhere(state, old, &new);
    let (old_sql, new_sql) = (old.sql(), new.sql());
    let others: Vec<QualifiedName> = state.types.values().map(|t| t.name.clone()).collect();
    for name in others {
        let uses = match state.types.get(&name).map(|t| &t.kind) {
            Some(TypeKind::Domain { base, .. }) => base.contains(&old_sql),
            Some(TypeKind::Composite { attributes }) => attributes.iter().any(|a| a.data_type.contains(&old_sql)),
            Some(TypeKind::Range { subtype, .. }) => subtype.contains(&old_sql),
            _ => false,
        };
        if !uses {
            continue;
        }
        match state.types.get_mut(&name).map(|t| &mut t.kind) {
            Some(TypeKind::Domain { base, .. }) => *base = rename::replace_word(base, &old_sql, &new_sql),
            Some(TypeKind::Composite { attributes }) => {
                for attribute in attributes {
                    attribute.data_type = rename::replace_word(&attribute.data_type, &old_sql, &new_sql);
                }
            }
            Some(TypeKind::Range { subtype, .. }) => *subtype = rename::replace_word(subtype, &old_sql, &new_sql),
            _ => {}
        }
    }
    Ok(())
}

/// ALTER TYPE.
pub(crate) fn alter(state: &mut State, node: &ast::AlterType) -> Effect {
    let name = state.user_type(&syntax::path_opt(node.type_name_ref()).unwrap_or_default())?;
    match node.action() {
        Some(ast::AlterTypeAction::AddValue(add)) => add_value(state, &name, &add),
        Some(ast::AlterTypeAction::RenameValue(renamed)) => {
            let old = renamed.from().and_then(|l| syntax::string(&l)).unwrap_or_default();
            let new = renamed.to().and_then(|l| syntax::string(&l)).unwrap_or_default();
            match labels_mut(state, &name)?.iter_mut().find(|l| **l == old) {
                Some(label) => *label = new,
                None => return Err(Stop::fail("22023", format!("\"{old}\" is not an existing enum label"))),
            }
            Ok(())
        }
        Some(ast::AlterTypeAction::TypeRenameTo(to)) => {
            let new = syntax::path_opt(to.type_name()).and_then(|p| p.last().cloned()).unwrap_or_default();
            move_type(state, &name, QualifiedName::new(&name.schema, new))
        }
        Some(ast::AlterTypeAction::SetSchema(set)) => {
            let schema = set.schema_ref().map(|s| syntax::name(&s)).unwrap_or_default();
            move_type(state, &name, QualifiedName::new(schema, &name.name))
        }
        Some(ast::AlterTypeAction::OwnerTo(owner)) => change_owner(state, &name, owner.role_ref()),
        Some(ast::AlterTypeAction::RenameAttribute(renamed)) => {
            let old = renamed.composite_field_ref().map(|f| syntax::name(&f)).unwrap_or_default();
            let new = renamed.composite_field().map(|f| syntax::name(&f)).unwrap_or_default();
            for attribute in attributes_mut(state, &name)?.iter_mut().filter(|a| a.name == old) {
                attribute.name.clone_from(&new);
            }
            Ok(())
        }
        Some(ast::AlterTypeAction::AlterTypeAttributeActionList(list)) => {
            for action in list.actions() {
                alter_attribute(state, &name, &action)?;
            }
            Ok(())
        }
        Some(ast::AlterTypeAction::SetOptions(_)) => Err(Stop::NoEffect),
        None => Err(Stop::not_understood(syntax::plain_text(node.syntax()))),
    }
}

fn labels_mut<'a>(state: &'a mut State, name: &QualifiedName) -> Result<&'a mut Vec<String>, Stop> {
    match state.types.get_mut(name).map(|t| &mut t.kind) {
        Some(TypeKind::Enum { labels }) => Ok(labels),
        _ => Err(Stop::fail("42809", format!("\"{}\" is not an enum", name.name))),
    }
}

fn attributes_mut<'a>(state: &'a mut State, name: &QualifiedName) -> Result<&'a mut Vec<CompositeAttribute>, Stop> {
    match state.types.get_mut(name).map(|t| &mut t.kind) {
        Some(TypeKind::Composite { attributes }) => Ok(attributes),
        _ => Err(Stop::fail("42809", format!("\"{}\" is not a composite type", name.name))),
    }
}

fn add_value(state: &mut State, name: &QualifiedName, add: &ast::AddValue) -> Effect {
    let label = add.literal().and_then(|l| syntax::string(&l)).unwrap_or_default();
    let labels = labels_mut(state, name)?;
    if labels.contains(&label) {
        return if add.if_not_exists().is_some() {
            Err(Stop::NoEffect)
        } else {
            Err(Stop::fail("42710", format!("enum label \"{label}\" already exists")))
        };
    }
    let neighbour = |l: Option<ast::Literal>| l.and_then(|l| syntax::string(&l)).unwrap_or_default();
    let (anchor, after) = match add.value_position() {
        Some(ast::ValuePosition::BeforeValue(before)) => (Some(neighbour(before.literal())), false),
        Some(ast::ValuePosition::AfterValue(after)) => (Some(neighbour(after.literal())), true),
        None => (None, true),
    };
    match anchor {
        Some(anchor) => {
            let at = labels.iter().position(|l| *l == anchor);
            let at = at.ok_or_else(|| Stop::fail("22023", format!("\"{anchor}\" is not an existing enum label")))?;
            labels.insert(at + usize::from(after), label);
        }
        None => labels.push(label),
    }
    Ok(())
}

fn alter_attribute(state: &mut State, name: &QualifiedName, action: &ast::AlterTypeAttributeAction) -> Effect {
    match action {
        ast::AlterTypeAttributeAction::AddAttribute(add) => {
            let new = attribute(add.syntax(), add.composite_field().map(|n| syntax::name(&n)).unwrap_or_default(), state);
            let attributes = attributes_mut(state, name)?;
            if attributes.iter().any(|a| a.name == new.name) {
                return Err(Stop::fail("42701", format!("column \"{}\" of relation \"{}\" already exists", new.name, name.name)));
            }
            attributes.push(new);
        }
        ast::AlterTypeAttributeAction::DropAttribute(drop) => {
            let wanted = drop.composite_field_ref().map(|n| syntax::name(&n)).unwrap_or_default();
            let attributes = attributes_mut(state, name)?;
            if drop.if_exists().is_none() && !attributes.iter().any(|a| a.name == wanted) {
                return Err(Stop::fail("42703", format!("column \"{wanted}\" of relation \"{}\" does not exist", name.name)));
            }
            attributes.retain(|a| a.name != wanted);
        }
        ast::AlterTypeAttributeAction::AlterAttribute(alter) => {
            let wanted = alter.composite_field_ref().map(|n| syntax::name(&n)).unwrap_or_default();
            let ty = column::read_type(alter.ty(), state).text;
            for attribute in attributes_mut(state, name)?.iter_mut().filter(|a| a.name == wanted) {
                attribute.data_type.clone_from(&ty);
            }
        }
    }
    Ok(())
}

/// DROP TYPE and DROP DOMAIN of one type.
pub(crate) fn drop(state: &mut State, path: &[String], if_exists: bool, cascade: bool) -> Effect {
    match state.find(path, |n| state.types.contains(n)) {
        Some(name) => dependents::drop_type(state, &name, cascade),
        None if if_exists => Err(Stop::NoEffect),
        None => Err(super::state::missing("type", path)),
    }
}
