//! Layouts written as text, for tests: `Player { hp: u32, items: StaticVec<u64, 8> }`.
//!
//! The first definition is the root. `enum Name: u8 { A = 0, B { x: u32 } = 1 }` is a data enum in the
//! layout of `repr(C, u8)`. `align(64) Name { … }` aligns. `new@old` declares a rename, of a field or a type;
//! `name!: type` declares reserved space. Containers have the parts of the real ones as far as
//! readers of descriptors tell them apart.

use std::collections::HashMap;

use resume_core::layout::{Draft, Field, Layout, Marks, Prim, Role, Shape, Variant, align_up};

struct Schema<'a> {
    definitions: HashMap<&'a str, Definition<'a>>,
    drafts: Vec<Draft>,
    index: HashMap<String, usize>,
}

#[derive(Clone, Copy)]
struct Definition<'a> {
    tag: Option<&'a str>,
    align: u64,
    renamed_from: Option<&'a str>,
    body: &'a str,
}

/// Reads a schema. Panics where it is wrong: it is part of a test.
pub(crate) fn layout(text: &str) -> Layout {
    let mut definitions = HashMap::new();
    let mut root = None;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (head, tail) = rest.split_once('{').expect("a body");
        let end = matching(tail);
        let mut head = head.trim();
        let mut align = 1;
        if let Some((asked, name)) = head.strip_prefix("align(").and_then(|h| h.split_once(')')) {
            align = asked.parse().expect("an alignment");
            head = name.trim();
        }
        let (name, tag) = match head.strip_prefix("enum ").map(|h| h.split_once(':').expect("a tag")) {
            Some((name, tag)) => (name.trim(), Some(tag.trim())),
            None => (head, None),
        };
        let (name, renamed_from) = declared(name);
        root.get_or_insert(name);
        definitions.insert(name, Definition { tag, align, renamed_from, body: &tail[..end] });
        rest = tail[end + 1..].trim();
    }
    let mut schema = Schema { definitions, drafts: Vec::new(), index: HashMap::new() };
    schema.ty(root.expect("a root"));
    Layout::new(schema.drafts).expect("a layout")
}

/// `new@old`.
fn declared(name: &str) -> (&str, Option<&str>) {
    name.split_once('@').map_or((name, None), |(new, old)| (new, Some(old)))
}

/// The end of what a `{` opened.
fn matching(text: &str) -> usize {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        if depth == 0 {
            return at;
        }
    }
    panic!("no closing brace in {text}");
}

