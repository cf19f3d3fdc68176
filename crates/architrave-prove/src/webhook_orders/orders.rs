//! The orders of delivery that are tried, and what their ends mean.

use super::deliver::{Field, Played, Stop};
use super::state::compare;
use architrave_model::webhook::{Divergence, DivergenceKind, OrdersTried, SampleEvent};

/// Events about people: created, two changes, deleted.
fn event(kind: &str, version: u64) -> SampleEvent {
    SampleEvent { kind: kind.to_owned(), person: 1, version, email: Some(format!("grace{version}@example.com")) }
}

/// An event in words: the number tells the first change from the second.
fn words(event: &SampleEvent) -> String {
    let who = if event.person == 1 { String::new() } else { " of another person".to_owned() };
    match event.kind.as_str() {
        "user.updated" => format!("user.updated ({}){who}", event.version - 1),
        "user.created" if event.email.is_none() => "user.created without e-mail address".to_owned(),
        kind => format!("{kind}{who}"),
    }
}

/// Tries all orders.
pub(super) async fn all(field: &mut Field<'_>) -> Result<OrdersTried, Stop> {
    let mut found = Findings::default();
    let person =
        acting(field, &[event("user.created", 1), event("user.updated", 2), event("user.updated", 3), event("user.deleted", 4)]).await?;
    let of = |kinds: &[(&str, u64)]| -> Vec<SampleEvent> {
        person.iter().filter(|e| kinds.iter().any(|(k, v)| e.kind == *k && e.version == *v)).cloned().collect()
    };
    let changes = of(&[("user.created", 1), ("user.updated", 2), ("user.updated", 3)]);
    if changes.is_empty() {
        return Err(Stop::Unknown("no event about people leads to a statement".to_owned()));
    }
    found.permutations(field, &changes).await?;
    if person.iter().any(|e| e.kind == "user.deleted") {
        found.permutations(field, &of(&[("user.created", 1), ("user.updated", 2), ("user.deleted", 4)])).await?;
        found.permutations(field, &person).await?;
    }
    for at in 0..person.len() {
        found.doubled(field, &person, at).await?;
    }
    if person.iter().any(|e| e.kind == "user.created") {
        found.accepted(field, &[SampleEvent { person: 2, email: None, ..event("user.created", 1) }]).await?;
        let mut back = of(&[("user.created", 1), ("user.deleted", 4)]);
        if back.len() == 2 {
            back.push(SampleEvent { person: 2, ..event("user.created", 1) });
            found.accepted(field, &back).await?;
        }
    }
    let members = [event("user.created", 1), event("organization.created", 1), event("organizationMembership.created", 1)];
    let members = acting(field, &members).await?;
    if members.iter().any(|e| e.kind.starts_with("organizationMembership")) {
        found.permutations(field, &members).await?;
    }
    Ok(OrdersTried::Tried { orders: field.orders, divergences: found.all })
}

/// The events of these that lead to statements, in the right order; that one must work.
async fn acting(field: &mut Field<'_>, events: &[SampleEvent]) -> Result<Vec<SampleEvent>, Stop> {
    let mut out = Vec::new();
    for event in events {
        // Delivered behind what comes before it, so that it finds its row.
        let mut order: Vec<SampleEvent> = out.clone();
        order.push(event.clone());
        if field.acts(&order).await? {
            out.push(event.clone());
        }
    }
    let played = field.play(&out).await?;
    if let Some((event, code)) = played.refused.first() {
        return Err(Stop::Unknown(format!("PostgreSQL refuses {} even in the right order (SQLSTATE {code})", words(event))));
    }
    Ok(out)
}

impl Field<'_> {
    /// Whether the last of these messages leads to a statement that writes.
    async fn acts(&mut self, order: &[SampleEvent]) -> Result<bool, Stop> {
        let before = order.len().saturating_sub(1);
        self.play_then(&order[..before], order.last()).await
    }
}

#[derive(Default)]
struct Findings {
    all: Vec<Divergence>,
}

