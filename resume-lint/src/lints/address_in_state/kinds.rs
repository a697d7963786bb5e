//! Which types are addresses, and which can hold one.

use crate::mir::Ty;
use crate::names::{is_std, last_segment};

/// True for references, pointers, functions and what wraps exactly one of them.
pub(super) fn is_address(ty: &Ty) -> bool {
    match ty {
        Ty::Ref { .. } | Ty::Ptr(_) | Ty::FnPtr | Ty::FnItem(_) => true,
        Ty::Path { path, args } if is_std(path) => match last_segment(path) {
            "NonNull" | "Box" | "Unique" | "Rc" | "Arc" | "AtomicPtr" => true,
            "Option" | "Pin" => args.first().is_some_and(is_address),
            _ => false,
        },
        Ty::Tuple(items) => items.iter().any(is_address),
        _ => false,
    }
}

/// True for an address and for arrays of them.
pub(super) fn holds_address(ty: &Ty) -> bool {
    is_address(ty) || ty.element().is_some_and(holds_address)
}

/// True for integers, and arrays and tuples of them.
pub(super) fn is_integer_shaped(ty: &Ty) -> bool {
    match ty {
        Ty::Array(inner) => is_integer_shaped(inner),
        Ty::Tuple(items) => !items.is_empty() && items.iter().all(is_integer_shaped),
        Ty::Path { path, args } => {
            const INTEGERS: &[&str] = &[
                "usize",
                "isize",
                "u8",
                "u32",
                "u64",
                "u128",
                "i32",
                "i64",
                "i128",
                "NonZero",
                "AtomicUsize",
                "AtomicU64",
            ];
            INTEGERS.contains(&last_segment(path))
                || (is_std(path)
                    && last_segment(path) == "Option"
                    && args.first().is_some_and(is_integer_shaped))
        }
        _ => false,
    }
}

/// False for types too small to hold an address.
pub(super) fn can_hold(ty: &Ty) -> bool {
    !matches!(ty.path(), Some("bool" | "u8" | "i8" | "u16" | "i16" | "char" | "f32"))
}
