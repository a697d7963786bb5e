//! Where the bytes are: containers by capacity, values by type, and padding.
//!
//! Every container is counted at its full capacity, as often as the root holds it, so a container within
//! the elements of another is part of that one's total.

use resume_core::layout::human::{bytes, count};
use resume_core::layout::names::readable;
use resume_core::layout::{Layout, Shape, Type};

/// How many containers are listed.
const ROWS_MAX: usize = 20;

/// One container of the layout.
struct Space {
    path: String,
    other_paths: u128,
    /// How many there are, from the outermost on; then the bytes of one.
    times: Vec<u64>,
    total: u128,
}

/// The table, or nothing for a layout without containers.
pub(super) fn render(layout: &Layout) -> String {
    let order = owners_first(layout);
    let instances = instances(layout, &order, |owner, times| times.saturating_mul(owner));
    let paths = instances_of_one(layout, &order);
    let mut spaces = Vec::new();
    let mut walk = Walk { layout, seen: vec![false; layout.types().len()], spaces: &mut spaces };
    walk.visit(0, &layout.root().name, &mut Vec::new());
    let found: Vec<usize> = spaces.iter().map(|(ty, _)| *ty).collect();
    let mut spaces: Vec<Space> = spaces.into_iter().map(|(_, space)| space).collect();
    for (space, ty) in spaces.iter_mut().zip(found) {
        space.total = instances[ty].saturating_mul(layout.ty(ty).size.into());
        space.other_paths = paths[ty].saturating_sub(1);
    }
    spaces.sort_by_key(|space| std::cmp::Reverse(space.total));
    let root = u128::from(layout.root().size);
    let mut out = String::new();
    if !spaces.is_empty() {
        out.push_str("\nspace by capacity\n");
    }
    let total_width = spaces.iter().take(ROWS_MAX).map(|s| human(s.total).len()).max().unwrap_or(0);
    for space in spaces.iter().take(ROWS_MAX) {
        let times: Vec<String> = space.times[..space.times.len() - 1].iter().map(|n| count(*n)).collect();
        let entry = space.times.last().copied().unwrap_or_default();
        let other = match space.other_paths {
            0 => String::new(),
            1 => ", and at 1 other path".to_owned(),
            n => format!(", and at {} other paths", count(u64::try_from(n).unwrap_or(u64::MAX))),
        };
        let (total, share) = (human(space.total), percent(space.total, root));
        let product = match times.is_empty() {
            true => bytes(entry),
            false => format!("{} × {}", times.join(" × "), bytes(entry)),
        };
        // Elements at all paths; what is beside them is links, control bytes, towers.
        let of_elements = space
            .times
            .iter()
            .fold(space.other_paths.saturating_add(1), |product, n| product.saturating_mul((*n).into()));
        let beside = match space.total.saturating_sub(of_elements) {
            beside if beside > space.total / 16 => format!(" + {} to find them", human(beside)),
            _ => String::new(),
        };
        out.push_str(&format!(
            "  {total:>total_width$}  {share:>7}  {}: {product}{beside}{other}\n",
            space.path
        ));
    }
    if spaces.len() > ROWS_MAX {
        out.push_str(&format!("  … and {} smaller containers\n", spaces.len() - ROWS_MAX));
    }
    out.push_str(&by_type(layout, &instances));
    out.push_str(&padding_by_type(layout, &instances));
    out.push_str(&super::order::render(layout, &order));
    out
}

fn human(number: u128) -> String {
    bytes(u64::try_from(number).unwrap_or(u64::MAX))
}

fn percent(part: u128, whole: u128) -> String {
    let tenths = part.saturating_mul(1000).checked_div(whole).unwrap_or(0);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// All types that the root reaches, each before its parts.
pub(super) fn owners_first(layout: &Layout) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = vec![false; layout.types().len()];
    let mut open = vec![(0, layout.root().shape.parts())];
    seen[0] = true;
    while let Some((index, parts)) = open.last_mut() {
        match parts.next() {
            Some(part) if seen[part] => {}
            Some(part) => {
                seen[part] = true;
                open.push((part, layout.ty(part).shape.parts()));
            }
            None => {
                order.push(*index);
                open.pop();
            }
        }
    }
    order.reverse();
    order
}

/// How many of each type one root holds, by `multiply(owner's count, length of an array)`.
fn instances(layout: &Layout, order: &[usize], multiply: impl Fn(u128, u128) -> u128) -> Vec<u128> {
    let mut instances = vec![0u128; layout.types().len()];
    instances[0] = 1;
    for &index in order {
        let times = match layout.ty(index).shape {
            Shape::Array { len, .. } => len.into(),
            _ => 1,
        };
        let of_parts = multiply(instances[index], times);
        for part in layout.ty(index).shape.parts() {
            instances[part] = instances[part].saturating_add(of_parts);
        }
    }
    instances
}

