//! Differences with maps of the memory: one HTML file that asks for nothing else, not even a script.
//!
//! The page is the verdict, each change with what it means, then the old and the new bytes of each type
//! side by side ([`map`]: [`cells`] are its boxes, [`rows`] the lines that are shown, [`drawn`] draws a side). All that comes from a layout is escaped, and the page's own
//! policy forbids it to load anything.

mod cells;
mod drawn;
mod map;
mod rows;

use std::collections::HashMap;
use std::fmt::{self, Display, Write};

use resume_core::layout::human::{bytes, count};
use resume_core::layout::names::readable;
use resume_core::layout::{Change, Class, Diff, Head, Layout, Reason, hex};

use super::gate::Verdict;
use super::reasons;

const STYLE: &str = include_str!("style.css");

/// How many changes and how many maps one page shows.
const CHANGES_MAX: usize = 1_000;
const MAPS_MAX: usize = 100;

/// Writing to a string cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => { std::fmt::Write::write_fmt($out, format_args!($($arg)*)).unwrap_or_default() };
}
use put;

/// The two layouts and where they come from.
pub(super) struct Sides<'a> {
    old_from: &'a str,
    old: &'a Layout,
    new_from: &'a str,
    new: &'a Layout,
}

impl<'a> Sides<'a> {
    pub(super) fn new(old_from: &'a str, old: &'a Layout, new_from: &'a str, new: &'a Layout) -> Self {
        Self { old_from, old, new_from, new }
    }
}

/// Text that is no markup, whatever it holds.
struct Text<T>(T);

impl<T: Display> Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.to_string().chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// The page.
pub(super) fn write(sides: &Sides<'_>, diff: &Diff, verdict: &Verdict) -> String {
    let mut out = String::new();
    let root = readable(&diff.new.root);
    put!(
        &mut out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}: {}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n",
        Text(&root),
        diff.class
    );
    head(&mut out, sides, diff, verdict);
    let anchors = anchors(diff);
    changes(&mut out, diff, verdict, &anchors);
    maps(&mut out, sides, diff);
    consequences(&mut out, diff);
    put!(&mut out, "<footer>cargo resume diff {}</footer>\n</body>\n</html>\n", env!("CARGO_PKG_VERSION"));
    out
}

fn head(out: &mut String, sides: &Sides<'_>, diff: &Diff, verdict: &Verdict) {
    put!(
        out,
        "<header>\n<p class=\"kicker\">Layout of live state</p>\n<h1>{} <span class=\"badge {}\">{}</span></h1>\n\
         <p class=\"advice\">{}</p>\n",
        Text(readable(&diff.new.root)),
        diff.class,
        diff.class,
        Text(diff.class.advice())
    );
    let total = diff.changes.len() as u64 + diff.changes_dropped;
    let gate = match verdict.status() {
        0 if total == 0 => String::new(),
        0 => "<p class=\"gate pass\">All changes may pass (exit status 0).</p>\n".to_owned(),
        status => {
            format!("<p class=\"gate hold\">Does not pass (exit status {status}).</p>\n")
        }
    };
    out.push_str(&gate);
    if !verdict.notes.is_empty() {
        out.push_str("<ul class=\"notes\">");
        for note in &verdict.notes {
            put!(out, "<li>{}</li>", Text(note));
        }
        out.push_str("</ul>\n");
    }
    out.push_str("<div class=\"cards\">\n");
    for class in Class::ALL.into_iter().rev().filter(|class| *class != Class::Identical) {
        let n = diff.changes.iter().filter(|change| change.class == class).count();
        let none = if n == 0 { " none" } else { "" };
        put!(out, "<div class=\"card {class}{none}\"><b>{}</b><span>{class}</span></div>\n", count(n as u64));
    }
    let shifts = diff.consequences.len() as u64;
    put!(
        out,
        "<div class=\"card follows\"><b>{}</b><span>follow from them</span></div>\n</div>\n",
        count(shifts)
    );
    out.push_str(
        "<table class=\"sides\">\n<tr><th></th><th>from</th><th>size</th><th>layout hash</th><th>schema hash</th></tr>\n",
    );
    side(out, "old", sides.old_from, &diff.old, &diff.new);
    side(out, "new", sides.new_from, &diff.new, &diff.old);
    out.push_str("</table>\n</header>\n");
}

