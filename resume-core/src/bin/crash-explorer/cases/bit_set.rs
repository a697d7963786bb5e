//! `BitSet`.

use std::collections::BTreeSet;

use resume_core::container::BitSet;

use super::expect;
use crate::explore::{Case, Operation, Subject};

type Bits = BitSet<3>;

fn after(s: &Bits, change: impl FnOnce(&mut BTreeSet<usize>)) -> String {
    let mut model: BTreeSet<usize> = s.iter().collect();
    change(&mut model);
    format!("{} {model:?}", model.len())
}

fn others() -> Bits {
    let mut others = Bits::new();
    for number in (0..Bits::CAPACITY).step_by(3) {
        let _ = others.insert(number);
    }
    others
}

fn work_on(s: &mut Bits) -> Result<(), String> {
    for number in 0..Bits::CAPACITY {
        let was = s.contains(number);
        expect(s.insert(number) == Ok(!was), || format!("{number} was {was}, but insert differs"))?;
    }
    expect(s.len() == Bits::CAPACITY, || format!("all inserted, but len {}", s.len()))?;
    expect((0..Bits::CAPACITY).all(|n| s.remove(n)) && s.is_empty(), || "not empty after all".into())
}

pub(super) fn cases() -> Vec<Case> {
    Subject::<Bits> {
        name: "bit_set",
        starts: vec![
            ("empty", |_| {}),
            ("some", |s| (5..150).step_by(5).for_each(|n| _ = s.insert(n))),
            ("full", |s| (0..Bits::CAPACITY).for_each(|n| _ = s.insert(n))),
            ("emptied but for one", |s| {
                (0..Bits::CAPACITY).for_each(|n| _ = s.insert(n));
                (0..Bits::CAPACITY).filter(|n| *n != 65).for_each(|n| _ = s.remove(n));
            }),
        ],
        operations: vec![
            Operation::modelled("insert", |s| _ = s.insert(65), |s| after(s, |m| _ = m.insert(65))),
            Operation::modelled("insert(beyond)", |s| _ = s.insert(192), |s| after(s, |_| {})),
            Operation::modelled("remove", |s| _ = s.remove(65), |s| after(s, |m| _ = m.remove(&65))),
            Operation::modelled(
                "toggle",
                |s| _ = s.toggle(65),
                |s| after(s, |m| _ = m.remove(&65) || m.insert(65)),
            ),
            Operation::modelled("clear", |s| s.clear(), |s| after(s, |m| m.clear())),
            Operation::modelled(
                "union_with",
                |s| _ = s.union_with(&others()),
                |s| after(s, |m| m.extend((0..Bits::CAPACITY).step_by(3))),
            ),
            Operation::modelled(
                "intersect_with",
                |s| _ = s.intersect_with(&others()),
                |s| after(s, |m| m.retain(|n| n % 3 == 0)),
            ),
            Operation::modelled(
                "difference_with",
                |s| _ = s.difference_with(&others()),
                |s| after(s, |m| m.retain(|n| n % 3 != 0)),
            ),
        ],
        contents: |s| format!("{} {:?}", s.len(), s),
        work_on,
    }
    .cases()
}
