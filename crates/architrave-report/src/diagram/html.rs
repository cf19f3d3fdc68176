//! The diagram as one offline HTML file: moved by mouse, touch and keys, searched, and focused on the neighbourhood of one table. Large
//! ones are drawn piece by piece, as far as they are on the screen.

use super::Scene;
use super::communities::Grouping;
use super::entities::{Entities, RelationKind, short_type};
use super::picture::Picture;
use super::svg::{self, STYLE};
use crate::format::{self, cut, visible};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

static PAGE_STYLE: &str = include_str!("page.css");
static SCRIPT: &str = include_str!("page.js");

/// Up to so many tables everything is in the page at once, and readable without its script.
const AT_ONCE: usize = 150;

/// The page.
pub(super) fn page(scene: &Scene<'_>, entities: &Entities, grouping: &Grouping, picture: &Picture) -> String {
    let is_lazy = entities.list.len() > AT_ONCE;
    let data = data(scene, entities, grouping, picture, is_lazy).to_string();
    let title = visible(&scene.title);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
                meta name="color-scheme" content="light dark";
                title { (title) " · ER diagram" }
                style { (PreEscaped(STYLE)) (PreEscaped(PAGE_STYLE)) }
            }
            body {
                (bar(&title, &svg::facts(entities, grouping)))
                div.desk {
                    (groups(grouping))
                    main #stage {
                        svg #picture .erd tabindex="0" role="group" aria-label={ "ER diagram of " (title) }
                            viewBox=(format!("-20 -20 {:.0} {:.0}", picture.width + 40.0, picture.height + 40.0)) {
                            g #world { (PreEscaped(frames(entities, grouping, picture, is_lazy))) g #links {} }
                            g #near {}
                        }
                        p #hint .hint {}
                        @if is_lazy { noscript { p.hint { "A diagram of this size is drawn by the page's script; without it, use the SVG." } } }
                    }
                    aside #panel aria-label="Table" hidden {}
                }
                script #data type="application/json" { (PreEscaped(data.replace('<', "\\u003c"))) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    markup.into_string() + "\n"
}

fn bar(title: &str, facts: &str) -> Markup {
    html! {
        header.bar {
            h1 { (title) } p.facts { (facts) }
            div.find role="search" {
                input #find type="search" placeholder="Find a table or column  ( / )" aria-label="Find a table or column" autocomplete="off"
                    role="combobox" aria-expanded="false" aria-controls="found" aria-autocomplete="list";
                ul #found role="listbox" aria-label="Found" hidden {}
            }
            div.tools role="toolbar" aria-label="View" {
                button #back type="button" hidden { "← Whole picture" }
                label #far-label hidden { "Distance " select #far { option value="1" selected { "1" } option value="2" { "2" } } }
                label #full-label hidden { input #full type="checkbox"; " all columns" }
                button #out type="button" aria-label="Zoom out" { "−" }
                button #in type="button" aria-label="Zoom in" { "+" }
                button #fit type="button" { "Fit" }
            }
        }
    }
}

fn groups(grouping: &Grouping) -> Markup {
    let mut schemas: Vec<&str> = grouping.groups.iter().map(|g| g.schema.as_str()).collect();
    schemas.dedup();
    html! {
        nav #groups aria-label="Communities" hidden[grouping.groups.len() < 2] {
            p { strong { "Communities" } " " button type="button" data-all="1" { "all" } " " button type="button" data-all="" { "none" } }
            @for schema in &schemas {
                @let inside = grouping.groups.iter().enumerate().filter(|(_, g)| g.schema == **schema);
                @let many = inside.clone().count() > 1;
                @if many && schemas.len() > 1 {
                    label.schema { input type="checkbox" checked data-schema=(schema); " " (visible(schema)) }
                }
                ul {
                    @for (at, group) in inside {
                        li {
                            input type="checkbox" checked data-group=(at) aria-label={ "Show " (group.title) };
                            button type="button" class={ "k" (svg::color(grouping, at)) } data-go=(at) { (group.title) " " span { (group.members.len()) } }
                        }
                    }
                }
            }
        }
    }
}

fn frames(entities: &Entities, grouping: &Grouping, picture: &Picture, is_lazy: bool) -> String {
    let mut out = String::new();
    for (at, frame) in picture.frames.iter().enumerate() {
        let (x, y) = (frame.rect.x, frame.rect.y);
        out.push_str(&format!("<g class=\"f k{}\" id=\"g{at}\" transform=\"translate({x:.0} {y:.0})\">", svg::color(grouping, at)));
        out.push_str(&svg::frame_head(frame));
        out.push_str("<g class=\"in\">");
        if !is_lazy {
            out.push_str(&svg::frame_content(frame, entities));
        }
        out.push_str("</g></g>");
    }
    out
}

/// Everything the script knows.
fn data(scene: &Scene<'_>, entities: &Entities, grouping: &Grouping, picture: &Picture, is_lazy: bool) -> Value {
    let tables: Vec<Value> = (0..entities.list.len()).map(|at| table(entities, grouping, at)).collect();
    let relations: Vec<Value> = entities
        .relations
        .iter()
        .map(|r| {
            let kind = match r.kind {
                RelationKind::Declared => 0,
                RelationKind::Implied => 1,
                RelationKind::Reads => 2,
            };
            json!([r.child, r.parent, r.columns, u8::from(r.is_optional), u8::from(r.is_single), kind, svg::describe(entities, r)])
        })
        .collect();
    let groups: Vec<Value> = picture
        .frames
        .iter()
        .map(|f| {
            let boxes: Vec<Value> =
                f.boxes.iter().map(|b| json!([b.entity, b.rect.x.round(), b.rect.y.round(), b.rect.w.round(), b.rect.h.round()])).collect();
            let content = if is_lazy { Value::from(svg::frame_content(f, entities)) } else { Value::Null };
            json!({ "t": f.title, "x": f.rect.x.round(), "y": f.rect.y.round(), "w": f.rect.w.round(), "h": f.rect.h.round(), "b": boxes, "svg": content })
        })
        .collect();
    let between: Vec<Value> = grouping.between(entities).into_iter().map(|((from, to), n)| json!([from, to, n])).collect();
    json!({ "title": visible(&scene.title), "tables": tables, "relations": relations, "groups": groups, "between": between, "w": picture.width, "h": picture.height })
}

fn table(entities: &Entities, grouping: &Grouping, at: usize) -> Value {
    let entity = &entities.list[at];
    let fields: Vec<Value> = entity
        .fields
        .iter()
        .map(|f| {
            let flags = u8::from(f.is_primary) | u8::from(f.is_foreign) << 1 | u8::from(f.is_unique) << 2 | u8::from(f.not_null) << 3;
            let mut field = vec![Value::from(visible(&f.name)), Value::from(cut(&short_type(&f.data_type), 60)), Value::from(flags)];
            field.extend(f.comment.as_ref().map(|c| Value::from(cut(&visible(c), 200))));
            Value::from(field)
        })
        .collect();
    let mut facts = vec![visible(&entity.name.schema)];
    facts.extend((!entity.sort.is_empty()).then(|| entity.sort.to_owned()));
    facts.extend(entity.rows.map(|rows| format::plural_f(rows, "row", "rows")));
    facts.extend(entity.bytes.map(format::bytes));
    json!({
        "n": entities.label(at), "t": cut(&visible(&entity.name.name), 40), "f": fields, "facts": facts.join(" · "),
        "c": entity.comment.as_ref().map(|c| cut(&visible(c), 600)), "g": grouping.of[at], "h": u8::from(grouping.hub[at]),
    })
}
