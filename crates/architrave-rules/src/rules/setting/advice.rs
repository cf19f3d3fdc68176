//! What rules on settings share: whose settings they are, how they read, how they are changed, and how findings on them begin.

use crate::figures;
use architrave_model::name::ObjectRef;
use architrave_model::platform::Platform;
use architrave_model::rule::Draft;
use architrave_model::settings::{Setting, Settings};
use architrave_model::{Context, ObjectKind, Sink};

/// Whether the server is one to judge at all; says why not.
pub(crate) fn judged(context: &Context<'_>, sink: &mut Sink<'_>) -> bool {
    if context.server.platform == Platform::Private {
        sink.not_checked("the server is the private one of this run");
        return false;
    }
    true
}

/// Whether a provider runs the server and keeps what the rule looks at to itself; says so.
pub(crate) fn provider_keeps(context: &Context<'_>, what: &str, sink: &mut Sink<'_>) -> bool {
    let platform = context.server.platform;
    if platform.is_managed() {
        sink.not_checked(format!("{} keeps {what} itself", platform.title()));
    }
    platform.is_managed()
}

/// The setting as it holds for everybody; none when our own session has another one (of its role, its database or its connection).
pub(crate) fn global<'a>(settings: &'a Settings, name: &str) -> Option<&'a Setting> {
    let own = |s: &Setting| matches!(s.source.as_str(), "client" | "session" | "user" | "database" | "database user");
    settings.get(name).filter(|s| !own(s))
}

/// Whether it is off for everybody.
pub(crate) fn is_off(settings: &Settings, name: &str) -> bool {
    global(settings, name).is_some_and(|s| matches!(s.value.as_str(), "off" | "false" | "no" | "0"))
}

/// The value with its unit: `128 MB`, `5 min`, `off`.
pub(crate) fn in_words(settings: &Settings, setting: &Setting) -> String {
    match (settings.bytes(&setting.name), setting.unit.as_deref()) {
        (Some(bytes), _) if bytes >= 0.0 => figures::bytes(bytes as i64),
        (None, Some(unit)) => format!("{} {unit}", setting.value),
        _ => setting.value.clone(),
    }
}

/// A finding on a setting.
pub(crate) fn on_setting(name: &str, message: impl Into<String>, why: impl Into<String>) -> Draft {
    Draft::new(ObjectRef::global(ObjectKind::Setting, name), message, why)
}

/// The settings' values as evidence.
pub(crate) fn evident(mut draft: Draft, settings: &Settings, names: &[&str]) -> Draft {
    for setting in names.iter().filter_map(|name| settings.get(name)) {
        draft = draft.evidence(setting.name.as_str(), in_words(settings, setting), "pg_settings");
    }
    draft
}

/// How these settings are given these values here, and when that takes effect: sentences with a space before.
pub(crate) fn change(settings: &Settings, context: &Context<'_>, values: &[(&str, &str)]) -> String {
    let wanted: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let wanted = figures::list(&wanted);
    let restart = values.iter().any(|(name, _)| settings.get(name).is_some_and(|s| s.context == "postmaster"));
    let effect = if restart { "It takes effect with a restart." } else { "No restart is needed." };
    match context.server.platform {
        Platform::Rds | Platform::Aurora => format!(" Set {wanted} in the DB parameter group. {effect}"),
        Platform::Azure => format!(" Set {wanted} under the server parameters. {effect}"),
        Platform::CloudSql | Platform::AlloyDb => format!(" Set {wanted} as database flags. {effect}"),
        Platform::Supabase => {
            format!(" Set {wanted} with `supabase postgres-config update`, or ask Supabase where it does not know the setting. {effect}")
        }
        Platform::Neon => format!(" Neon sets what holds for all: set {wanted} with `alter database` or `alter role`, or ask Neon."),
        Platform::SelfManaged | Platform::Private => {
            let statements: Vec<String> =
                values.iter().map(|(name, value)| format!("`alter system set {name} = {}`", literal(value))).collect();
            let then = if restart { "then restart the server" } else { "then `select pg_reload_conf()`" };
            format!(" As superuser: {}, {then}.", statements.join(", "))
        }
    }
}

/// A value as ALTER SYSTEM takes it.
fn literal(value: &str) -> String {
    let plain = value.parse::<f64>().is_ok() || matches!(value, "on" | "off" | "default");
    if plain { value.to_owned() } else { format!("'{value}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let one = |name: &str, value: &str, unit: Option<&str>, source: &str, context: &str| Setting {
            name: name.into(),
            value: value.into(),
            unit: unit.map(Into::into),
            source: source.into(),
            context: context.into(),
            ..Setting::default()
        };
        Settings {
            values: vec![
                one("fsync", "off", None, "configuration file", "sighup"),
                one("jit", "off", None, "user", "user"),
                one("shared_buffers", "16384", Some("8kB"), "configuration file", "postmaster"),
                one("statement_timeout", "5000", Some("ms"), "configuration file", "user"),
            ],
            ..Settings::default()
        }
    }

    #[test]
    fn values_read_with_their_units() {
        let settings = settings();
        let words = |name: &str| in_words(&settings, settings.get(name).unwrap());
        assert_eq!(
            (words("shared_buffers"), words("statement_timeout"), words("fsync")),
            ("128 MB".into(), "5000 ms".into(), "off".into())
        );
    }

    #[test]
    fn what_holds_for_our_own_session_only_is_not_judged() {
        let settings = settings();
        assert!(is_off(&settings, "fsync") && !is_off(&settings, "jit") && global(&settings, "jit").is_none());
    }

    #[test]
    fn values_are_quoted_where_sql_wants_it() {
        assert_eq!((literal("on"), literal("0.9"), literal("4 GB")), ("on".into(), "0.9".into(), "'4 GB'".into()));
    }
}
