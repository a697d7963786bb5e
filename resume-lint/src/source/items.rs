//! State types, impls, exports and modules of one file.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{LineColumn, Span};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::{Declared, ImplInfo};
use crate::runtime;

/// What one file declares.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) state_types: BTreeSet<String>,
    pub(super) types: BTreeSet<String>,
    pub(super) impls: Vec<((u32, u32), ImplInfo)>,
    pub(super) exports: BTreeMap<String, String>,
    pub(super) modules: Vec<Declared>,
}

/// Collects from a file that is the module `path`.
pub(super) fn collect(file: &syn::File, path: &[String]) -> Items {
    let mut collector = Collector {
        items: Items::default(),
        path: path.to_vec(),
        file_depth: path.len(),
        state_trait_names: BTreeSet::from([runtime::STATE_TRAIT.to_owned()]),
        imports: BTreeMap::new(),
    };
    // Imports first: a derive may stand above the `use` that renames it.
    for item in &file.items {
        if let syn::Item::Use(item) = item {
            collector.imports(&item.tree, &mut Vec::new());
        }
    }
    collector.visit_file(file);
    collector.items
}

/// Names of the items of a file, nested ones left aside.
pub(super) fn root_names(file: &syn::File) -> Vec<String> {
    let ident = |item: &syn::Item| match item {
        syn::Item::Const(item) => Some(item.ident.clone()),
        syn::Item::Enum(item) => Some(item.ident.clone()),
        syn::Item::Fn(item) => Some(item.sig.ident.clone()),
        syn::Item::Mod(item) => Some(item.ident.clone()),
        syn::Item::Static(item) => Some(item.ident.clone()),
        syn::Item::Struct(item) => Some(item.ident.clone()),
        syn::Item::Trait(item) => Some(item.ident.clone()),
        syn::Item::Union(item) => Some(item.ident.clone()),
        _ => None,
    };
    file.items.iter().filter_map(ident).map(|ident| ident.to_string()).collect()
}

struct Collector {
    items: Items,
    /// Module and function names around.
    path: Vec<String>,
    file_depth: usize,
    /// Names under which the state trait and its derive are imported.
    state_trait_names: BTreeSet<String>,
    /// `use a::b::C as D`: `D` to `a::b::C`.
    imports: BTreeMap<String, String>,
}

/// Line and column from one, as rustc counts.
fn position(span: Span) -> (u32, u32) {
    let LineColumn { line, column } = span.start();
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).map_or(u32::MAX, |column| column + 1))
}

fn path_text(path: &syn::Path) -> String {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>().join("::")
}

fn last(path: &syn::Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

/// The last segment of a nominal type.
fn type_name(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Path(path) => last(&path.path),
        syn::Type::Paren(inner) => type_name(&inner.elem),
        syn::Type::Group(inner) => type_name(&inner.elem),
        _ => "*".to_owned(),
    }
}

impl Collector {
    fn within(&self, name: &str) -> String {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        path.join("::")
    }

    /// A path as the user wrote it, from the crate's root; paths that start elsewhere stay as they are.
    fn absolute(&self, path: &str) -> String {
        let mut module = self.path.clone();
        let mut segments: Vec<&str> = path.split("::").collect();
        if let Some(imported) = self.imports.get(segments[0])
            && segments.len() == 1
        {
            return self.absolute(&imported.clone());
        }
        match segments[0] {
            "crate" => return segments[1..].join("::"),
            "self" => segments = segments[1..].to_vec(),
            "super" => {
                while segments.first() == Some(&"super") {
                    module.pop();
                    segments.remove(0);
                }
            }
            _ if segments.len() > 1 => return path.to_owned(),
            _ => {}
        }
        module.extend(segments.iter().map(|segment| (*segment).to_owned()));
        module.join("::")
    }

