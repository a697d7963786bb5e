use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Slot<T> {
    value: T,
}
#[derive(ShmSafe)]
#[repr(C)]
struct Bound<T>(u8, Vec<T>)
where
    Vec<T>: ShmSafe;
#[derive(ShmSafe)]
#[repr(C)]
struct Points<T: Rules>(u8, T::Score)
where
    T::Score: ShmSafe;
trait Rules: 'static {
    type Score;
}
#[derive(ShmSafe)]
#[repr(C)]
struct Arena;
impl Rules for Arena {
    type Score = &'static u8;
}
fn root<R: ShmSafe>() {}
fn of<R: ShmSafe>(_: R) {}
fn uses() {
    root::<Slot<Vec<u32>>>(); //~ refused
    root::<Slot<&'static str>>(); //~ refused
    root::<Slot<Slot<dyn Fn()>>>(); //~ refused
    root::<Bound<u8>>(); //~ refused
    root::<Points<Arena>>(); //~ refused
    root::<[Box<u8>; 0]>(); //~ refused
    let captured = 7;
    of(Slot { value: || captured }); //~ refused
    of(Slot { value: uses }); //~ refused
    of(async {}); //~ refused
    of([1_u8; 4].iter()); //~ refused
    let _ = <Slot<String> as ShmSafe>::DESC; //~ refused
}

fn main() {}
