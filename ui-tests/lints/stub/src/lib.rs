//! Stands in for the runtime until it has these types: signatures only.
#![allow(missing_docs, dead_code, clippy::all)]

/// # Safety
/// See the runtime.
pub unsafe trait ShmSafe {}
unsafe impl ShmSafe for u64 {}

pub use event::EventQueue;
pub use pool::{Handle, Pool, PoolFull, Reserved};

pub struct Full<T>(pub T);

pub mod pool {
    use super::Full;
    use std::marker::PhantomData;
    pub struct Pool<T, const N: usize>([Option<T>; N]);
    pub struct Handle<T>(u64, PhantomData<T>);
    impl<T> Clone for Handle<T> {
        fn clone(&self) -> Self {
            *self
        }
    }
    impl<T> Copy for Handle<T> {}
    pub struct Reserved<'p, T, const N: usize>(&'p mut Pool<T, N>, usize);
    #[derive(Debug)]
    pub struct PoolFull;
    impl<T, const N: usize> Pool<T, N> {
        pub fn reserve(&mut self) -> Result<Reserved<'_, T, N>, PoolFull> {
            Ok(Reserved(self, 0))
        }
        pub fn insert(&mut self, value: T) -> Result<Handle<T>, Full<T>> {
            self.0[0] = Some(value);
            Ok(Handle(0, PhantomData))
        }
        pub fn get(&self, _: Handle<T>) -> Option<&T> {
            self.0[0].as_ref()
        }
        pub fn get_mut(&mut self, _: Handle<T>) -> Option<&mut T> {
            self.0[0].as_mut()
        }
        pub fn remove(&mut self, _: Handle<T>) -> Option<T> {
            self.0[0].take()
        }
    }
    impl<T, const N: usize> Reserved<'_, T, N> {
        pub fn commit(self, value: T) -> Handle<T> {
            self.0.0[self.1] = Some(value);
            Handle(0, PhantomData)
        }
        pub fn handle(&self) -> Handle<T> {
            Handle(0, PhantomData)
        }
    }
    impl<T, const N: usize> Drop for Reserved<'_, T, N> {
        fn drop(&mut self) {
            self.0.0[self.1] = None;
        }
    }
}

pub mod event {
    use super::Full;
    pub struct EventQueue<E, const N: usize>([Option<E>; N]);
    pub struct InFlight<E>(E);
    impl<E> std::ops::Deref for InFlight<E> {
        type Target = E;
        fn deref(&self) -> &E {
            &self.0
        }
    }
    pub struct EventId(u64);
    impl<E, const N: usize> EventQueue<E, N> {
        pub fn push(&mut self, event: E) -> Result<EventId, Full<E>> {
            self.0[0] = Some(event);
            Ok(EventId(0))
        }
        pub fn peek(&self) -> Option<&E> {
            self.0[0].as_ref()
        }
        pub fn iter(&self) -> impl Iterator<Item = &E> {
            self.0.iter().flatten()
        }
        pub fn begin(&mut self) -> Option<InFlight<E>> {
            self.0[0].take().map(InFlight)
        }
        pub fn finish(&mut self, _: InFlight<E>) {}
        pub fn skip(&mut self) -> Option<E> {
            self.0[0].take()
        }
    }
}

pub mod container {
    pub struct StaticVec<T, const N: usize>([Option<T>; N]);
    impl<T, const N: usize> StaticVec<T, N> {
        pub fn push(&mut self, value: T) -> Result<(), super::Full<T>> {
            self.0[0] = Some(value);
            Ok(())
        }
        pub fn get(&self, index: usize) -> Option<&T> {
            self.0[index].as_ref()
        }
        pub fn first(&self) -> Option<&T> {
            self.0[0].as_ref()
        }
        pub fn remove(&mut self, index: usize) -> Option<T> {
            self.0[index].take()
        }
        pub fn len(&self) -> usize {
            N
        }
    }
}
