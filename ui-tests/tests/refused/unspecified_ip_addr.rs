use resume_core::ShmSafe;
use std::net::IpAddr;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    from: IpAddr,
}

fn main() {}