fn side(out: &mut String, which: &str, from: &str, head: &Head, other: &Head) {
    let mark = |differs: bool| if differs { " class=\"differs\"" } else { "" };
    put!(
        out,
        "<tr><th>{which}</th><td>{}</td><td{}>{} B</td><td{}><code>{}</code></td><td{}><code>{}</code></td></tr>\n",
        Text(from),
        mark(head.size != other.size),
        count(head.size),
        mark(head.layout != other.layout),
        hex(head.layout),
        mark(head.schema != other.schema),
        hex(head.schema)
    );
}

/// From a path to the place of its part in a map: map and part.
fn anchors(diff: &Diff) -> HashMap<String, (usize, usize)> {
    let mut anchors = HashMap::new();
    for (at, map) in diff.maps.iter().take(MAPS_MAX).enumerate() {
        for (part_at, part) in map.parts.iter().enumerate() {
            anchors.entry(format!("{}{}", map.path, part.segment)).or_insert((at, part_at));
        }
    }
    anchors
}

/// The part that a path leads to, or that it leads into.
fn anchor_of(anchors: &HashMap<String, (usize, usize)>, path: &str) -> Option<(usize, usize)> {
    let mut path = path;
    loop {
        if let Some(found) = anchors.get(path) {
            return Some(*found);
        }
        path = ["[]", ".key", ".value"].iter().find_map(|end| path.strip_suffix(end))?;
    }
}

fn changes(out: &mut String, diff: &Diff, verdict: &Verdict, anchors: &HashMap<String, (usize, usize)>) {
    if diff.changes.is_empty() {
        out.push_str("<section><p>Both sides have the same layout.</p></section>\n");
        return;
    }
    out.push_str("<section>\n<h2>Changes</h2>\n<ol class=\"changes\">\n");
    let mut order: Vec<usize> = (0..diff.changes.len()).collect();
    // The worst first: it decides.
    order.sort_by_key(|at| std::cmp::Reverse(diff.changes[*at].class));
    for at in order.into_iter().take(CHANGES_MAX) {
        let passes = verdict.passes.get(at).and_then(Option::as_deref);
        change(out, &diff.changes[at], passes, anchors);
    }
    out.push_str("</ol>\n");
    let hidden = diff.changes.len().saturating_sub(CHANGES_MAX) as u64 + diff.changes_dropped;
    if hidden > 0 {
        put!(out, "<p>… and {} more changes</p>\n", count(hidden));
    }
    out.push_str("</section>\n");
}

fn change(
    out: &mut String,
    change: &Change,
    passes: Option<&str>,
    anchors: &HashMap<String, (usize, usize)>,
) {
    let code = change.reason.code();
    let (owner, name) = split_path(&change.path);
    put!(
        out,
        "<li class=\"{0}\">\n<div class=\"what\"><span class=\"sign\">{1}</span><span class=\"path\">{2}<b>{3}</b>",
        change.class,
        sign(change.reason),
        Text(owner),
        Text(name)
    );
    if let Some(partner) = &change.partner {
        put!(out, " ⇄ <b>{}</b>", Text(split_path(partner).1));
    }
    put!(
        out,
        "</span><span class=\"badge {0}\">{0}</span></div>\n<div class=\"detail\"><code class=\"code\">{code}</code> {1}",
        change.class,
        code_in(&change.detail())
    );
    if change.other_paths > 0 {
        put!(out, " · also at {} other paths", count(change.other_paths));
    }
    if let Some((map, part)) = anchor_of(anchors, &change.path) {
        let side = if change.new.is_some() { 'n' } else { 'o' };
        put!(out, " · <a href=\"#m{map}{side}{part}\">show in memory</a>");
    }
    out.push_str("</div>\n");
    if let Some(why) = passes {
        put!(out, "<div class=\"passes\">passes: {}</div>\n", Text(why));
    }
    put!(out, "<details><summary>{}</summary>", code_in(change.reason.meaning()));
    for title in ["Live state", "What to do"] {
        if let Some(text) = reasons::part(change.reason, title) {
            put!(out, "<p><b>{title}:</b> {}</p>", code_in(&text));
        }
    }
    out.push_str("</details>\n</li>\n");
}