impl Findings {
    /// One of each kind: the shortest order.
    fn add(&mut self, kind: DivergenceKind, order: &[SampleEvent], outcome: String) {
        let order: Vec<String> = order.iter().map(words).collect();
        match self.all.iter_mut().find(|d| d.kind == kind) {
            Some(known) if known.order.len() > order.len() => *known = Divergence { kind, order, outcome },
            Some(_) => {}
            None => self.all.push(Divergence { kind, order, outcome }),
        }
        self.all.sort_by_key(|d| d.kind);
    }

    /// Every order of the events must end as the right one does.
    async fn permutations(&mut self, field: &mut Field<'_>, events: &[SampleEvent]) -> Result<(), Stop> {
        let right = field.play(events).await?;
        for order in permutations(events) {
            let played = field.play(&order).await?;
            self.judge(field, &right, &played, &order);
        }
        Ok(())
    }

    fn judge(&mut self, field: &Field<'_>, right: &Played, played: &Played, order: &[SampleEvent]) {
        if let Some((event, code)) = played.refused.first() {
            let outcome = format!("{} is refused each time (SQLSTATE {code})", words(event));
            self.add(DivergenceKind::Refused, order, outcome);
            return;
        }
        let deletes = order.iter().any(|e| e.kind == "user.deleted");
        let Some(differs) = compare(field, &right.state, &played.state, deletes) else { return };
        let kind = match () {
            () if deletes && differs.more => DivergenceKind::Returns,
            () if differs.fewer || played.left_nothing => DivergenceKind::Lost,
            () => DivergenceKind::OlderWins,
        };
        self.add(kind, order, differs.outcome);
    }

    /// A message that is delivered twice in a row must leave what it leaves once.
    async fn doubled(&mut self, field: &mut Field<'_>, events: &[SampleEvent], at: usize) -> Result<(), Stop> {
        let once = field.play(&events[..=at]).await?;
        let mut order = events[..=at].to_vec();
        order.extend(events.get(at).cloned());
        let twice = field.play(&order).await?;
        if let Some((event, code)) = twice.refused.first() {
            self.add(DivergenceKind::Refused, &order, format!("{} is refused each time (SQLSTATE {code})", words(event)));
        } else if let Some(differs) = compare(field, &once.state, &twice.state, false) {
            self.add(DivergenceKind::Twice, &order, differs.outcome.replace("the right order", "one delivery"));
        }
        Ok(())
    }

    /// Messages the last of which must be accepted, and leave something.
    async fn accepted(&mut self, field: &mut Field<'_>, order: &[SampleEvent]) -> Result<(), Stop> {
        let played = field.play(order).await?;
        if let Some((event, code)) = played.refused.first() {
            let code = if code.is_empty() { "the handler itself refuses it".to_owned() } else { format!("SQLSTATE {code}") };
            self.add(DivergenceKind::Refused, order, format!("{} is refused each time ({code})", words(event)));
        } else if let Some((event, code)) = &played.silent {
            let without = field.play(&order[..order.len().saturating_sub(1)]).await?;
            if compare(field, &without.state, &played.state, false).is_none() {
                let outcome =
                    format!("{} is refused by PostgreSQL (SQLSTATE {code}) and answered with success: it is not sent again", words(event));
                self.add(DivergenceKind::Lost, order, outcome);
            }
        }
        Ok(())
    }
}

/// All orders but the given one.
fn permutations(events: &[SampleEvent]) -> Vec<Vec<SampleEvent>> {
    fn go(rest: &[SampleEvent], so_far: &mut Vec<SampleEvent>, out: &mut Vec<Vec<SampleEvent>>) {
        if rest.is_empty() {
            out.push(so_far.clone());
        }
        for at in 0..rest.len() {
            let mut others = rest.to_vec();
            so_far.push(others.remove(at));
            go(&others, so_far, out);
            so_far.pop();
        }
    }
    let mut out = Vec::new();
    go(events, &mut Vec::new(), &mut out);
    out.retain(|order| order != events);
    out
}
