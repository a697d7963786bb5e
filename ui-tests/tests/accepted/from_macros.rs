//! Types whose tokens come from macros, with the hygiene of each.
use resume_core::ShmSafe;

macro_rules! ty {
    ($t:ty) => { $t };
}

macro_rules! state {
    ($name:ident { $($field:ident: $ty:ty),* }) => {
        #[derive(ShmSafe)]
        #[repr(C)]
        struct $name {
            hidden: u8,
            $($field: $ty,)*
            list: ty!([u8; 3]),
        }
    };
}

macro_rules! outer {
    ($repr:meta, $n:expr, $ty:ty) => {
        state!(Player { hidden_: u16, level: $ty });

        #[derive(ShmSafe)]
        #[$repr]
        enum State {
            A = $n,
            B(),
        }
    };
}

outer!(repr(i16), 2 + 1, [u32; { 1 + 1 }]);

fn main() {
    assert_eq!(Player::DESC.size, 16);
    assert_eq!(State::DESC.size, 2);

    #[derive(ShmSafe)]
    #[repr(C)]
    struct Local<T> {
        player: Player,
        value: T,
    }
    assert_eq!(Local::<State>::DESC.size, 20);
}