/// Escaped, with what stands between backquotes as code.
fn code_in(text: &str) -> String {
    let mut out = String::new();
    for (at, piece) in text.split('`').enumerate() {
        match at % 2 {
            0 => put!(&mut out, "{}", Text(piece)),
            _ => put!(&mut out, "<code>{}</code>", Text(piece)),
        }
    }
    out
}

/// A path up to its last field, and that field.
fn split_path(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('.').unwrap_or(0))
}

fn sign(reason: Reason) -> &'static str {
    match reason {
        Reason::FieldAdded | Reason::VariantAdded => "+",
        Reason::FieldRemoved | Reason::VariantRemoved => "−",
        Reason::FieldsSwapped => "⇄",
        _ => "~",
    }
}

fn maps(out: &mut String, sides: &Sides<'_>, diff: &Diff) {
    if diff.maps.is_empty() {
        return;
    }
    out.push_str(
        "<section class=\"maps\">\n<h2>Memory, old and new</h2>\n<p class=\"legend\">A row is a cache line of 64 bytes. \
         <i class=\"swatch pad\"></i>padding <i class=\"swatch added\"></i>added <i class=\"swatch removed\"></i>removed \
         <i class=\"swatch edited\"></i>changed <i class=\"swatch inside\"></i>changed inside \
         <i class=\"swatch shifted\"></i>shifted. A part leads to its counterpart.</p>\n",
    );
    map::patterns(out);
    for (at, map) in diff.maps.iter().take(MAPS_MAX).enumerate() {
        let (old, new) = (sides.old.ty(map.old), sides.new.ty(map.new));
        let own = map.parts.iter().any(|part| part.change.is_some()) || map.parts.iter().all(|p| !p.shifted);
        let name = match old.name == new.name {
            true => Text(readable(&new.name)).to_string(),
            false => format!("{} → {}", Text(readable(&old.name)), Text(readable(&new.name))),
        };
        let sizes = match old.size == new.size {
            true => bytes(new.size),
            false => format!("{} → {} B", count(old.size), count(new.size)),
        };
        let open = if own { " open" } else { "" };
        let note = if own { "" } else { ", shifted only" };
        put!(
            out,
            "<details class=\"map\"{open}>\n<summary><b>{name}</b> <span>{sizes}{note}</span> \
             <code>{}</code></summary>\n",
            Text(&map.path)
        );
        map::draw(out, sides.old, sides.new, map, at);
        out.push_str("</details>\n");
    }
    if diff.maps.len() > MAPS_MAX {
        put!(out, "<p>… and {} more types</p>\n", count((diff.maps.len() - MAPS_MAX) as u64));
    }
    out.push_str("</section>\n");
}

fn consequences(out: &mut String, diff: &Diff) {
    if diff.consequences.is_empty() {
        return;
    }
    put!(
        out,
        "<section>\n<details>\n<summary><b>What follows from the changes</b> <span>{}</span></summary>\n<table \
         class=\"follows\">\n",
        count(diff.consequences.len() as u64)
    );
    for change in diff.consequences.iter().take(CHANGES_MAX) {
        put!(
            out,
            "<tr><td>{}</td><td><code class=\"code\">{}</code></td><td>{}</td></tr>\n",
            Text(&change.path),
            change.reason.code(),
            Text(change.detail())
        );
    }
    out.push_str("</table>\n</details>\n</section>\n");
}

