use core::num::{NonZeroU8, NonZeroU32};
use resume_core::{ShmOption, ShmSafe};

#[derive(ShmSafe)]
#[repr(u8)]
enum ZeroIsAValue {
    Idle,
    #[shm(default)] //~ refused
    Busy,
}

#[derive(ShmSafe)]
#[repr(u8)]
enum TwoBases {
    #[shm(default)]
    Idle = 1,
    #[shm(default)] //~ refused
    Busy = 2,
}

#[derive(ShmSafe)]
#[repr(u8)]
enum NoBaseInside {
    #[shm(default)] //~ refused
    Idle(NonZeroU8) = 1,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Values {
    #[shm(default = "ten")] //~ refused
    a: u32,
    #[shm(default = return)] //~ refused
    d: u32,
    #[shm(default = -1)] //~ refused
    e: u32,
    #[shm(default = None)] //~ refused
    h: ShmOption<u32>,
}

#[derive(ShmSafe)]
#[repr(u8)]
enum NotDefault {
    Idle = 1,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Reserved(#[shm(reserved, default = [1; 4])] [u8; 4]); //~ refused

mod roots {
    use super::{NonZeroU32, NotDefault, ShmSafe};

    #[derive(ShmSafe)]
    #[repr(C)]
    struct Slot {
        used: bool,
        owner: NonZeroU32,
    }

    #[derive(ShmSafe)]
    #[repr(C)]
    struct World {
        ticks: u64,
        grid: [[Slot; 4]; 4],
    }
    resume_core::root!(World); //~ refused

    #[derive(ShmSafe)]
    #[repr(C, u8)]
    #[allow(dead_code)]
    enum Mode {
        Lobby { phase: NotDefault },
        Other,
    }

    #[derive(ShmSafe)]
    #[repr(C)]
    struct Server {
        mode: Mode,
    }
    resume_core::root!(Server); //~ refused
}

fn main() {}