/// How many paths lead to each type: an array is one step.
fn instances_of_one(layout: &Layout, order: &[usize]) -> Vec<u128> {
    instances(layout, order, |owner, _| owner)
}

/// The named types by the bytes that all their values take.
fn by_type(layout: &Layout, instances: &[u128]) -> String {
    let named = |ty: &Type| matches!(ty.shape, Shape::Struct { .. } | Shape::Enum { .. });
    let of = |index: usize| layout.ty(index).size;
    let mut types: Vec<usize> = (1..instances.len()).filter(|i| named(layout.ty(*i)) && of(*i) > 0).collect();
    let total = |index: usize| instances[index].saturating_mul(of(index).into());
    types.retain(|index| instances[*index] > 1);
    types.sort_by_key(|index| (std::cmp::Reverse(total(*index)), &layout.ty(*index).name));
    table("space by type", layout, &types, |index| (instances[index], of(index)))
}

/// Bytes between and behind the fields of structs, by struct.
fn padding_by_type(layout: &Layout, instances: &[u128]) -> String {
    let of = |index: usize| {
        let ty = layout.ty(index);
        let Shape::Struct { fields } = &ty.shape else { return 0 };
        let used = fields.iter().fold(0u64, |sum, f| sum.saturating_add(layout.ty(f.ty).size));
        ty.size.saturating_sub(used)
    };
    let total = |index: usize| instances[index].saturating_mul(of(index).into());
    let mut types: Vec<usize> = (0..instances.len()).filter(|index| total(*index) > 0).collect();
    types.sort_by_key(|index| (std::cmp::Reverse(total(*index)), &layout.ty(*index).name));
    let all = types.iter().map(|index| total(*index)).fold(0, u128::saturating_add);
    let head =
        format!("padding in structs: {} ({})", human(all), percent(all, u128::from(layout.root().size)));
    table(&head, layout, &types, |index| (instances[index], of(index)))
}

/// How many types a table lists.
const TYPES_MAX: usize = 10;

/// A line each: total, share of the root, name, number and bytes of one.
fn table(head: &str, layout: &Layout, types: &[usize], of: impl Fn(usize) -> (u128, u64)) -> String {
    if types.is_empty() {
        return String::new();
    }
    let root = u128::from(layout.root().size);
    let total = |(times, each): (u128, u64)| times.saturating_mul(each.into());
    let shown = types.iter().take(TYPES_MAX);
    let width = shown.clone().map(|index| human(total(of(*index))).len()).max().unwrap_or(0);
    let mut out = format!("\n{head}\n");
    for &index in shown {
        let (times, each) = of(index);
        let total = total((times, each));
        out += &format!(
            "  {:>width$}  {:>7}  {}: {} × {}\n",
            human(total),
            percent(total, root),
            readable(&layout.ty(index).name),
            count(u64::try_from(times).unwrap_or(u64::MAX)),
            bytes(each)
        );
    }
    if types.len() > TYPES_MAX {
        out += &format!("  … and {} more types\n", types.len() - TYPES_MAX);
    }
    out
}

struct Walk<'a> {
    layout: &'a Layout,
    seen: Vec<bool>,
    spaces: &'a mut Vec<(usize, Space)>,
}

impl Walk<'_> {
    /// Finds containers, each type at the first path to it. `times` holds the lengths on the way.
    fn visit(&mut self, index: usize, path: &str, times: &mut Vec<u64>) {
        if std::mem::replace(&mut self.seen[index], true) {
            return;
        }
        let ty = self.layout.ty(index);
        match &ty.shape {
            Shape::Struct { fields } => {
                for field in fields {
                    self.visit(field.ty, &format!("{path}.{}", field.name), times);
                }
            }
            Shape::Enum { variants, .. } => {
                for variant in variants {
                    for field in &variant.fields {
                        self.visit(field.ty, &format!("{path}.{}.{}", variant.name, field.name), times);
                    }
                }
            }
            Shape::Array { .. } | Shape::Container { .. } => {
                let elements = self.layout.elements(ty);
                if let Shape::Container { .. } = &ty.shape {
                    let mut all = times.clone();
                    match elements.first() {
                        Some(first) => all.extend([first.len, first.stride]),
                        // A string, a bit set.
                        None => all.push(ty.size),
                    }
                    let space = Space { path: path.to_owned(), other_paths: 0, times: all, total: 0 };
                    self.spaces.push((index, space));
                }
                for element in elements {
                    times.push(element.len);
                    self.visit(element.ty, &format!("{path}{}", element.segment), times);
                    times.pop();
                }
            }
            _ => {}
        }
    }
}
