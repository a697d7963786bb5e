//! Each of these marks first, or does not run the event's logic.

use crate::world::*;
use resume_core::event::EventQueue;
use resume_core::container::StaticVec;

type Queue = EventQueue<Event, 8>;

pub fn begin_first(world: &mut World) {
    if let Some(event) = world.queue.begin() {
        world.apply(&event);
        world.queue.finish(event);
    }
}

pub fn begin_in_a_loop(world: &mut World) {
    while let Some(event) = world.queue.begin() {
        world.apply(&event);
        world.queue.finish(event);
    }
}

pub fn finish_first(world: &mut World) {
    if let Some(event) = world.queue.begin() {
        let copy = *event;
        world.queue.finish(event);
        world.apply(&copy);
    }
}

pub fn skip_first(queue: &mut Queue) {
    if let Some(event) = queue.skip() {
        handle(&event);
    }
}

pub fn marked_between(queue: &mut Queue) {
    if let Some(event) = queue.peek().copied() {
        queue.skip();
        handle(&event);
    }
}

pub fn looked_at(queue: &mut Queue) {
    let urgent = queue.peek().is_some_and(is_urgent);
    if urgent {
        queue.skip();
    }
}

pub fn logged(queue: &mut Queue) {
    if let Some(event) = queue.peek() {
        println!("next: {event:?}");
    }
    queue.skip();
}

pub fn peek_to_decide(world: &mut World) {
    while world.queue.peek().is_some() {
        let Some(event) = world.queue.begin() else { break };
        world.apply(&event);
        world.queue.finish(event);
    }
}

pub fn another_queue(queue: &mut Queue, other: &mut Queue) {
    if let Some(event) = queue.peek() {
        handle(event);
    }
    other.skip();
}

pub fn only_looks(queue: &Queue) -> u64 {
    queue.peek().map_or(0, handle)
}

pub fn logic_without_the_event(world: &mut World) {
    if world.queue.peek().is_some() {
        walk(3);
    }
    world.queue.skip();
}

pub fn not_the_head(todo: &mut StaticVec<Event, 4>, at: usize) {
    if let Some(event) = todo.get(at) {
        handle(event);
    }
    todo.remove(at);
}

pub fn entity(pool: &mut resume_core::pool::Pool<Event, 4>, handle_of: resume_core::pool::Handle<Event>) {
    if let Some(event) = pool.get(handle_of) {
        handle(event);
    }
    pool.remove(handle_of);
}

/// Not the runtime's queue.
pub fn of_std(todo: &mut std::collections::VecDeque<Event>) {
    if let Some(event) = todo.front().copied() {
        handle(&event);
        todo.pop_front();
    }
}
