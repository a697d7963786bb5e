use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C, align(64))]
struct CacheLine {
    a: u8,
    b: u32,
}

#[derive(ShmSafe)]
#[repr(align(2))]
#[repr(C)]
#[repr(align(32))]
struct Twice(u8);

/// `align` below what the fields need changes nothing.
#[derive(ShmSafe)]
#[repr(C, align(1))]
struct Low {
    a: u64,
    line: CacheLine,
}

#[derive(ShmSafe)]
#[repr(C)]
struct ZeroSizedButAligned {
    a: u8,
    b: [u64; 0],
}

fn main() {
    assert_eq!((CacheLine::DESC.size, CacheLine::DESC.align), (64, 64));
    assert_eq!((Twice::DESC.size, Twice::DESC.align), (32, 32));
    assert_eq!((Low::DESC.size, Low::DESC.align), (128, 64));
    assert_eq!((ZeroSizedButAligned::DESC.size, ZeroSizedButAligned::DESC.align), (8, 8));
}
