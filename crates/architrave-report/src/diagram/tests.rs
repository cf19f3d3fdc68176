//! Pictures that nobody has to be ashamed of: nothing overlaps, shapes are readable, names stay names, equal input gives equal bytes.

use super::layered::{Link, Size, lay};
use super::picture::{Picture, Rect};
use super::sample::{Dice, HOSTILE, catalog, large, refer, scope, table};
use super::{Detail, Diagram, Form, Scene};
use architrave_model::catalog::{Catalog, TypeDef, TypeKind};
use architrave_model::name::QualifiedName;
use expect_test::expect_file;

const FORMS: [Form; 6] = [Form::Svg, Form::Html, Form::Mermaid, Form::Markdown, Form::Dbml, Form::Dot];

fn diagram(catalog: &Catalog) -> Diagram<'_> {
    Diagram::new(Scene::of("shop", catalog, &scope(catalog), None))
}

fn shop() -> Catalog {
    catalog(
        "customers email:text
         orders customer_id>customers coupon_id?>coupons note?:text
         lines order_id>orders amount:numeric(12,2)
         coupons code:text
         categories parent_id?>categories
         reviews customer_id:bigint stars:integer",
    )
}

/// A schema with every kind of hostile name, related in a ring.
fn hostile() -> Catalog {
    let mut catalog = Catalog::default();
    for (at, name) in HOSTILE.iter().enumerate() {
        let mut made = table("public", name);
        refer(&mut made, &format!("{}_id", HOSTILE[(at + 1) % HOSTILE.len()]), "public", HOSTILE[(at + 1) % HOSTILE.len()]);
        made.comment = Some((*HOSTILE[at]).to_owned());
        catalog.tables.push(made);
    }
    let labels = HOSTILE.iter().map(|h| (*h).to_owned()).collect();
    let name = QualifiedName::new("public", HOSTILE[1]);
    catalog.types.push(TypeDef {
        name,
        owner: String::new(),
        kind: TypeKind::Enum { labels },
        extension: None,
        grants: Vec::new(),
        comment: None,
    });
    catalog.sort();
    catalog
}

#[test]
fn a_small_schema_as_mermaid() {
    expect_file!["sample.md"].assert_eq(&diagram(&shop()).render(Form::Markdown));
}

#[test]
fn a_small_schema_as_dbml() {
    expect_file!["sample.dbml"].assert_eq(&diagram(&shop()).render(Form::Dbml));
}

#[test]
fn a_small_schema_as_a_picture() {
    expect_file!["sample.svg"].assert_eq(&diagram(&shop()).render(Form::Svg));
}

#[test]
fn input_in_any_order_gives_the_same_bytes() {
    let whole = large(120);
    let mut shuffled = Scene::of("shop", &whole, &scope(&whole), None);
    let mut dice = Dice(3);
    for at in (1..shuffled.tables.len()).rev() {
        shuffled.tables.swap(at, dice.below(at + 1));
    }
    let (first, second) = (diagram(&whole), Diagram::new(shuffled));
    for form in FORMS {
        assert!(first.render(form) == second.render(form), "{form:?}");
    }
}

