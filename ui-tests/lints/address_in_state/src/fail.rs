//! Each of these stores an address in state.

use crate::state::*;
use resume_core::container::StaticVec;
use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;

pub fn cast(player: &mut Player, text: &str) {
    player.link = text.as_ptr() as u64; //~
}

pub fn cast_through_a_variable(player: &mut Player, text: &str) {
    let address = text.as_ptr() as usize;
    let wide = address as u64;
    player.link = wide; //~
}

pub fn arithmetic(player: &mut Player, text: &str) {
    let base = text as *const str as *const u8 as u64;
    player.link = base + 8 * player.id; //~
}

pub fn masked_up(player: &mut Player, text: &str) {
    let base = text.as_ptr() as u64;
    player.link = base & !4095; //~
}

pub fn addr(player: &mut Player, text: &str) {
    player.place.x = std::ptr::from_ref(text).addr(); //~
}

pub fn expose(player: &mut Player, text: &str) {
    player.place.y = text.as_ptr().expose_provenance(); //~
}

pub fn transmuted(player: &mut Player, text: &u8) {
    player.link = unsafe { std::mem::transmute::<&u8, u64>(text) }; //~
}

pub fn transmuted_to_an_array(player: &mut Player, text: &u8) {
    player.words = unsafe { std::mem::transmute::<[&u8; 4], [u64; 4]>([text; 4]) }; //~
}

pub fn function(player: &mut Player) {
    player.link = cast as *const () as u64; //~
}

pub fn function_pointer(player: &mut Player, logic: fn(u32) -> u32) {
    player.link = logic as usize as u64; //~
}

pub fn function_item(player: &mut Player) {
    player.link = cast as usize as u64; //~
}

pub fn non_null(shared: &mut Shared, text: &mut u8) {
    shared.maybe = std::num::NonZeroU64::new(std::ptr::NonNull::from(text).addr().get() as u64); //~
}

pub fn non_null_get(player: &mut Player, text: &mut u8) {
    player.place.x = std::ptr::NonNull::from(text).addr().get(); //~
}

pub fn aggregate(text: &str) -> Place {
    Place { x: text.as_ptr() as usize, y: 0 } //~
}

pub fn aggregate_update(text: &str, place: Place) -> Place {
    Place { y: text.as_ptr() as usize, ..place } //~
}

pub fn enum_variant(text: &str) -> Target {
    Target::At(text.as_ptr() as u64) //~
}

pub fn enum_struct_variant(text: &str) -> Target {
    Target::Named { key: 1, link: text.as_ptr() as u64 } //~
}

pub fn array_element(player: &mut Player, at: usize, text: &str) {
    player.words[at] = text.as_ptr() as u64; //~
}

pub fn through_a_reference(player: &mut Player, text: &str) {
    let link = &mut player.link;
    *link = text.as_ptr() as u64; //~
}

pub fn through_a_tuple(player: &mut Player, text: &str) {
    let pair = (1_u64, text.as_ptr() as u64);
    let (_, link) = pair;
    player.link = link; //~
}

pub fn through_a_struct(player: &mut Player, text: &str) {
    let scratch = Scratch { link: text.as_ptr() as u64 };
    player.link = scratch.link; //~
}

pub fn converted(player: &mut Player, text: &str) {
    let address = text.as_ptr() as usize;
    player.link = u64::try_from(address).unwrap_or(0); //~
}

pub fn from_into(player: &mut Player, text: &str) {
    let address = NonZeroUsize::new(text.as_ptr() as usize);
    player.place.x = address.map_or(0, NonZeroUsize::get); //~
}

pub fn question_mark(player: &mut Player, text: &str) -> Option<()> {
    let address = NonZeroUsize::new(text.as_ptr() as usize)?;
    player.place.x = address.get(); //~
    Some(())
}

pub fn atomic(shared: &Shared, text: &str) {
    shared.counter.store(text.as_ptr() as u64, Ordering::Relaxed); //~
}

pub fn cell(shared: &Shared, text: &str) {
    shared.cell.set(text.as_ptr() as u64); //~
}

pub fn replaced(player: &mut Player, text: &str) {
    let _ = std::mem::replace(&mut player.link, text.as_ptr() as u64); //~
}

pub fn in_a_transaction(player: &mut Player, text: &str) -> Result<(), resume_core::transaction::TransactionError<()>> {
    let link = text.as_ptr() as u64;
    resume_core::transaction(player, |player, tx| {
        tx.set(&mut player.link, link); //~
        *tx.edit(&mut player.id) = text.as_ptr() as u64; //~
        Ok(())
    })
}

pub fn container(all: &mut StaticVec<u64, 4>, text: &str) {
    let _ = all.push(text.as_ptr() as u64); //~
}

pub fn pool(pool: &mut resume_core::pool::Pool<u64, 4>, text: &str) {
    let _ = pool.insert(text.as_ptr() as u64); //~
}

pub fn reserved(pool: &mut resume_core::pool::Pool<u64, 4>, text: &str) {
    if let Ok(slot) = pool.reserve() {
        slot.commit(text.as_ptr() as u64); //~
    }
}

fn address_of(text: &str) -> u64 {
    text.as_ptr() as u64
}

pub fn given_back(player: &mut Player, text: &str) {
    player.link = address_of(text); //~
}

fn same(value: u64) -> u64 {
    value
}

pub fn passed_through(player: &mut Player, text: &str) {
    player.link = same(text.as_ptr() as u64); //~
}

fn set_link(player: &mut Player, link: u64) {
    player.link = link;
}

pub fn stored_by_a_function(player: &mut Player, text: &str) {
    set_link(player, text.as_ptr() as u64); //~
}

fn store(place: &mut u64, value: u64) {
    *place = value;
}

pub fn stored_through_a_function(player: &mut Player, text: &str) {
    store(&mut player.link, text.as_ptr() as u64); //~
}

impl Player {
    fn new(link: u64) -> Player {
        Player { id: 0, link, words: [0; 4], place: Place::default() }
    }
}

pub fn constructor(text: &str) -> Player {
    Player::new(text.as_ptr() as u64) //~
}

pub fn generic(state: &mut Generic<u64>, text: &str) {
    state.value = text.as_ptr() as u64; //~
}

pub fn in_a_closure(player: &mut Player, text: &str) {
    let mut set = || player.link = text.as_ptr() as u64; //~
    set();
}

pub fn in_a_loop(players: &mut [Player], text: &str) {
    let mut next = text.as_ptr() as u64;
    for player in players {
        player.link = next; //~
        next += 8;
    }
}

pub fn of_another_crate(scene: &mut state_crate::scene::Scene, text: &str) {
    scene.tag = text.as_ptr() as u64; //~
}

pub fn made_in_another_crate(player: &mut Player, text: &str) {
    player.link = state_crate::address_of(text) as u64; //~
}

pub fn stored_in_another_crate(scene: &mut state_crate::scene::Scene, text: &str) {
    scene.set_tag(text.as_ptr() as u64); //~
}

pub fn in_a_type_that_a_macro_makes(made: &mut Made, text: &str) {
    made.link = text.as_ptr() as u64; //~
}

pub fn in_a_generic_type_that_a_macro_makes(made: &mut deeper::MadeGeneric<u64>, text: &str) {
    *made = deeper::MadeGeneric::Link(text.as_ptr() as u64); //~
}
