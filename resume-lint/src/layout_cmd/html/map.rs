//! The bytes of one type, old and new side by side, as SVG.
//!
//! A row is a cache line. Parts are boxes, placed by byte; ribbons between the sides lead from what was
//! changed to what it is now.

use std::collections::HashMap;

use resume_core::layout::human::count;
use resume_core::layout::{Layout, Part, Prim, Shape, Type, TypeMap, Variant};

use super::cells::Side;
use super::drawn::{Boxes, Drawn, OFFSETS, OLD_X, ROW, SIDE, TOP};
use super::rows::LINE;
use super::{Text, put};

/// How long the ribbons are.
const RIBBONS: f64 = 62.0;
const NEW_X: f64 = OLD_X + SIDE + RIBBONS + OFFSETS;
const WIDTH: f64 = NEW_X + SIDE + 4.0;

/// What all drawings of a page share.
pub(super) fn patterns(out: &mut String) {
    out.push_str(
        "<svg width=\"0\" height=\"0\" aria-hidden=\"true\" class=\"defs\"><defs><pattern id=\"hatch\" width=\"6\" height=\"6\" \
         patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" \
         class=\"hatchline\"/></pattern></defs></svg>\n",
    );
}

/// The drawing of a struct, or those of an enum's variants.
pub(super) fn draw(out: &mut String, old: &Layout, new: &Layout, map: &TypeMap, at: usize) {
    let (a, b) = (old.ty(map.old), new.ty(map.new));
    match (&a.shape, &b.shape) {
        (Shape::Struct { fields: fields_a }, Shape::Struct { fields: fields_b }) => {
            let old = Side { layout: old, ty: a, fields: fields_a, tag: None, letter: 'o', prefix: "" };
            let new = Side { layout: new, ty: b, fields: fields_b, tag: None, letter: 'n', prefix: "" };
            pair(out, Some(&old), Some(&new), map, at);
        }
        (Shape::Enum { tag: tag_a, variants: all_a }, Shape::Enum { tag: tag_b, variants: all_b }) => {
            variants(out, (old, a, *tag_a, all_a), (new, b, *tag_b, all_b), map, at);
        }
        _ => {}
    }
}

type Enum<'a> = (&'a Layout, &'a Type, Prim, &'a [Variant]);

fn variants(out: &mut String, a: Enum<'_>, b: Enum<'_>, map: &TypeMap, at: usize) {
    let told = |part: &&Part| part.change.is_some() || part.shifted || part.inside;
    let of = |name: &str| {
        let own = format!(".{name}");
        let inside = format!(".{name}.");
        let mut parts = map.parts.iter().filter(told);
        parts.any(move |part| part.segment == own || part.segment.starts_with(&inside))
    };
    let noted: HashMap<&str, &Part> =
        map.parts.iter().filter_map(|part| Some((part.segment.strip_prefix('.')?, part))).collect();
    let mut unchanged = 0;
    for v in b.3 {
        if !of(&v.name) {
            unchanged += 1;
            continue;
        }
        let part = noted.get(v.name.as_str());
        let was = match part {
            Some(part) => part.old.as_ref().map(|place| place.name.as_str()),
            None => Some(v.name.as_str()),
        };
        let before = was.and_then(|name| a.3.iter().find(|v| v.name == name));
        variant(out, before.map(|v| (a, v)), Some((b, v)), map, at);
    }
    for v in a.3 {
        let removed = noted.get(v.name.as_str()).is_some_and(|part| part.new.is_none());
        if removed {
            variant(out, Some((a, v)), None, map, at);
        }
    }
    let variants = if unchanged == 1 { "variant" } else { "variants" };
    if unchanged > 0 {
        put!(out, "<p class=\"variant\">{} {variants} as before</p>\n", count(unchanged));
    }
}