#[test]
fn boxes_and_lines_of_random_graphs_keep_apart() {
    let mut dice = Dice(11);
    for round in 0..150 {
        let n = 2 + dice.below(38);
        let sizes: Vec<Size> =
            (0..n).map(|_| Size { w: 130.0 + dice.below(150) as f64, h: 28.0 + 18.0 * dice.below(12) as f64, has_loop: false }).collect();
        let links: Vec<Link> = (0..n + dice.below(n))
            .map(|at| {
                let child = if at < n { at } else { dice.below(n) };
                let parent = dice.below(n);
                let port = 5.0 + dice.below(sizes[child].h as usize - 9) as f64;
                Link { parent, child, parent_port: [8.0, 17.0][dice.below(2)], child_port: port }
            })
            .filter(|l| l.parent != l.child)
            .collect();
        let laid = lay(&sizes, &links);
        let rects: Vec<Rect> = laid.at.iter().zip(&sizes).map(|((x, y, w), s)| Rect { x: *x, y: *y, w: *w, h: s.h }).collect();
        nothing_overlaps(&rects, &format!("round {round}"));
        for (link, route) in links.iter().zip(&laid.routes) {
            assert!(route.len() >= 2, "round {round}: a link without a way");
            for piece in route.windows(2) {
                assert!(
                    (piece[0].0 - piece[1].0).abs() < 0.01 || (piece[0].1 - piece[1].1).abs() < 0.01,
                    "round {round}: {route:?} is not orthogonal"
                );
                for (at, rect) in rects.iter().enumerate() {
                    assert!(!runs_over(piece, rect), "round {round}: {} → {} runs over {at}", link.child, link.parent);
                }
            }
        }
    }
}

fn nothing_overlaps(rects: &[Rect], what: &str) {
    for (at, a) in rects.iter().enumerate() {
        for b in &rects[..at] {
            let apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
            assert!(apart, "{what}: {a:?} and {b:?} overlap");
        }
    }
}

/// Whether a piece of a line goes through the inside of a box.
fn runs_over(piece: &[(f64, f64)], rect: &Rect) -> bool {
    let (low, high) = (piece[0].0.min(piece[1].0), piece[0].0.max(piece[1].0));
    let (top, bottom) = (piece[0].1.min(piece[1].1), piece[0].1.max(piece[1].1));
    low < rect.x + rect.w - 0.5 && high > rect.x + 0.5 && top < rect.y + rect.h - 0.5 && bottom > rect.y + 0.5
}

#[test]
fn large_schemas_have_a_readable_shape_and_small_communities() {
    for tables in [60, 300, 1_500] {
        let whole = large(tables);
        let diagram = diagram(&whole);
        assert!(diagram.grouping.groups.iter().all(|g| g.members.len() <= super::communities::LARGEST));
        let picture = diagram.picture();
        let shape = picture.width / picture.height;
        assert!((1.0 / 3.0..=3.0).contains(&shape), "{tables} tables: {:.0}×{:.0}", picture.width, picture.height);
        nothing_overlaps(&picture.frames.iter().map(|f| f.rect).collect::<Vec<_>>(), "frames");
        for frame in &picture.frames {
            nothing_overlaps(&frame.boxes.iter().map(|b| b.rect).collect::<Vec<_>>(), &frame.title);
            let inside = |r: &Rect| r.x >= 0.0 && r.y >= 0.0 && r.x + r.w <= frame.rect.w && r.y + r.h <= frame.rect.h;
            assert!(frame.boxes.iter().all(|b| inside(&b.rect)), "{} sticks out", frame.title);
        }
        assert_eq!(picture.frames.iter().map(|f| f.boxes.len()).sum::<usize>(), tables);
    }
}

#[test]
fn a_chain_and_a_star_are_no_stripes() {
    let chain: String = (0..39).map(|n| format!("t{n:02} next_id>t{:02}\n", n + 1)).collect::<String>() + "t39\n";
    let star: String = (0..11).map(|n| format!("leaf{n:02} root_id>root\n")).collect::<String>() + "root\n";
    for lines in [chain, star] {
        let whole = catalog(&lines);
        let picture = diagram(&whole).picture();
        let shape = picture.width / picture.height;
        assert!((1.0 / 3.0..=3.0).contains(&shape), "{:.0}×{:.0}", picture.width, picture.height);
    }
}

