//! Which tables stand together: by schema while a schema is small, else by who refers to whom (Louvain, bounded in size). Tables that
//! everybody refers to are hubs; they bind nothing together.

use super::entities::{Entities, RelationKind};
use crate::format::visible;
use std::collections::{BTreeMap, BTreeSet};

/// Most tables of one community.
pub(crate) const LARGEST: usize = 40;
/// A table that more others than this refer to (and more than a twentieth of all tables) is a hub.
const HUB: usize = 12;
/// Communities smaller than this look for company.
const SMALL: usize = 5;

/// A community.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) schema: String,
    /// Entities by position, ascending.
    pub(crate) members: Vec<usize>,
}

/// All communities.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Grouping {
    pub(crate) groups: Vec<Group>,
    /// The group of each entity.
    pub(crate) of: Vec<usize>,
    /// Whether each entity is a hub.
    pub(crate) hub: Vec<bool>,
}

impl Grouping {
    /// Finds the communities; the same entities give the same ones.
    pub(crate) fn of(entities: &Entities) -> Self {
        let hub = hubs(entities);
        let mut schemas: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, entity) in entities.list.iter().enumerate() {
            schemas.entry(&entity.name.schema).or_default().push(at);
        }
        let is_alone = schemas.len() == 1;
        let mut groups = Vec::new();
        for (schema, members) in schemas {
            if members.len() <= LARGEST {
                groups.push(Group { title: visible(schema), schema: schema.to_owned(), members });
                continue;
            }
            let found = divide(entities, &members, &hub);
            groups.extend(named(entities, schema, found, is_alone));
        }
        let mut of = vec![0; entities.list.len()];
        for (at, group) in groups.iter().enumerate() {
            for &member in &group.members {
                of[member] = at;
            }
        }
        Self { groups, of, hub }
    }

    /// Whether a relation is drawn as a line: both ends in one community, and no hub is referred to.
    pub(crate) fn draws(&self, child: usize, parent: usize) -> bool {
        self.of[child] == self.of[parent] && !self.hub[parent]
    }

    /// How many declared relations lead from one group to another, by (from, to).
    pub(crate) fn between(&self, entities: &Entities) -> BTreeMap<(usize, usize), usize> {
        let mut counts = BTreeMap::new();
        for relation in entities.relations.iter().filter(|r| r.kind == RelationKind::Declared) {
            let (from, to) = (self.of[relation.child], self.of[relation.parent]);
            if from != to {
                *counts.entry((from, to)).or_default() += 1;
            }
        }
        counts
    }
}

/// Entities that more than [`HUB`] and more than 5 % of all refer to.
fn hubs(entities: &Entities) -> Vec<bool> {
    let limit = HUB.max(entities.list.len() / 20);
    entities.referenced_by().iter().map(|n| *n > limit).collect()
}

/// Divides the tables of one schema into communities of at most [`LARGEST`].
fn divide(entities: &Entities, members: &[usize], hub: &[bool]) -> Vec<Vec<usize>> {
    let place: BTreeMap<usize, usize> = members.iter().enumerate().map(|(at, member)| (*member, at)).collect();
    let mut weights: Vec<BTreeMap<usize, f64>> = vec![BTreeMap::new(); members.len()];
    for relation in entities.relations.iter().filter(|r| r.child != r.parent && !hub[r.parent]) {
        if let (Some(&a), Some(&b)) = (place.get(&relation.child), place.get(&relation.parent)) {
            *weights[a].entry(b).or_default() += 1.0;
            *weights[b].entry(a).or_default() += 1.0;
        }
    }
    let label = louvain(&weights);
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, label) in label.iter().enumerate() {
        found.entry(*label).or_default().push(at);
    }
    let mut found: Vec<Vec<usize>> = found.into_values().collect();
    let names: Vec<&str> = members.iter().map(|member| entities.list[*member].name.name.as_str()).collect();
    let common = common_word(&names);
    gather(&mut found, &weights, |at| word(names[at], common.as_deref()));
    let mut found: Vec<Vec<usize>> = found.into_iter().map(|group| group.into_iter().map(|at| members[at]).collect()).collect();
    for group in &mut found {
        group.sort_unstable();
    }
    found.sort();
    found
}

