use resume_core::ShmSafe;
use std::net::TcpStream;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    client: TcpStream,
}

fn main() {}