    fn imports(&mut self, tree: &syn::UseTree, prefix: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.imports(&path.tree, prefix);
                prefix.pop();
            }
            syn::UseTree::Name(name) => {
                let target = [prefix.as_slice(), &[name.ident.to_string()]].concat();
                if target.len() > 1 {
                    self.imports.insert(name.ident.to_string(), target.join("::"));
                }
            }
            syn::UseTree::Rename(rename) => {
                if rename.ident == runtime::STATE_TRAIT {
                    self.state_trait_names.insert(rename.rename.to_string());
                }
                let target = [prefix.as_slice(), &[rename.ident.to_string()]].concat().join("::");
                self.imports.insert(rename.rename.to_string(), target);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.imports(tree, prefix)),
            syn::UseTree::Glob(_) => {}
        }
    }

    fn exports(&mut self, tree: &syn::UseTree, prefix: &mut Vec<String>) {
        let mut export = |name: &str, target: &[String]| {
            let mut target = target.to_vec();
            if target.first().is_some_and(|first| first == "crate") {
                target[0] = "crate".to_owned();
            }
            let name = self.within(name);
            self.items.exports.insert(name, target.join("::"));
        };
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.exports(&path.tree, prefix);
                prefix.pop();
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                if let Some(module) = prefix.last() {
                    export(&module.clone(), prefix);
                }
            }
            syn::UseTree::Name(name) => {
                let name = name.ident.to_string();
                export(&name, &[prefix.as_slice(), std::slice::from_ref(&name)].concat());
            }
            syn::UseTree::Rename(rename) => {
                let mut target = prefix.clone();
                if rename.ident != "self" {
                    target.push(rename.ident.to_string());
                }
                export(&rename.rename.to_string(), &target);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.exports(tree, prefix)),
            syn::UseTree::Glob(_) => export("*", prefix),
        }
    }

    /// Traits derived by attributes: each is an impl at the place of its name.
    fn derives(&mut self, attributes: &[syn::Attribute], ident: &syn::Ident) {
        self.items.types.insert(ident.to_string());
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
            let list = syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated;
            let Ok(traits) = attribute.parse_args_with(list) else { continue };
            for path in traits {
                let name = last(&path);
                if self.state_trait_names.contains(&name) {
                    let ty = self.within(&ident.to_string());
                    self.items.state_types.insert(ty);
                }
                let info = ImplInfo { self_ty: ident.to_string(), trait_name: Some(name) };
                self.items.impls.push((position(path.span()), info));
            }
        }
    }

    fn nested(&mut self, name: String, visit: impl FnOnce(&mut Self)) {
        self.path.push(name);
        visit(self);
        self.path.pop();
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.derives(&item.attrs, &item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.derives(&item.attrs, &item.ident);
    }

    fn visit_item_union(&mut self, item: &'ast syn::ItemUnion) {
        self.derives(&item.attrs, &item.ident);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let start = item.unsafety.map_or(item.impl_token.span(), |token| token.span());
        let trait_name = item.trait_.as_ref().map(|(path, _)| last(path));
        let self_ty = type_name(&item.self_ty);
        if trait_name.as_ref().is_some_and(|name| self.state_trait_names.contains(name))
            && let syn::Type::Path(path) = &*item.self_ty
        {
            let ty = self.absolute(&path_text(&path.path));
            self.items.state_types.insert(ty);
        }
        self.items.impls.push((position(start), ImplInfo { self_ty, trait_name }));
        visit::visit_item_impl(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.content.is_some() {
            self.nested(item.ident.to_string(), |collector| visit::visit_item_mod(collector, item));
            return;
        }
        let path_attribute = item.attrs.iter().find(|attribute| attribute.path().is_ident("path"));
        let path_attribute = path_attribute.and_then(|attribute| match &attribute.meta {
            syn::Meta::NameValue(syn::MetaNameValue {
                value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(file), .. }),
                ..
            }) => Some(file.value()),
            _ => None,
        });
        let mut inline = self.path[self.file_depth..].to_vec();
        inline.push(item.ident.to_string());
        self.items.modules.push(Declared { inline, path_attribute });
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.nested(item.sig.ident.to_string(), |collector| visit::visit_item_fn(collector, item));
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if matches!(item.vis, syn::Visibility::Public(_)) {
            self.exports(&item.tree, &mut Vec::new());
        }
    }
}