fn variant(
    out: &mut String,
    a: Option<(Enum<'_>, &Variant)>,
    b: Option<(Enum<'_>, &Variant)>,
    map: &TypeMap,
    at: usize,
) {
    let Some(named) = b.or(a).map(|(_, v)| v.name.as_str()) else { return };
    let number = |side: Option<(Enum<'_>, &Variant)>| match side {
        Some((_, v)) => format!("{} = {}", v.name, v.discriminant),
        None => "—".to_owned(),
    };
    let own = format!(".{named}");
    let part_at = map.parts.iter().position(|part| part.segment == own);
    let id = |side| part_at.map(|part| format!(" id=\"m{at}{side}{part}\"")).unwrap_or_default();
    let told = part_at
        .and_then(|at| map.parts[at].change)
        .map(|(reason, class)| format!(" <span class=\"badge {class}\">{}</span>", reason.code()));
    put!(
        out,
        "<p class=\"variant\"><code{}>{}</code> → <code{}>{}</code>{}</p>\n",
        id('o'),
        Text(number(a)),
        id('n'),
        Text(number(b)),
        told.unwrap_or_default()
    );
    if a.into_iter().chain(b).all(|(_, v)| v.fields.is_empty()) {
        return;
    }
    let prefix = format!(".{named}");
    let old = a.map(|((layout, ty, tag, _), v)| Side {
        layout,
        ty,
        fields: &v.fields,
        tag: Some(tag),
        letter: 'o',
        prefix: &prefix,
    });
    let new = b.map(|((layout, ty, tag, _), v)| Side {
        layout,
        ty,
        fields: &v.fields,
        tag: Some(tag),
        letter: 'n',
        prefix: &prefix,
    });
    pair(out, old.as_ref(), new.as_ref(), map, at);
}

fn pair(out: &mut String, old: Option<&Side<'_>>, new: Option<&Side<'_>>, map: &TypeMap, at: usize) {
    // What is smaller than a line takes the whole width, for its names.
    let bytes_max = old.into_iter().chain(new).map(|side| side.ty.size).max().unwrap_or(LINE);
    let columns = [8, 16, 32].into_iter().find(|columns| bytes_max <= *columns).unwrap_or(LINE);
    let byte = SIDE / columns as f64;
    let prepared =
        [(old, OLD_X), (new, NEW_X)].map(|(side, x)| side.map(|side| Drawn::new(side, x, byte, map)));
    let tallest = prepared.iter().flatten().map(Drawn::height).fold(ROW, f64::max);
    let total = TOP + tallest + 4.0;
    put!(
        out,
        "<svg class=\"bytes\" viewBox=\"0 0 {WIDTH} {total}\" role=\"img\" aria-label=\"memory of {}, old and new\">\n",
        Text(&map.path)
    );
    // A link needs a box on the other side that is drawn.
    let boxes = prepared.each_ref().map(|side| side.as_ref().map(Drawn::boxes).unwrap_or_default());
    ribbons(out, &boxes[0], &boxes[1], map);
    for (which, side) in prepared.iter().enumerate() {
        if let Some(side) = side {
            side.draw(out, &boxes[1 - which], at);
        }
    }
    out.push_str("</svg>\n");
}

fn ribbons(out: &mut String, old: &Boxes, new: &Boxes, map: &TypeMap) {
    let (from, to) = (OLD_X + SIDE, OLD_X + SIDE + RIBBONS);
    let middle = (from + to) / 2.0;
    for (at, part) in map.parts.iter().enumerate() {
        let (Some(y), Some(end)) = (old.get(&at), new.get(&at)) else { continue };
        let moved = part.old.as_ref().map(|p| p.offset) != part.new.as_ref().map(|p| p.offset);
        let look = match part.change {
            Some((_, class)) => format!("ribbon {class}"),
            None if moved => "ribbon".to_owned(),
            None => continue,
        };
        put!(
            out,
            "<path class=\"{look}\" d=\"M{from} {y:.1}C{middle} {y:.1} {middle} {end:.1} {to} {end:.1}\"/>\n"
        );
    }
}
