//! The page in a real browser, headless Chromium, where there is one: nobody else's script runs, ours does what it says, and nothing
//! keeps people out.

use crate::{Report, build, sample};
use architrave_model::coverage::Gap;
use architrave_model::finding::{Evidence, Fix, Link, Place, Proof, Value, Verdict};
use architrave_model::review::Review;
use serde_json::Value as Json;
use sha2::{Digest, Sha512};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The first of these programs in the path.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let all = names.iter().flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}

/// Chromium, or nothing and a word about it. `ARCHITRAVE_REQUIRE_CHROMIUM=1` makes its absence a failure.
fn chromium() -> Option<PathBuf> {
    let found = std::env::var_os("ARCHITRAVE_CHROMIUM").map(PathBuf::from);
    let found = found.or_else(|| program(&["chromium", "chromium-browser", "google-chrome", "chrome"]));
    if found.is_none() {
        assert!(std::env::var_os("ARCHITRAVE_REQUIRE_CHROMIUM").is_none_or(|v| v != "1"), "no Chromium, and ARCHITRAVE_REQUIRE_CHROMIUM=1");
        eprintln!("skipped: no Chromium");
    }
    found
}

/// The page after loading, as the browser has it. Names lead nowhere: there is no network for it.
fn loaded(chromium: &Path, page: &str, hash: &str, width: u32) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    std::fs::write(&file, page).unwrap();
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--window-size={width},900"))
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}{hash}", file.display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("</html>"), "Chromium said: {}", String::from_utf8_lossy(&output.stderr));
    text
}

/// What `script` says of the page, as JSON: an expression that may be a promise, run after the page's own script.
fn asked(chromium: &Path, page: &str, hash: &str, width: u32, before: &str, script: &str) -> Json {
    let injected = format!(
        "<script>{before}</script><script>Promise.resolve().then(() => (\n{script}\n)).catch(e => ({{error: String(e && e.stack || e)}})).then(r => {{
            const out = document.createElement('template'); out.id = 'answer'; out.setAttribute('data-answer', encodeURIComponent(JSON.stringify(r)));
            document.body.append(out); }})</script></body>"
    );
    let (start, rest) = page.split_once("script-src '").unwrap();
    let (_, rest) = rest.split_once('\'').unwrap();
    let open = format!("{start}script-src 'unsafe-inline'{rest}");
    let (head, tail) = open.rsplit_once("</body>").unwrap();
    let dom = loaded(chromium, &format!("{head}{injected}{tail}"), hash, width);
    let (_, answer) = dom.split_once("data-answer=\"").unwrap_or_else(|| panic!("no answer: the page's or the test's script failed"));
    let answer = decoded(answer.split_once('"').unwrap().0);
    let json: Json = serde_json::from_str(&answer).unwrap();
    assert!(json.get("error").is_none(), "{json}");
    json
}