/// Splits at commas that no bracket encloses.
fn list(text: &str) -> Vec<&str> {
    let (mut items, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '<' | '{' | '[' => depth += 1,
            '>' | '}' | ']' => depth -= 1,
            ',' if depth == 0 => {
                items.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(text[start..].trim());
    items.retain(|item| !item.is_empty());
    items
}

impl Schema<'_> {
    fn add(&mut self, name: &str) -> usize {
        let draft = Draft {
            name: name.to_owned(),
            renamed_from: None,
            shape: Shape::Struct { fields: Vec::new() },
            size: 0,
            align: 1,
            claim: None,
        };
        self.drafts.push(draft);
        self.index.insert(name.to_owned(), self.drafts.len() - 1);
        self.drafts.len() - 1
    }

    fn ty(&mut self, text: &str) -> usize {
        let text = text.trim();
        let name = text.replace(']', ">").replace('[', "[]<").replace(';', ",");
        if let Some(index) = self.index.get(&name) {
            return *index;
        }
        let index = self.add(&name);
        let (shape, size, align) = if let Some(definition) = self.definitions.get(text).copied() {
            self.drafts[index].renamed_from = definition.renamed_from.map(str::to_owned);
            self.definition(definition)
        } else if let Some(array) = text.strip_prefix('[') {
            let (elem, len) = array.trim_end_matches(']').rsplit_once(';').expect("a length");
            self.array(elem, len.trim().parse().expect("a length"))
        } else if let Some((base, args)) = text.split_once('<') {
            self.generic(base, &list(args.strip_suffix('>').expect("a closing >")))
        } else {
            scalar(text)
        };
        (self.drafts[index].shape, self.drafts[index].size, self.drafts[index].align) = (shape, size, align);
        index
    }

    fn array(&mut self, elem: &str, len: u64) -> (Shape, u64, u64) {
        let elem = self.ty(elem);
        let (size, align) = (self.drafts[elem].size, self.drafts[elem].align);
        (Shape::Array { elem, len }, size * len, align)
    }

    /// Fields in C layout from `start` on; with the end and the alignment.
    fn fields(&mut self, fields: &[(String, String)], start: u64) -> (Vec<Field>, u64, u64) {
        let (mut out, mut end, mut align_max) = (Vec::new(), start, 1);
        for (name, ty) in fields {
            let ty = self.ty(ty);
            let (size, align) = (self.drafts[ty].size, self.drafts[ty].align);
            let offset = align_up(end, align);
            let (name, reserved) = name.strip_suffix('!').map_or((name.as_str(), false), |name| (name, true));
            let (name, renamed_from) = declared(name);
            let marks = Marks { renamed_from: renamed_from.map(str::to_owned), reserved, ..Marks::default() };
            out.push(Field { name: name.to_owned(), offset, ty, marks });
            end = offset + size;
            align_max = align_max.max(align);
        }
        (out, end, align_max)
    }

    fn structure(&mut self, fields: &[(String, String)]) -> (Shape, u64, u64) {
        let (fields, end, align) = self.fields(fields, 0);
        (Shape::Struct { fields }, align_up(end, align), align)
    }

    fn definition(&mut self, of: Definition<'_>) -> (Shape, u64, u64) {
        let Some(tag) = of.tag else {
            let (fields, end, align) = self.fields(&named(of.body), 0);
            let align = align.max(of.align);
            return (Shape::Struct { fields }, align_up(end, align), align);
        };
        let Shape::Scalar { prim: tag, .. } = scalar(tag).0 else { panic!("a tag") };
        let (mut variants, mut end, mut align, mut next) = (Vec::new(), tag.size(), tag.size(), 0);
        for item in list(of.body) {
            let (head, number) = match item.rsplit_once('=') {
                Some((head, number)) => (head.trim(), number.trim().parse().expect("a discriminant")),
                None => (item, next),
            };
            let (name, body) = head.split_once('{').unwrap_or((head, "}"));
            let body = named(body.trim_end().strip_suffix('}').expect("a closing }"));
            // The payload's own alignment decides where it starts.
            let (_, _, payload) = self.fields(&body, 0);
            let (fields, fields_end, _) = self.fields(&body, align_up(tag.size(), payload));
            variants.push(Variant { name: name.trim().to_owned(), discriminant: number, fields });
            (end, align, next) = (end.max(fields_end), align.max(payload), number + 1);
        }
        (Shape::Enum { tag, variants }, align_up(end, align), align)
    }

    fn generic(&mut self, base: &str, args: &[&str]) -> (Shape, u64, u64) {
        let field = |name: &str, ty: String| (name.to_owned(), ty);
        let number = || -> u64 {
            args[usize::from(base == "StaticMap") + args.len().min(2) - 1].parse().expect("a capacity")
        };
        let mut all = vec![field("len", "u32".into())];
        let (role, elements) = match base {
            "Handle" => return (Shape::Handle { target: args[0].to_owned() }, 8, 4),
            "Cell" => return self.structure(&[field("0", args[0].to_owned())]),
            "Slot" => {
                return self.structure(&[field("word", "u64".into()), field("value", args[0].to_owned())]);
            }
            "Bucket" => {
                return self
                    .structure(&[field("key", args[0].to_owned()), field("value", args[1].to_owned())]);
            }
            "StaticVec" => (Role::Vec, field("elements", format!("[{}; {}]", args[0], number()))),
            "StaticString" => (Role::String, field("bytes", format!("[u8; {}]", number()))),
            "EventQueue" => (Role::EventQueue, field("events", format!("[{}; {}]", args[0], number()))),
            "Pool" => {
                all.push(field("phase", "u32".into()));
                (Role::Pool, field("slots", format!("[Slot<{}>; {}]", args[0], number())))
            }
            "StaticMap" => {
                all.push(field("control", format!("[u8; {}]", number())));
                let entries = format!("[Bucket<{}, {}>; {}]", args[0], args[1], args[2]);
                (Role::Map, field("buckets", entries))
            }
            other => panic!("no container named {other}"),
        };
        all.push(elements);
        let (fields, end, align) = self.fields(&all, 0);
        (Shape::Container { role, capacity: number(), fields }, align_up(end, align), align)
    }
}

/// `name: type` pairs.
fn named(body: &str) -> Vec<(String, String)> {
    let pair = |item: &str| {
        let (name, ty) = item.split_once(':').expect("name: type");
        (name.trim().to_owned(), ty.trim().to_owned())
    };
    list(body).into_iter().map(pair).collect()
}

fn scalar(name: &str) -> (Shape, u64, u64) {
    let prim = match name.trim_start_matches("Atomic").trim_start_matches("NonZero").to_lowercase().as_str() {
        "u8" => Prim::U8,
        "u16" => Prim::U16,
        "u32" => Prim::U32,
        "u64" => Prim::U64,
        "u128" => Prim::U128,
        "i8" => Prim::I8,
        "i32" => Prim::I32,
        "i64" => Prim::I64,
        "f32" => Prim::F32,
        "f64" => Prim::F64,
        "bool" => Prim::Bool,
        "char" => Prim::Char,
        other => panic!("no type named {other}"),
    };
    (Shape::Scalar { prim, non_zero: name.starts_with("NonZero") }, prim.size(), prim.size())
}
