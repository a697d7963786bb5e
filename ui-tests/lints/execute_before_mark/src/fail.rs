//! Each of these runs an event's logic before the event is marked.

use crate::world::*;
use resume_core::event::EventQueue;
use resume_core::container::StaticVec;

type Queue = EventQueue<Event, 8>;

pub fn by_reference(queue: &mut Queue) {
    if let Some(event) = queue.peek() {
        handle(event); //~
    }
    queue.skip();
}

pub fn copied(world: &mut World) {
    if let Some(event) = world.queue.peek().copied() {
        world.apply(&event); //~
        world.queue.skip();
    }
}

pub fn cloned(queue: &mut Queue) {
    let event = queue.peek().cloned();
    if let Some(event) = event {
        handle(&event); //~
    }
    queue.begin();
}

pub fn dereferenced(queue: &mut Queue) {
    let Some(event) = queue.peek() else { return };
    let event = *event;
    handle(&event); //~
    queue.skip();
}

pub fn field(queue: &mut Queue) {
    let Some(amount) = queue.peek().map(|event| event.amount) else { return };
    walk(amount); //~
    queue.skip();
}

pub fn destructured(world: &mut World) {
    match world.commands.peek().copied() {
        Some(Command::Move { steps }) => drop(walk(steps)), //~
        Some(Command::Stop) | None => {}
    }
    world.commands.skip();
}

pub fn state_changing_leaf(world: &mut World) {
    if let Some(event) = world.queue.peek().copied() {
        world.count(&event); //~
        world.queue.skip();
    }
}

pub fn in_a_loop(world: &mut World) {
    while let Some(event) = world.queue.peek().copied() {
        world.apply(&event); //~
        world.queue.skip();
    }
}

pub fn iterated(queue: &mut Queue) {
    for (_, event) in queue.iter() {
        handle(event); //~
    }
    while queue.skip().is_some() {}
}

pub fn iterated_by_callback(queue: &mut Queue) {
    let sum: u64 = queue.iter().map(|(_, event)| handle(event)).sum(); //~
    queue.skip();
}

pub fn by_callback(queue: &mut Queue) {
    queue.peek().map(handle); //~
    queue.skip();
}

pub fn by_pointer(queue: &mut Queue, logic: fn(&Event)) {
    if let Some(event) = queue.peek() {
        logic(event); //~
    }
    queue.skip();
}

pub fn by_trait_object(queue: &mut Queue, logic: &dyn Fn(&Event)) {
    if let Some(event) = queue.peek() {
        logic(event); //~
    }
    queue.skip();
}

pub fn marked_on_one_path(queue: &mut Queue, keep: bool) {
    if let Some(event) = queue.peek().copied() {
        handle(&event); //~
        if keep {
            return;
        }
        queue.skip();
    }
}

pub fn marked_in_a_function(world: &mut World) {
    if let Some(event) = world.queue.peek().copied() {
        world.apply(&event); //~
        world.done();
    }
}

pub fn consumed_elsewhere(queue: &mut Queue) {
    if let Some(event) = queue.begin() {
        queue.finish(event);
    }
    if let Some(next) = queue.peek() {
        handle(next); //~
    }
}

pub fn other_container(todo: &mut StaticVec<Event, 4>) {
    if let Some(event) = todo.first().copied() {
        handle(&event); //~
        todo.remove(0);
    }
}

pub fn other_container_by_index(todo: &mut StaticVec<Event, 4>) {
    if let Some(event) = todo.get(0) {
        handle(event); //~
    }
    todo.remove(0);
}

pub fn in_a_tuple(queue: &mut Queue) {
    let Some(event) = queue.peek().copied() else { return };
    let job = (event, 3_u64);
    handle(&job.0); //~
    queue.skip();
}