/// Louvain's method: nodes move to the neighbouring community that raises modularity most, communities become nodes, until nothing moves.
/// No community grows beyond [`LARGEST`]. Ties go to the lower number, so that the result depends on nothing but the graph.
fn louvain(weights: &[BTreeMap<usize, f64>]) -> Vec<usize> {
    let mut label: Vec<usize> = (0..weights.len()).collect();
    let mut graph = weights.to_vec();
    let mut sizes = vec![1_usize; weights.len()];
    loop {
        let moved = local_moves(&graph, &sizes);
        let names: BTreeMap<usize, usize> =
            moved.iter().copied().collect::<BTreeSet<_>>().into_iter().enumerate().map(|(new, old)| (old, new)).collect();
        if names.len() == graph.len() {
            return label;
        }
        for label in &mut label {
            *label = names[&moved[*label]];
        }
        let mut next = vec![BTreeMap::new(); names.len()];
        let mut next_sizes = vec![0; names.len()];
        for (at, near) in graph.iter().enumerate() {
            let from = names[&moved[at]];
            next_sizes[from] += sizes[at];
            for (&to, weight) in near {
                *next[from].entry(names[&moved[to]]).or_insert(0.0) += weight;
            }
        }
        graph = next;
        sizes = next_sizes;
    }
}

/// One level: the community of each node, named after one of its nodes.
fn local_moves(graph: &[BTreeMap<usize, f64>], sizes: &[usize]) -> Vec<usize> {
    let strength: Vec<f64> = graph.iter().map(|near| near.values().sum()).collect();
    let whole: f64 = strength.iter().sum::<f64>().max(1.0);
    let mut community: Vec<usize> = (0..graph.len()).collect();
    let mut total = strength.clone();
    let mut held = sizes.to_vec();
    for _ in 0..32 {
        let mut has_moved = false;
        for at in 0..graph.len() {
            let own = community[at];
            let mut links: BTreeMap<usize, f64> = BTreeMap::from([(own, 0.0)]);
            for (&to, weight) in graph[at].iter().filter(|(to, _)| **to != at) {
                *links.entry(community[to]).or_default() += weight;
            }
            total[own] -= strength[at];
            held[own] -= sizes[at];
            let gain = |c: usize, link: f64| link - total[c] * strength[at] / whole;
            let mut best = (own, gain(own, links[&own]));
            for (&to, &link) in &links {
                let value = gain(to, link);
                if to != own && held[to] + sizes[at] <= LARGEST && value > best.1 + 1e-9 {
                    best = (to, value);
                }
            }
            has_moved |= best.0 != own;
            community[at] = best.0;
            total[best.0] += strength[at];
            held[best.0] += sizes[at];
        }
        if !has_moved {
            break;
        }
    }
    community
}

/// Gives small communities company: first where they have a relation, then where the names begin alike, and the rest with each other.
fn gather(groups: &mut Vec<Vec<usize>>, weights: &[BTreeMap<usize, f64>], word: impl Fn(usize) -> String) {
    groups.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    let mut kept: Vec<Vec<usize>> = groups.iter().filter(|g| g.len() >= SMALL).cloned().collect();
    let small: Vec<Vec<usize>> = groups.iter().filter(|g| g.len() < SMALL).cloned().collect();
    let mut of: BTreeMap<usize, usize> = BTreeMap::new();
    let mut words: BTreeMap<String, BTreeMap<usize, usize>> = BTreeMap::new();
    for (at, group) in kept.iter().enumerate() {
        for &member in group {
            of.insert(member, at);
            *words.entry(word(member)).or_default().entry(at).or_default() += 1;
        }
    }
    let mut rest: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for group in small {
        let mut links: BTreeMap<usize, usize> = BTreeMap::new();
        for to in group.iter().flat_map(|member| weights[*member].keys()).filter_map(|near| of.get(near)) {
            *links.entry(*to).or_default() += 1;
        }
        if links.is_empty() {
            for (to, n) in group.iter().filter_map(|member| words.get(&word(*member))).flatten() {
                *links.entry(*to).or_default() += n;
            }
        }
        let fits = |to: &usize| kept[*to].len() + group.len() <= LARGEST;
        let best = links.into_iter().filter(|(to, _)| fits(to)).max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)));
        match best {
            Some((to, _)) => kept[to].extend(group),
            None => rest.entry(group.first().map(|first| word(*first)).unwrap_or_default()).or_default().extend(group),
        }
    }
    kept.extend(bundles(rest));
    *groups = kept;
}