#[test]
fn a_hub_is_a_sign_and_no_line() {
    let lines: String = (0..20).map(|n| format!("leaf{n:02} root_id>root\n")).collect::<String>() + "root plan_id>plans\nplans\n";
    let whole = catalog(&lines);
    let picture = diagram(&whole).picture();
    let boxes: Vec<_> = picture.frames.iter().flat_map(|f| &f.boxes).collect();
    assert!(boxes.iter().any(|b| b.title == "root" && b.note == "◂ 20"));
    assert!(boxes.iter().any(|b| b.title == "leaf07" && b.rows.iter().any(|r| r.right == "→ root")));
    assert_eq!(picture.frames.iter().map(|f| f.wires.len()).sum::<usize>(), 1, "what the hub itself refers to is a line");
}

#[test]
fn mermaid_blocks_stay_below_the_limits_of_their_renderers() {
    for whole in [large(1_500), hostile()] {
        for form in [Form::Markdown, Form::Mermaid] {
            let text = diagram(&whole).render(form);
            let blocks: Vec<&str> = match form {
                Form::Markdown => text.split("```mermaid\n").skip(1).map(|b| b.split("```").next().unwrap()).collect(),
                _ => vec![&text],
            };
            for block in blocks {
                assert!(block.chars().count() < 45_000, "{} characters", block.chars().count());
                assert!(block.lines().filter(|l| l.contains("--") || l.contains("..")).count() < 450);
            }
        }
    }
}

#[test]
fn hostile_names_stay_names() {
    let whole = hostile();
    let diagram = diagram(&whole);
    let html = diagram.render(Form::Html);
    assert_eq!(html.matches("</script>").count(), 2, "only the page's own scripts end");
    assert!(!html.contains("<script>alert") && !html.contains("\u{202e}"));
    let svg = diagram.render(Form::Svg);
    assert!(!svg.contains("<script") && !svg.contains("\u{202e}"));
    let mermaid = diagram.render(Form::Mermaid);
    assert!(mermaid.lines().all(|l| l.matches('"').count() % 2 == 0), "{mermaid}");
    let dot = diagram.render(Form::Dot);
    assert!(dot.lines().filter(|l| l.contains("[label=<")).all(|l| !l.contains("<script") && !l.contains("<b>\"")), "{dot}");
}

#[test]
fn nothing_at_all_is_a_picture_too() {
    let none = Catalog::default();
    for form in FORMS {
        assert!(!diagram(&none).render(form).is_empty(), "{form:?}");
    }
}

#[test]
fn an_implied_reference_is_one_only_without_doubt() {
    let whole = catalog(
        "customers
         orders customer_id:bigint
         notes customer_id:uuid
         files customer_id:bigint customer_type:text",
    );
    let diagram = diagram(&whole);
    let implied: Vec<String> = diagram.entities.relations.iter().map(|r| super::svg::describe(&diagram.entities, r)).collect();
    assert_eq!(implied, ["orders.customer_id → customers.id, by name and type; no foreign key"]);
}

#[test]
fn all_columns_or_none_are_shown_on_demand() {
    let whole = shop();
    let rows = |detail| {
        let mut scene = Scene::of("shop", &whole, &scope(&whole), None);
        scene.detail = detail;
        let picture = Diagram::new(scene).picture();
        picture.frames.iter().flat_map(|f| &f.boxes).find(|b| b.title == "orders").map(|b| (b.rows.len(), b.hidden))
    };
    assert_eq!([rows(Detail::Names), rows(Detail::Keys), rows(Detail::All)], [Some((0, 4)), Some((3, 1)), Some((4, 0))]);
}

#[test]
fn the_picture_of_a_large_schema_is_small_enough() {
    let whole = large(1_500);
    let html = diagram(&whole).render(Form::Html);
    assert!(html.len() < 10_000_000, "{} bytes", html.len());
}

/// What [`Picture::of`] needs is in the scene alone.
#[test]
fn pictures_are_equal_twice() {
    let whole = large(80);
    let diagram = diagram(&whole);
    let again = Picture::of(&diagram.entities, &diagram.grouping, Detail::Keys);
    assert!(diagram.picture() == again);
}
