//! The format of a policy set: schema, rows, and expectations with the statements that back them. `test_data/policy_sets/README.md` describes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One file of the corpus.
#[derive(Debug, Clone, Default)]
pub(crate) struct PolicySet {
    /// `group/name`, the path without its end.
    pub(crate) name: String,
    /// How the database learns who asks: `supabase`, `clerk`, `postgrest`, `setting`, `roles`.
    pub(crate) style: String,
    /// Whether nothing in it is a leak.
    pub(crate) secure: bool,
    /// Statements that a project's migrations would hold.
    pub(crate) schema: String,
    /// Statements that make the rows; psql variables are replaced.
    pub(crate) seed: String,
    /// Cells with known verdicts.
    pub(crate) expectations: Vec<Expectation>,
    header: BTreeMap<String, String>,
}

/// One cell: `-- ## expect select public.notes outsider denied`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expectation {
    /// Line of the file, from 1.
    pub(crate) line: usize,
    /// `select`, `insert`, `update`, `delete`, `upsert`, `returning`, `truncate`, `execute`.
    pub(crate) command: String,
    /// `public.notes`, `public.f(uuid)`, `bucket:avatars`, `topic:rooms`.
    pub(crate) target: String,
    /// `owner`, `member`, `outsider`, `anonymous`, `service`.
    pub(crate) actor: String,
    /// `leak`, `open`, `allowed`, `denied`; several where the words of the schema leave more than one reading.
    pub(crate) verdicts: Vec<String>,
    /// What the actor does; psql variables are replaced.
    pub(crate) attempt: String,
    /// What a superuser asks afterwards, in place of counting what the last statement did.
    pub(crate) look: String,
}

impl Expectation {
    /// `select public.notes outsider`.
    pub(crate) fn cell(&self) -> String {
        format!("{} {} {}", self.command, self.target, self.actor)
    }

    /// Whether the actor has to be kept out of what the statements reach for; `denied|allowed` where other rows, of his own or public ones, are his.
    pub(crate) fn denies(&self) -> bool {
        self.verdicts.iter().any(|v| v == "denied")
    }
}

/// How a session becomes an actor: the role, and settings with their values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Becoming {
    pub(crate) role: String,
    pub(crate) settings: Vec<(String, String)>,
}

const COMMANDS: [&str; 8] = ["select", "insert", "update", "delete", "upsert", "returning", "truncate", "execute"];
const ACTORS: [&str; 5] = ["owner", "member", "outsider", "anonymous", "service"];
const VERDICTS: [&str; 4] = ["leak", "open", "allowed", "denied"];
const STYLES: [&str; 5] = ["supabase", "clerk", "postgrest", "setting", "roles"];

/// The directory of the corpus, from the root of the repository.
pub(crate) const DIRECTORY: &str = "crates/architrave-prove/test_data/policy_sets";

/// All sets below a directory, sorted by name.
pub(crate) fn read_all(directory: &Path) -> Result<Vec<PolicySet>, String> {
    let mut sets = Vec::new();
    for group in entries(directory)?.into_iter().filter(|p| p.is_dir()) {
        for file in entries(&group)?.into_iter().filter(|p| p.extension().is_some_and(|e| e == "sql")) {
            let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            let word = |path: &Path| path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            sets.push(PolicySet::parse(&format!("{}/{}", word(&group), word(&file)), &text)?);
        }
    }
    Ok(sets)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", directory.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

impl PolicySet {
    /// Reads one set.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut set = Self { name: name.to_owned(), ..Self::default() };
        let mut part = Part::Schema;
        for (at, line) in text.lines().enumerate() {
            let fail = |what: &str| format!("{name}.sql:{}: {what}: {line}", at + 1);
            if let Some(title) = line.strip_prefix("-- ## ") {
                part = if title == "seed" {
                    Part::Seed
                } else {
                    set.expectations.push(expectation(title, at + 1).ok_or_else(|| fail("no expectation"))?);
                    Part::Attempt
                };
            } else if line == "-- look" {
                part = Part::Look;
            } else if let Some((key, value)) = line.strip_prefix("-- ").and_then(|l| l.split_once(": ")) {
                set.header.insert(key.to_owned(), value.to_owned());
            } else {
                let last = set.expectations.last_mut();
                let into = match (part, last) {
                    (Part::Attempt, Some(expectation)) => &mut expectation.attempt,
                    (Part::Look, Some(expectation)) => &mut expectation.look,
                    (Part::Seed, _) => &mut set.seed,
                    _ => &mut set.schema,
                };
                into.push_str(line);
                into.push('\n');
            }
        }
        finish(set)
    }
}

#[derive(Clone, Copy)]
enum Part {
    Schema,
    Seed,
    Attempt,
    Look,
}

