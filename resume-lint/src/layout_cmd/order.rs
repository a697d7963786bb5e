//! Orders of fields that save padding.
//!
//! In C layout the size of a type is a multiple of its alignment, so fields sorted by falling alignment leave
//! no gap between them: no order is smaller. What that saves is measured at the root, with every size that
//! follows from it: a gap in the owner may swallow it.

use std::collections::HashSet;

use resume_core::layout::human::bytes;
use resume_core::layout::names::readable;
use resume_core::layout::{Field, Layout, Shape, align_up};

/// How many orders are suggested.
const SHOWN_MAX: usize = 5;

/// Above this product of types and candidates the arithmetic would take too long to wait for.
const WORK_MAX: usize = 20_000_000;

struct Order<'a> {
    name: &'a str,
    /// Bytes in one value.
    each: u64,
    /// Bytes in the root.
    total: u64,
    fields: Vec<&'a str>,
}

/// The suggestions, or nothing where there is nothing to save.
pub(super) fn render(layout: &Layout, owners_first: &[usize]) -> String {
    let mut orders = orders(layout, owners_first);
    orders.sort_by_key(|order| std::cmp::Reverse(order.total));
    if orders.is_empty() {
        return String::new();
    }
    let mut out = String::from("\nfield orders that save padding (each is a migratable change)\n");
    for Order { name, each, total, fields } in orders.iter().take(SHOWN_MAX) {
        out += &format!("  {}: {} less each, {} in the root\n", readable(name), bytes(*each), bytes(*total));
        let mut line = String::new();
        for (at, field) in fields.iter().enumerate() {
            let piece = if at + 1 < fields.len() { format!("{field}, ") } else { (*field).to_owned() };
            if line.chars().count() + piece.chars().count() > 90 {
                out += &format!("      {}\n", line.trim_end());
                line.clear();
            }
            line += &piece;
        }
        out += &format!("      {line}\n");
    }
    if orders.len() > SHOWN_MAX {
        out += &format!("  … and {} more types\n", orders.len() - SHOWN_MAX);
    }
    out
}

fn orders<'a>(layout: &'a Layout, owners_first: &[usize]) -> Vec<Order<'a>> {
    let mut found = Vec::new();
    let mut work = 0;
    for index in written(layout) {
        let ty = layout.ty(index);
        let Shape::Struct { fields } = &ty.shape else { continue };
        let used = fields.iter().fold(0u64, |sum, f| sum.saturating_add(layout.ty(f.ty).size));
        let least = align_up(used, ty.align);
        work += owners_first.len();
        if least >= ty.size || work > WORK_MAX {
            continue;
        }
        let root = sizes_with(layout, owners_first, index, least);
        let total = layout.root().size.saturating_sub(root);
        if total == 0 {
            continue;
        }
        let mut sorted: Vec<&Field> = fields.iter().collect();
        sorted.sort_by_key(|field| std::cmp::Reverse(layout.ty(field.ty).align));
        let fields = sorted.into_iter().map(|field| field.name.as_str()).collect();
        found.push(Order { name: &ty.name, each: ty.size - least, total, fields });
    }
    found
}

/// The types whose fields stand in the users' source, not inside of a container.
fn written(layout: &Layout) -> Vec<usize> {
    let (mut seen, mut reached, mut next) = (HashSet::from([0]), vec![0], 0);
    while next < reached.len() {
        let ty = layout.ty(reached[next]);
        let parts: Vec<usize> = match ty.shape {
            Shape::Container { .. } => layout.elements(ty).into_iter().map(|element| element.ty).collect(),
            _ => ty.shape.parts().collect(),
        };
        reached.extend(parts.into_iter().filter(|part| seen.insert(*part)));
        next += 1;
    }
    reached
}

/// The root's size if the type `changed` had another one.
fn sizes_with(layout: &Layout, owners_first: &[usize], changed: usize, size: u64) -> u64 {
    let mut sizes: Vec<u64> = layout.types().iter().map(|ty| ty.size).collect();
    let mut differs = vec![false; sizes.len()];
    (sizes[changed], differs[changed]) = (size, true);
    for &index in owners_first.iter().rev().filter(|index| **index != changed) {
        let ty = layout.ty(index);
        if !ty.shape.parts().any(|part| differs[part]) {
            continue;
        }
        let end_of = |fields: &[Field]| {
            let start = fields.iter().map(|f| f.offset).min().unwrap_or(0);
            let place =
                |end, field: &Field| align_up(end, layout.ty(field.ty).align).saturating_add(sizes[field.ty]);
            fields.iter().fold(start, place)
        };
        let end = match &ty.shape {
            Shape::Array { elem, len } => sizes[*elem].saturating_mul(*len),
            Shape::Struct { fields } | Shape::Container { fields, .. } => end_of(fields),
            Shape::Enum { tag, variants } => {
                variants.iter().map(|v| end_of(&v.fields)).max().unwrap_or(0).max(tag.size())
            }
            _ => ty.size,
        };
        let size = align_up(end, ty.align);
        differs[index] = size != ty.size;
        sizes[index] = size;
    }
    sizes[0]
}

#[cfg(test)]
mod tests {
    use super::super::schema::layout;
    use super::super::space::owners_first;
    use super::*;

    fn of(schema: &str) -> String {
        let layout = layout(schema);
        render(&layout, &owners_first(&layout))
    }

    #[test]
    fn an_order_is_suggested_where_it_saves_and_only_there() {
        let text = of("R { p: Pool<P, 1000> } P { a: u8, b: u64, c: u8, d: u32 }");
        assert_eq!(
            text,
            "\nfield orders that save padding (each is a migratable change)\n  P: 8 B less each, 8,000 B in the \
             root\n      b, d, a, c\n"
        );
        // The padding is at the end wherever the fields stand.
        assert_eq!(of("R { p: Pool<P, 1000> } P { b: u64, a: u8 }"), "");
        assert_eq!(of("R { p: Pool<P, 1000> } P { a: u8, b: u64 }"), "");
        // The owner's own gap swallows what its part saves.
        assert_eq!(of("R { p: P, x: u64 } P { a: u8, b: u16, c: u8, }"), "");
        assert!(of("R { p: P, x: u32 } P { a: u8, b: u32, c: u8, d: u8 }").contains("P: 4 B less each"));
    }

    /// What a suggestion says is what the layout of that order has.
    #[test]
    fn a_suggestion_comes_true() {
        let before = "R { a: StaticVec<P, 7>, e: E, n: [P; 3] } P { a: u8, b: u64, c: u16, d: u32, e: u8 } \
                      enum E: u8 { A, B { p: P }, C { x: u16 } }";
        let after =
            before.replace("a: u8, b: u64, c: u16, d: u32, e: u8", "b: u64, d: u32, c: u16, a: u8, e: u8");
        let (before, after) = (layout(before), layout(&after));
        let orders = orders(&before, &owners_first(&before));
        assert_eq!(orders.len(), 1);
        assert_eq!(orders[0].fields, ["b", "d", "c", "a", "e"]);
        assert_eq!(orders[0].total, before.root().size - after.root().size);
    }
}
