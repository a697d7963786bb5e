use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C, packed)]
struct Header {
    kind: u8,
    bytes: u32,
}

#[derive(ShmSafe)]
#[repr(C, packed(2))]
struct Other(u8, u32);

fn main() {}