/// `expect select public.notes outsider leak|open`.
fn expectation(title: &str, line: usize) -> Option<Expectation> {
    let words: Vec<&str> = title.strip_prefix("expect ")?.split(' ').collect();
    let [command, target @ .., actor, verdicts] = words.as_slice() else { return None };
    let verdicts: Vec<String> = verdicts.split('|').map(str::to_owned).collect();
    let known = COMMANDS.contains(command) && ACTORS.contains(actor) && verdicts.iter().all(|v| VERDICTS.contains(&v.as_str()));
    known.then(|| Expectation {
        line,
        command: (*command).to_owned(),
        target: target.join(" "),
        actor: (*actor).to_owned(),
        verdicts,
        ..Expectation::default()
    })
}

fn finish(mut set: PolicySet) -> Result<PolicySet, String> {
    let fail = |what: &str| format!("{}.sql: {what}", set.name);
    let (style, state) =
        set.header.get("style").and_then(|s| s.split_once("; ")).ok_or_else(|| fail("no `-- style: STYLE; secure|hole`"))?;
    if !STYLES.contains(&style) || !["secure", "hole"].contains(&state) {
        return Err(fail("the style is not known"));
    }
    let leaks = set.expectations.iter().any(|e| e.verdicts.iter().any(|v| v == "leak"));
    if leaks != (state == "hole") {
        return Err(fail("a set with a hole expects a leak, a secure one does not"));
    }
    (set.style, set.secure) = (style.to_owned(), state == "secure");
    set.seed = set.with_ids(&set.seed);
    for at in 0..set.expectations.len() {
        let (attempt, look) = (set.with_ids(&set.expectations[at].attempt), set.with_ids(&set.expectations[at].look));
        (set.expectations[at].attempt, set.expectations[at].look) = (attempt, look);
    }
    Ok(set)
}

impl PolicySet {
    /// An id of the people and tenants of the set: `owner`, `member`, `outsider`, `tenant`, `other`.
    fn id(&self, of: &str) -> &'static str {
        let column = match self.header.get("ids").map_or(self.style.as_str(), String::as_str) {
            "clerk" | "text" => 1,
            "integer" => 2,
            _ => 0,
        };
        match of {
            "owner" => ["0a000000-0000-4000-8000-000000000001", "user_2aOwnerOwnerOwnerOwnerOwner", "1"][column],
            "member" => ["0a000000-0000-4000-8000-000000000002", "user_2aMemberMemberMemberMember", "2"][column],
            "outsider" => ["0b000000-0000-4000-8000-000000000003", "user_2bOutsiderOutsiderOutsider", "3"][column],
            "tenant" => ["aa000000-0000-4000-8000-00000000000a", "org_2aVictims", "10"][column],
            "other" => ["bb000000-0000-4000-8000-00000000000b", "org_2bOutsiders", "20"][column],
            _ => "",
        }
    }

    /// With the ids in place of psql variables: `:'owner'`.
    fn with_ids(&self, text: &str) -> String {
        ["owner", "member", "outsider", "tenant", "other"]
            .into_iter()
            .fold(text.to_owned(), |text, of| text.replace(&format!(":'{of}'"), &format!("'{}'", self.id(of))))
    }

    /// How a session becomes an actor.
    pub(crate) fn becoming(&self, actor: &str) -> Becoming {
        let signed_in = !["anonymous", "service"].contains(&actor);
        let claims_style = ["supabase", "clerk", "postgrest"].contains(&self.style.as_str());
        let role = self.role_of(actor);
        let mut settings = Vec::new();
        if claims_style {
            let mut claims = vec![format!("\"role\":\"{role}\"")];
            if signed_in {
                claims.insert(0, format!("\"sub\":\"{}\"", self.id(actor)));
                claims.extend(self.header.get("claims").cloned());
            }
            claims.extend(self.header.get(&format!("claims {actor}")).cloned());
            settings.push(("request.jwt.claims".to_owned(), self.of_actor(&format!("{{{}}}", claims.join(",")), actor)));
        }
        let lists = [signed_in.then(|| self.header.get("settings")).flatten(), self.header.get(&format!("settings {actor}"))];
        for setting in lists.into_iter().flatten().flat_map(|list| list.split("; ")) {
            if let Some((name, value)) = setting.split_once('=') {
                settings.push((name.to_owned(), self.of_actor(value, actor)));
            }
        }
        Becoming { role, settings }
    }

    fn role_of(&self, actor: &str) -> String {
        let usual = match (self.style.as_str(), actor) {
            ("supabase" | "clerk", "anonymous") => "anon",
            ("supabase" | "clerk", "service") => "service_role",
            ("supabase" | "clerk", _) => "authenticated",
            _ => "",
        };
        let said = [format!("role {actor}"), "role".to_owned()];
        said.iter().find_map(|key| self.header.get(key)).map_or(usual, String::as_str).to_owned()
    }

    /// `:user` and `:tenant` are the actor's own.
    fn of_actor(&self, text: &str, actor: &str) -> String {
        let tenant = if actor == "outsider" { "other" } else { "tenant" };
        text.replace(":user", self.id(actor)).replace(":tenant", self.id(tenant))
    }
}
