use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct r#struct<r#type> {
    r#fn: u8,
    r#match: r#type,
    größe: u16,
}

#[derive(ShmSafe)]
#[repr(C, u8)]
enum r#enum {
    r#if { r#else: u32 },
    r#while,
}

fn main() {
    assert_eq!(<r#struct<r#enum>>::ID.to_string(), "struct<enum>");
    let _ = (r#enum::r#if { r#else: 1 }, r#enum::r#while);
}
