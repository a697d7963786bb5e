//! None of these stores an address in state.

use crate::state::*;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::Ordering;

pub fn plain(player: &mut Player, id: u64) {
    player.id = id;
    player.link = id + 1;
}

pub fn length(player: &mut Player, text: &str) {
    player.link = text.len() as u64;
}

pub fn difference(player: &mut Player, text: &str, part: &str) {
    player.place.x = part.as_ptr() as usize - text.as_ptr() as usize;
}

pub fn wrapping_difference(player: &mut Player, text: &str, part: &str) {
    player.place.x = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
}

pub fn offset(player: &mut Player, text: &[u8]) {
    let end = text.as_ptr_range().end;
    player.place.x = unsafe { end.offset_from(text.as_ptr()) } as usize;
}

pub fn alignment(player: &mut Player, text: &str) {
    player.place.x = text.as_ptr() as usize % 8;
    player.place.y = text.as_ptr() as usize & 7;
}

pub fn alignment_mask(player: &mut Player, text: &str, align: usize) {
    player.place.x = text.as_ptr() as usize & (align - 1);
}

pub fn compared(player: &mut Player, text: &str, other: &str) {
    player.link = u64::from(text.as_ptr() as usize == other.as_ptr() as usize);
    if text.as_ptr() as usize > 4096 {
        player.id = 1;
    }
}

pub fn not_state(scratch: &mut Scratch, text: &str) {
    scratch.link = text.as_ptr() as u64;
}

pub fn local_only(text: &str) -> bool {
    let place = text.as_ptr() as usize;
    place.is_power_of_two()
}

pub fn overwritten(player: &mut Player, text: &str) {
    let mut value = text.as_ptr() as u64;
    println!("{value:x}");
    value = 7;
    player.link = value;
}

pub fn discriminant(player: &mut Player, target: &Target) {
    let mut hasher = DefaultHasher::new();
    std::mem::discriminant(target).hash(&mut hasher);
    player.link = hasher.finish();
}

pub fn enum_as_integer(player: &mut Player, order: std::cmp::Ordering) {
    player.link = order as i8 as u64;
}

pub fn bits_of_a_float(player: &mut Player, value: f64) {
    player.link = value.to_bits();
    player.words[0] = unsafe { std::mem::transmute::<f64, u64>(value) };
}

pub fn pointee(player: &mut Player, value: *const u64) {
    player.link = unsafe { *value };
}

pub fn low_byte(player: &mut Player, text: &str) {
    player.link = u64::from(text.as_ptr() as usize as u8);
}

pub fn atomic(shared: &Shared, count: u64) {
    shared.counter.store(count, Ordering::Relaxed);
    shared.cell.set(shared.counter.load(Ordering::Relaxed));
}

fn tag(text: &str) -> u64 {
    (text.as_ptr() as usize % 16) as u64
}

pub fn given_back(player: &mut Player, text: &str) {
    player.link = tag(text);
}

pub fn other_field_of_a_tuple(player: &mut Player, text: &str) {
    let pair = (player.id, text.as_ptr() as u64);
    player.link = pair.0;
}

pub fn printed(player: &mut Player, text: &str) {
    println!("{:p} {:x}", text, text.as_ptr() as usize);
    player.id += 1;
}