/// `encodeURIComponent` undone.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&more[..2]).unwrap(), 16).unwrap());
            rest = &more[2..];
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn page(report: &Report) -> String {
    let mut out = Vec::new();
    crate::renderers::by_name("html").unwrap().renderer.render(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const ATTACKS: [&str; 9] = [
    "</script><script>document.documentElement.setAttribute('ran',1)</script>",
    "\"><img src=x onerror=\"document.documentElement.setAttribute('ran',2)\">",
    "'><svg onload='document.documentElement.setAttribute(\"ran\",3)'>",
    "</style></title></textarea><script>document.documentElement.setAttribute('ran',4)</script>",
    "<!--><script>document.documentElement.setAttribute('ran',5)</script>-->",
    "javascript:document.documentElement.setAttribute('ran',6)",
    "`<iframe srcdoc='<script>top.document.documentElement.setAttribute(\"ran\",7)</script>'>`",
    "\u{202e}desrever\n\u{1b}[31m\u{0}🦀 & &lt;b&gt; {{constructor}}",
    "&#60;script&#62;document.documentElement.setAttribute('ran',8)&#60;/script&#62;",
];

/// The sample with an attack wherever a text of the input is printed.
fn hostile() -> Review {
    let mut review = sample::review();
    for (at, attack) in ATTACKS.iter().enumerate() {
        let text = || (*attack).to_owned();
        let mut finding = review.findings[at % review.findings.len()].clone();
        (finding.message, finding.why, finding.fingerprint, finding.rule) = (text(), text(), text(), format!("index/{attack}"));
        (finding.object.name, finding.object.schema) = (text(), Some(text()));
        finding.places = vec![Place { object: finding.object.clone(), location: finding.location.clone(), detail: Some(text()) }];
        finding.evidence = vec![Evidence { fact: text(), value: Value::Text(text()), source: text() }];
        finding.fix = Some(Fix { title: text(), up: vec![text()], down: vec![text()], caution: Some(text()), ..Fix::default() });
        finding.references =
            vec![Link { title: text(), url: text() }, Link { title: text(), url: format!("https://example.com/{attack}") }];
        let mut proof = Proof::unknown(attack, text());
        (proof.verdict, proof.transcript) = (Verdict::Proved, vec![text()]);
        proof.before.insert(text(), Value::Text(text()));
        finding.proof = Some(proof);
        review.findings.push(finding);
        let mut action = review.roadmap[0].clone();
        (action.title, action.why, action.risk, action.test) = (text(), text(), text(), text());
        action.rollback = vec![text()];
        action.order = u32::try_from(review.roadmap.len()).unwrap() + 1;
        review.roadmap.push(action);
        review.coverage.push(Gap::new(text(), text(), Some(attack)));
        let target = &mut review.targets[0];
        let mut table = target.snapshot.catalog.tables[1].clone();
        table.name.name = text();
        table.comment = Some(format!("{attack}{}", "x".repeat(1_000_000)));
        let stats = target.snapshot.stats.as_mut().unwrap();
        let mut sizes = stats.tables[0].clone();
        sizes.name = table.name.clone();
        stats.tables.push(sizes);
        target.snapshot.catalog.tables.push(table);
        target.explained[0].plan.root.relation = Some(text());
    }
    (review.title, review.targets[0].source) = (ATTACKS.concat(), ATTACKS.concat());
    review.house.sentences[0].text = ATTACKS.concat();
    review.targets[0].snapshot.catalog.sort();
    if let Some(stats) = review.targets[0].snapshot.stats.as_mut() {
        stats.sort();
    }
    review
}

#[test]
fn no_script_of_a_name_runs_and_its_text_is_shown() {
    let Some(chromium) = chromium() else { return };
    let page = page(&build(&hostile()));
    let policy = page.split_once("<meta http-equiv=\"Content-Security-Policy\"").unwrap();
    let without = format!("{}{}", policy.0, policy.1.split_once('>').unwrap().1);
    assert!(!without.contains("Content-Security-Policy"));
    for (what, page) in [("with the policy", &page), ("without the policy", &without)] {
        let dom = loaded(&chromium, page, "", 1280);
        assert!(!dom.contains(" ran=\""), "{what}");
        assert!(dom.contains("<form id=\"filter\" role=\"search\" aria-label=\"Findings\">"), "our own script ran {what}");
    }
    let shown = asked(
        &chromium,
        &page,
        "",
        1280,
        "",
        "({text: document.body.textContent, scripts: document.querySelectorAll('script').length,
           made: document.querySelectorAll('img, iframe, object, embed, base').length,
           links: [...document.querySelectorAll('a')].filter(a => !/^(#|https?:)/.test(a.getAttribute('href'))).length})",
    );
    assert_eq!((shown["scripts"].as_u64(), shown["made"].as_u64(), shown["links"].as_u64()), (Some(3), Some(0), Some(0)));
    let text = shown["text"].as_str().unwrap();
    for attack in ATTACKS.iter().filter(|a| !a.contains('\n')) {
        assert!(text.contains(attack.trim_matches('`')), "{attack}");
    }
    assert!(text.contains("\\u{202e}desrever"), "what turns the line is spelled out");
}

/// What a person does with the page, step by step: an expression that says of each step whether it came out as it should.
static DEEDS: &str = include_str!("deeds.js");

#[test]
fn the_page_can_be_searched_filtered_and_walked_by_keys() {
    let Some(chromium) = chromium() else { return };
    let page = page(&build(&sample::review()));
    let done = asked(&chromium, &page, "", 1280, "", DEEDS);
    let failed: Vec<&String> = done.as_object().unwrap().iter().filter(|(_, ok)| **ok != Json::Bool(true)).map(|(what, _)| what).collect();
    assert!(failed.is_empty(), "{failed:?}");
    let kept = asked(
        &chromium,
        &page,
        "#severity=critical%2Chigh&at=f2",
        1280,
        "",
        "({rows: [...document.querySelectorAll('tr[data-finding]:not([hidden])')].map(r => r.dataset.severity), open: document.querySelector('#f2 > details').open})",
    );
    assert!(kept["rows"].as_array().unwrap().iter().all(|s| s == "critical" || s == "high"), "{kept}");
    assert_eq!(kept["open"], Json::Bool(true));
}

#[test]
fn a_phone_shows_the_page_without_scrolling_sideways() {
    let Some(chromium) = chromium() else { return };
    // Chromium's own windows are at least 500 wide: the page is looked at through a frame.
    let width = asked(
        &chromium,
        &page(&build(&sample::review())),
        "",
        500,
        "",
        "({page: document.documentElement.scrollWidth, window: document.documentElement.clientWidth})",
    );
    assert!(width["page"].as_u64() <= width["window"].as_u64(), "{width}");
}

/// axe-core, the accessibility checker (MPL-2.0, not kept here): fetched once from the npm registry, checked against its digest.
fn axe() -> Option<String> {
    const VERSION: &str = "4.14.1";
    const SHA512: &str = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==";
    let folder = std::env::current_exe().unwrap().parent().unwrap().join(format!("axe-core-{VERSION}"));
    let script = folder.join("package/axe.min.js");
    if !script.is_file() {
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("axe-core-{VERSION}.tgz"));
        let mut fetch = if let Some(npm) = program(&["npm"]) {
            let mut npm = Command::new(npm);
            npm.args(["pack", "--silent", &format!("axe-core@{VERSION}")]);
            npm
        } else if let Some(curl) = program(&["curl"]) {
            let mut curl = Command::new(curl);
            let address = format!("https://registry.npmjs.org/axe-core/-/axe-core-{VERSION}.tgz");
            curl.args(["--silent", "--fail", "--location", "--output"]).arg(&file).arg(address);
            curl
        } else {
            eprintln!("skipped: neither npm nor curl to fetch axe-core with");
            return None;
        };
        let fetched = fetch.current_dir(&folder).stdin(Stdio::null()).output();
        if !fetched.is_ok_and(|p| p.status.success()) || !file.is_file() {
            eprintln!("skipped: axe-core could not be fetched");
            return None;
        }
        let digest = super::tests::base64(&Sha512::digest(std::fs::read(&file).unwrap()));
        assert_eq!(digest, SHA512, "axe-core {VERSION} is not what it was");
        let unpacked = Command::new("tar").arg("xzf").arg(&file).current_dir(&folder).status();
        assert!(unpacked.is_ok_and(|s| s.success()), "tar");
    }
    Some(std::fs::read_to_string(script).unwrap())
}

#[test]
fn nothing_keeps_people_out() {
    let Some(chromium) = chromium() else { return };
    let Some(axe) = axe() else { return };
    for (theme, width) in [("light", 1280), ("dark", 1280), ("light", 500)] {
        let prepare = format!(
            "{axe}; document.documentElement.dataset.theme = '{theme}'; document.querySelectorAll('details').forEach(d => {{ d.open = true; }});"
        );
        let found = asked(
            &chromium,
            &page(&build(&sample::several())),
            "",
            width,
            &prepare,
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help,
                nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + ' ' + (n.any[0] || n.all[0] || n.none[0] || {}).message)})))",
        );
        let serious: Vec<&Json> =
            found.as_array().unwrap().iter().filter(|v| v["impact"] == "serious" || v["impact"] == "critical").collect();
        assert!(serious.is_empty(), "{theme} {width}: {}", serde_json::to_string_pretty(&serious).unwrap());
    }
}