#[cfg(test)]
mod tests {
    use super::super::gate::{Gate, GateArgs};
    use super::super::schema::layout;
    use super::*;

    fn page(old: &str, new: &str) -> String {
        let (old, new) = (layout(old), layout(new));
        let diff = resume_core::layout::diff(&old, &new);
        let gate = Gate::of(&GateArgs { allow: None, policy: None }).expect("no policy");
        write(&Sides::new("old.json", &old, "<new>", &new), &diff, &gate.judge(&diff))
    }

    #[test]
    fn the_page_is_whole_and_asks_for_nothing() {
        let html = page(
            "R { a: StaticVec<P, 9000>, s: S } P { x: u32, y: u32, pad: u8, z: u64, gone: u16 } \
             enum S: u8 { A, B { v: u32 } }",
            "R { a: StaticVec<P, 9900>, s: S } P { y: u32, x: u32, pad: u8, z: u64, fresh: u64 } \
             enum S: u8 { A, B { v: u64 }, C }",
        );
        for part in [
            "&lt;new&gt;",
            "fields_swapped",
            "R.a[]<b>.fresh</b>",
            "class=\"pad\"",
            "show in memory",
            "R.s<b>.C</b>",
            "follow from them",
        ] {
            assert!(html.contains(part), "{part}");
        }
        for outside in ["http:", "https:", "<script", "src=", "url(http", "@import", "<link"] {
            assert!(!html.contains(outside), "{outside}");
        }
        // What is opened is closed, and every link leads somewhere.
        for tag in ["svg", "details", "li", "table", "section", "a", "g", "div"] {
            let opened =
                html.matches(&format!("<{tag} ")).count() + html.matches(&format!("<{tag}>")).count();
            assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        let links: Vec<&str> =
            html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(links.len() > 10);
        for link in links {
            assert!(html.contains(&format!("id=\"{link}\"")), "{link}");
        }
    }

    #[test]
    fn names_are_no_markup() {
        use resume_core::layout::{Draft, Field, Marks, Prim, Shape};
        let evil = "</text><script>alert(\"&'\")</script>";
        let root = |align: u64, field: &str| {
            let field = Field { name: field.into(), offset: 0, ty: 1, marks: Marks::default() };
            let draft = |name: &str, shape, size, align| Draft {
                name: name.into(),
                renamed_from: None,
                shape,
                size,
                align,
                claim: None,
            };
            let scalar = Shape::Scalar { prim: Prim::U64, non_zero: false };
            let root = draft(evil, Shape::Struct { fields: vec![field] }, 64, align);
            Layout::new(vec![root, draft("u64", scalar, 8, 8)]).expect("a layout")
        };
        let (old, new) = (root(8, evil), root(64, "<b>"));
        let diff = resume_core::layout::diff(&old, &new);
        let gate = Gate::of(&GateArgs { allow: None, policy: None }).expect("no policy");
        let html = write(&Sides::new(evil, &old, evil, &new), &diff, &gate.judge(&diff));
        assert!(!html.contains("<script") && !html.contains("</text><script"));
        assert!(html.contains("&lt;script&gt;") && html.contains("&lt;b&gt;"));
    }

    #[test]
    fn equal_sides_say_so() {
        assert!(page("R { x: u8 }", "R { x: u8 }").contains("Both sides have the same layout."));
    }

    #[test]
    fn large_types_make_small_pages() {
        let fields = |n: usize| (0..n).map(|i| format!("f{i}: u64")).collect::<Vec<_>>().join(", ");
        let (old, new) =
            (format!("R {{ {} }}", fields(20_000)), format!("R {{ {}, last: u8 }}", fields(20_000)));
        assert!(page(&old, &new).len() < 300_000);
        assert!(page("R { x: [u8; 4000000000] }", "R { y: u8, x: [u8; 4000000000] }").len() < 60_000);
    }
}
