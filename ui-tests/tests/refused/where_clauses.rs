use resume_core::ShmSafe;

// A bound that cannot hold does not make it so.
#[derive(ShmSafe)]
#[repr(C)]
struct A(u8, String) //~ refused
where
    String: ShmSafe; //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct B(u8, String) //~ refused
where
    for<'a> String: ShmSafe;
#[derive(ShmSafe)]
#[repr(C)]
struct C(u8, &'static u8) //~ refused
where
    for<'a> &'static u8: ShmSafe;
#[derive(ShmSafe)]
#[repr(C)]
struct D(u8, NotDerived) //~ refused
where
    for<'a> NotDerived: ShmSafe;
struct NotDerived(u8);

fn main() {}