/// Leftovers by first word, as many words together as fit.
fn bundles(rest: BTreeMap<String, Vec<usize>>) -> Vec<Vec<usize>> {
    let mut bundles: Vec<Vec<usize>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for members in rest.into_values() {
        for chunk in members.chunks(LARGEST) {
            if chunk.len() >= SMALL * 2 {
                bundles.push(chunk.to_vec());
            } else if open.len() + chunk.len() > LARGEST {
                bundles.push(std::mem::replace(&mut open, chunk.to_vec()));
            } else {
                open.extend(chunk);
            }
        }
    }
    if !open.is_empty() {
        bundles.push(open);
    }
    bundles
}

/// The first word of a name, in small letters; with the second where the first says nothing because most names have it (`wp_posts`).
fn word(name: &str, common: Option<&str>) -> String {
    let ends = word_ends(name);
    let first = ends.first().map_or("", |end| &name[..*end]).to_lowercase();
    match ends.get(1) {
        Some(second) if common == Some(first.as_str()) => name[..*second].to_lowercase(),
        _ => first,
    }
}

/// Where the words of a name end: before `_`, other signs and changes from small to capital letters.
fn word_ends(name: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut before = ' ';
    for (at, c) in name.char_indices() {
        let is_boundary = (before.is_alphanumeric() && !c.is_alphanumeric()) || (before.is_lowercase() && c.is_uppercase());
        if at > 0 && is_boundary {
            ends.push(at);
        }
        before = c;
    }
    ends.push(name.len());
    ends
}

/// The first word of more than half of the names, if there is one.
fn common_word(names: &[&str]) -> Option<String> {
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    for name in names {
        *words.entry(word(name, None)).or_default() += 1;
    }
    words.into_iter().find(|(_, n)| n * 2 > names.len()).map(|(word, _)| word)
}

/// Titles: the word that most names of a community begin with, else its most related table.
fn named(entities: &Entities, schema: &str, found: Vec<Vec<usize>>, is_alone: bool) -> Vec<Group> {
    let names: Vec<&str> = found.iter().flatten().map(|member| entities.list[*member].name.name.as_str()).collect();
    let common = common_word(&names);
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups = Vec::new();
    for members in found {
        let first = title(entities, &members, common.as_deref());
        let title = if is_alone { first } else { format!("{}: {first}", visible(schema)) };
        let n = used.entry(title.clone()).or_default();
        *n += 1;
        let title = if *n > 1 { format!("{title} ({n})") } else { title };
        groups.push(Group { title, schema: schema.to_owned(), members });
    }
    groups
}

fn title(entities: &Entities, members: &[usize], common: Option<&str>) -> String {
    let name = |member: usize| visible(&entities.list[member].name.name);
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    for member in members {
        *words.entry(word(&entities.list[*member].name.name, common)).or_default() += 1;
    }
    let common = words.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)));
    if let Some((word, n)) = common
        && n * 5 >= members.len() * 3
        && !word.is_empty()
    {
        return visible(&word);
    }
    let inside: BTreeSet<usize> = members.iter().copied().collect();
    let mut degree: BTreeMap<usize, usize> = BTreeMap::new();
    let both = |r: &&super::entities::Relation| r.child != r.parent && inside.contains(&r.child) && inside.contains(&r.parent);
    for relation in entities.relations.iter().filter(both) {
        *degree.entry(relation.child).or_default() += 1;
        *degree.entry(relation.parent).or_default() += 1;
    }
    let most = degree.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
    match most {
        Some((most, _)) if degree.len() * 2 > members.len() => format!("around {}", name(*most)),
        _ => "other tables".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cliques_with_one_bridge_are_two_communities() {
        let mut weights: Vec<BTreeMap<usize, f64>> = vec![BTreeMap::new(); 10];
        let mut link = |a: usize, b: usize| {
            weights[a].insert(b, 1.0);
            weights[b].insert(a, 1.0);
        };
        for base in [0, 5] {
            for a in base..base + 5 {
                for b in a + 1..base + 5 {
                    link(a, b);
                }
            }
        }
        link(0, 5);
        let label = louvain(&weights);
        assert!(
            label[..5].iter().all(|l| *l == label[0]) && label[5..].iter().all(|l| *l == label[5]) && label[0] != label[5],
            "{label:?}"
        );
    }

    #[test]
    fn words_end_at_underscores_and_capitals() {
        assert_eq!(
            ["order_line", "orderLine", "m12_x", "Order", "_x"].map(|name| word(name, None)),
            ["order", "order", "m12", "order", "_x"]
        );
        assert_eq!(common_word(&["wp_posts", "wp_users", "log"]).as_deref(), Some("wp"));
        assert_eq!(["wp_post_meta", "log"].map(|name| word(name, Some("wp"))), ["wp_post", "log"]);
    }
}
