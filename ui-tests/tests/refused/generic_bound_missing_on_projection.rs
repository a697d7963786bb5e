use resume_core::ShmSafe;

trait Rules: 'static {
    type Score;
}

#[derive(ShmSafe)]
#[repr(C)]
struct Match<R: Rules> {
    score: R::Score,
}

fn main() {}
