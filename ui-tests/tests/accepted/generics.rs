use resume_core::ShmSafe;
use std::fmt::Debug;
use std::marker::PhantomData;

#[derive(ShmSafe)]
#[repr(C)]
struct Slots<T: Copy + Debug, const N: usize, const ON: bool = true>
where
    T: PartialEq,
    [T; N]: Sized,
{
    slots: [T; N],
    marker: PhantomData<[T; 3]>,
}

trait Rules: 'static {
    type Score;
}

#[derive(ShmSafe)]
#[repr(C)]
struct Match<R: Rules>
where
    R::Score: ShmSafe,
{
    score: R::Score,
    rules: PhantomData<R>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Arena;

impl Rules for Arena {
    type Score = i64;
}

#[derive(ShmSafe)]
#[repr(C)]
struct Signed<const AT: i8, const NAME: char>;

fn root<R: ShmSafe>() -> String {
    R::ID.to_string()
}

fn main() {
    assert_eq!(root::<Slots<u32, 8>>(), "Slots<u32, 8, 1>");
    assert_eq!(root::<Match<Arena>>(), "Match<Arena>");
    assert_eq!(root::<Signed<-3, 'a'>>(), "Signed<-3, 97>");
    assert_eq!(Match::<Arena>::DESC.size, 8);
}
