use resume_core::ShmSafe;

macro_rules! unit {
    ($($name:ident $repr:tt),*) => {$(
        #[derive(ShmSafe, Clone, Copy)]
        #[repr($repr)]
        enum $name {
            A,
            B = 5,
            C,
        }
        let _ = ($name::A, $name::B, $name::C);
        assert_eq!($name::DESC.size as usize, size_of::<$name>());
    )*};
}

#[derive(ShmSafe)]
#[repr(u8)]
enum One {
    Only = u8::MAX,
}

fn main() {
    unit!(U8 u8, U16 u16, U32 u32, U64 u64, I8 i8, I16 i16, I32 i32, I64 i64, Int C);
    assert_eq!(One::DESC.size, 1);
    let _ = One::Only;
}
