use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C, u8)]
enum Event {
    Idle,
    Say { text: String, to: u32 }, //~ refused
    Move(u32, (f32, f32)), //~ refused
    Call(fn()), //~ refused
}

fn main() {}
