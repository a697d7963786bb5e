//! The few types of the runtime that the lints recognise, for the canary.
#![allow(dead_code)]

pub unsafe trait ShmSafe {}

pub mod pool {
    pub struct Pool<T, const N: usize>([Option<T>; N]);
    pub struct Reserved<'p, T, const N: usize>(&'p mut Pool<T, N>);
    pub struct PoolFull;
    impl<T, const N: usize> Pool<T, N> {
        pub fn reserve(&mut self) -> Result<Reserved<'_, T, N>, PoolFull> {
            Ok(Reserved(self))
        }
    }
    impl<T, const N: usize> Reserved<'_, T, N> {
        pub fn commit(self, value: T) {
            self.0.0[0] = Some(value);
        }
    }
    impl<T, const N: usize> Drop for Reserved<'_, T, N> {
        fn drop(&mut self) {}
    }
}

pub mod event {
    pub struct EventQueue<E, const N: usize>([Option<E>; N]);
    impl<E, const N: usize> EventQueue<E, N> {
        pub fn peek(&self) -> Option<&E> {
            self.0[0].as_ref()
        }
        pub fn skip(&mut self) -> Option<E> {
            self.0[0].take()
        }
    }
}
