use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(usize)]
enum Wide {
    A,
    B,
}

#[derive(ShmSafe)]
#[repr(u8, align(16))]
enum Aligned {
    A,
    B,
}

#[derive(ShmSafe)]
enum Never {}

fn main() {}
