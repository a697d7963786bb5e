//! The logic on a real segment, with crashes: a panic leaves the segment as a dead process would.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use resume_core::pool::Handle;
use resume_core::root::{Context, Live, Options, Outcome};
use resume_core::{ShmDuration, ShmInstant, segment};

use super::{Audience, Incident, Notice, Rules, buffs, census, events, items, join};
use crate::server::{Env, Net};
use crate::state::{
    Command, Event, Item, Name, PLAYERS_MAX, Player, QUARANTINE_MAX, Refusal, SceneServer, Skill, Verdict,
    WINDOW,
};

/// A state of its own in shared memory, removed at the end.
struct World {
    options: Options,
    name: String,
    env: Env,
    live: Option<Live<SceneServer>>,
    told: Told,
}

/// What the audience was told.
#[derive(Default)]
struct Told {
    verdicts: Vec<(u64, Verdict)>,
    notices: Vec<Notice>,
}

impl Audience for Told {
    fn verdict(&mut self, _: Handle<Player>, sequence: u64, verdict: Verdict) {
        self.verdicts.push((sequence, verdict));
    }

    fn notice(&mut self, notice: Notice) {
        self.notices.push(notice);
    }
}

impl World {
    fn new() -> Self {
        // Tests run at the same time in one process, so each needs its own addresses.
        static WORLDS: AtomicU64 = AtomicU64::new(0);
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let name = format!("/scene-logic-{}-{number}", std::process::id());
        let options = Options::new(&name).base(0x6800_0000_0000 + (number << 30));
        let env = Env { rules: Rules::default(), net: Net::new(false).1 };
        let mut world = Self { options, name, env, live: None, told: Told::default() };
        assert!(matches!(world.open(), Outcome::Created));
        world
    }

    fn open(&mut self) -> Outcome {
        let opened = self.options.open_or_create(&mut self.env).unwrap();
        self.live = Some(opened.live);
        opened.outcome
    }

    fn with<T>(&mut self, f: impl FnOnce(&mut SceneServer, &Context) -> T) -> T {
        self.live.as_mut().unwrap().with(f)
    }

    fn join(&mut self, name: &str) -> Handle<Player> {
        self.with(|root, _| join::join(root, &Name::try_from(name).unwrap())).unwrap()
    }

    fn push(&mut self, player: Handle<Player>, sequence: u64, command: Command) {
        self.with(|root, _| root.events.push(Event { player, sequence, command }).unwrap());
    }

    fn run(&mut self) {
        let (live, rules) = (self.live.as_mut().unwrap(), &self.env.rules);
        live.with(|root, cx| events::run(root, rules, cx, &mut self.told));
    }

    /// Gives a player the next command, and the verdict.
    fn act(&mut self, player: Handle<Player>, command: Command) -> Verdict {
        let sequence = self.look(player, |p| p.session.settled) + 1;
        self.push(player, sequence, command);
        self.run();
        self.told.verdicts.last().unwrap().1
    }

    fn look<T>(&mut self, player: Handle<Player>, f: impl FnOnce(&Player) -> T) -> T {
        self.with(|root, _| f(root.players.get(player).unwrap()))
    }

    /// The process dies while it runs `f`; the next one opens.
    fn die_in(&mut self, f: impl FnOnce(&mut SceneServer)) -> Outcome {
        let died = catch_unwind(AssertUnwindSafe(|| {
            self.with(|root, _| {
                f(root);
                std::panic::resume_unwind(Box::new("the process dies"));
            })
        }));
        assert!(died.is_err());
        self.live = None;
        self.open()
    }

    fn violations(&mut self) -> Vec<String> {
        self.with(|root, _| census::census(root).violations())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.live = None;
        segment::remove(&self.name).unwrap();
    }
}

const STEP: Command = Command::Walk { dx: 3, dy: -4 };

#[test]
fn a_command_that_comes_again_is_answered_from_the_record() {
    let mut world = World::new();
    let ann = world.join("ann");
    for sequence in [1, 2, 1, 2, 2] {
        world.push(ann, sequence, STEP);
    }
    world.run();
    let applied = |sequence| (sequence, Verdict::Applied);
    assert_eq!(world.told.verdicts, [1, 2, 1, 2, 2].map(applied));
    assert_eq!(world.look(ann, |p| (p.position.x, p.position.y)), (6, -8));
    assert_eq!(world.look(ann, |p| p.audit.applied.iter().sum::<u64>()), 2);
}

#[test]
fn a_verdict_is_kept_for_a_window_of_commands() {
    let mut world = World::new();
    let ann = world.join("ann");
    let last = WINDOW as u64 + 1;
    (1..=last).chain([0, 1, 2]).for_each(|sequence| world.push(ann, sequence, STEP));
    world.run();
    let again = world.told.verdicts.split_off(last as usize);
    assert_eq!(again, [(0, Verdict::Unknown), (1, Verdict::Unknown), (2, Verdict::Applied)]);
    assert_eq!(world.look(ann, |p| p.position.x), 3 * last as i64);
}

#[test]
fn a_command_behind_a_gap_is_refused_and_not_recorded() {
    let mut world = World::new();
    let ann = world.join("ann");
    world.push(ann, 2, STEP);
    world.run();
    assert_eq!(world.told.verdicts, [(2, Verdict::Refused(Refusal::OutOfOrder))]);
    assert_eq!(world.look(ann, |p| (p.session.settled, p.position.x)), (0, 0));
    world.push(ann, 1, STEP);
    world.push(ann, 2, STEP);
    world.run();
    assert_eq!(world.look(ann, |p| (p.session.settled, p.position.x)), (2, 6));
}

#[test]
fn what_was_running_at_the_crash_is_set_aside_and_what_waited_runs() {
    let mut world = World::new();
    let ann = world.join("ann");
    (1..=3).for_each(|sequence| world.push(ann, sequence, STEP));
    let outcome = world.die_in(|root| {
        // Started, and not heard of again.
        assert_eq!(root.events.begin().unwrap().sequence, 1);
    });
    assert!(matches!(outcome, Outcome::ResumedAfterCrash(_)));
    world.run();
    assert_eq!(world.told.verdicts, [(2, Verdict::Applied), (3, Verdict::Applied)]);
    world.push(ann, 1, STEP);
    world.run();
    assert_eq!(world.told.verdicts.last(), Some(&(1, Verdict::Quarantined)));
    assert_eq!(world.look(ann, |p| p.position.x), 6);
    assert_eq!(world.with(|root, _| root.quarantine.iter().next().unwrap().event.sequence), 1);
}

#[test]
fn a_repetition_that_was_running_at_the_crash_keeps_its_verdict() {
    let mut world = World::new();
    let ann = world.join("ann");
    world.push(ann, 1, STEP);
    world.run();
    world.push(ann, 1, STEP);
    world.die_in(|root| assert!(root.events.begin().is_some()));
    world.push(ann, 1, STEP);
    world.run();
    assert_eq!(world.told.verdicts, [(1, Verdict::Applied), (1, Verdict::Applied)]);
    assert_eq!(world.look(ann, |p| p.position.x), 3);
}

#[test]
fn a_full_quarantine_lets_its_oldest_event_go() {
    let mut world = World::new();
    let ann = world.join("ann");
    for sequence in 1..=QUARANTINE_MAX as u64 + 1 {
        world.push(ann, sequence, STEP);
        world.with(|root, cx| {
            assert!(root.events.begin().is_some());
            events::set_aside(root, cx);
        });
    }
    let held =
        world.with(|root, _| root.quarantine.iter().map(|held| held.event.sequence).collect::<Vec<_>>());
    assert_eq!(held, (2..=QUARANTINE_MAX as u64 + 1).collect::<Vec<_>>());
    assert_eq!(world.act(ann, STEP), Verdict::Applied);
}

#[test]
fn a_trade_moves_gold_and_a_thing_or_nothing() {
    let mut world = World::new();
    let (ann, bob) = (world.join("ann"), world.join("bob"));
    let buy = |price| Command::Buy { seller: bob, item: Item::Gem, price };
    assert_eq!(world.act(ann, buy(10)), Verdict::Refused(Refusal::NoSuchItem));
    assert_eq!(world.act(bob, Command::PickUp { item: Item::Gem }), Verdict::Applied);
    assert_eq!(world.act(ann, buy(1_001)), Verdict::Refused(Refusal::TooPoor));
    assert_eq!(world.act(ann, buy(400)), Verdict::Applied);
    assert_eq!(world.look(ann, |p| (p.gold, items::carried(&p.inventory, Item::Gem))), (600, 1));
    assert_eq!(world.look(bob, |p| (p.gold, items::carried(&p.inventory, Item::Gem))), (1_400, 0));
    let sold = Notice { player: bob, what: Incident::Sold { price: 400 } };
    assert_eq!(world.told.notices, [sold]);
    assert_eq!(world.violations(), [""; 0]);
}

#[test]
fn a_spell_changes_two_players_by_the_same_damage() {
    let mut world = World::new();
    let (ann, bob) = (world.join("ann"), world.join("bob"));
    let cast = |skill, target| Command::Cast { skill, target };
    assert_eq!(world.act(ann, cast(Skill::Fireball, bob)), Verdict::Applied);
    assert_eq!(world.act(ann, cast(Skill::Fireball, bob)), Verdict::Refused(Refusal::NotReady));
    assert_eq!(world.act(ann, cast(Skill::Strike, ann)), Verdict::Refused(Refusal::OnlyOthers));
    let nobody = Handle::from_bits(bob.to_bits() + (1 << 32));
    assert_eq!(world.act(ann, cast(Skill::Strike, nobody)), Verdict::Refused(Refusal::NoSuchPlayer));
    assert_eq!(world.look(ann, |p| p.attributes.damage_dealt), 15);
    assert_eq!(world.look(bob, |p| (p.attributes.damage_taken, p.attributes.health)), (15, 85));
    assert_eq!(world.violations(), [""; 0]);
}

#[test]
fn a_defeated_player_starts_again() {
    let mut world = World::new();
    let (ann, bob) = (world.join("ann"), world.join("bob"));
    for _ in 0..17 {
        assert_eq!(world.act(ann, Command::Cast { skill: Skill::Strike, target: bob }), Verdict::Applied);
    }
    assert_eq!(world.look(bob, |p| (p.attributes.defeats, p.attributes.health)), (1, 100));
}

#[test]
fn things_are_carried_up_to_a_limit_and_used_up() {
    let mut world = World::new();
    let ann = world.join("ann");
    let item = Item::Potion;
    assert_eq!(world.act(ann, Command::Use { item }), Verdict::Refused(Refusal::NoSuchItem));
    for _ in 0..items::CARRIED_MAX {
        assert_eq!(world.act(ann, Command::PickUp { item }), Verdict::Applied);
    }
    assert_eq!(world.act(ann, Command::PickUp { item }), Verdict::Refused(Refusal::Full));
    assert_eq!(world.act(ann, Command::Use { item }), Verdict::Applied);
    assert_eq!(world.look(ann, |p| items::carried(&p.inventory, item)), items::CARRIED_MAX - 1);
    assert_eq!(world.violations(), [""; 0]);
}

#[test]
fn a_buff_that_runs_out_between_two_processes_is_undone_by_the_second() {
    let mut world = World::new();
    let ann = world.join("ann");
    let bless = |attack, lasts_ms| Command::Bless { attack, lasts: ShmDuration::from_millis(lasts_ms) };
    assert_eq!(world.act(ann, bless(3, 20)), Verdict::Applied);
    assert_eq!(world.act(ann, bless(4, 60_000)), Verdict::Applied);
    let attack = join::ATTACK_AT_START;
    assert_eq!(world.look(ann, |p| p.attributes.attack), attack + 7);
    let died = ShmInstant::now();
    world.die_in(|_| {});
    std::thread::sleep(Duration::from_millis(25));
    let (live, told) = (world.live.as_mut().unwrap(), &mut world.told);
    live.with(|root, cx| buffs::expire(root, cx, told));
    assert_eq!(world.look(ann, |p| p.attributes.attack), attack + 4);
    let ended = world.look(ann, |p| (p.audit.expired, p.audit.expiries[0]));
    assert_eq!((ended.0, ended.1.sequence), (1, 1));
    assert!(ended.1.due > died && ended.1.at >= ended.1.due);
    let told = Notice { player: ann, what: Incident::BuffEnded { sequence: 1 } };
    assert_eq!(world.told.notices, [told]);
    assert_eq!(world.violations(), [""; 0]);
}

#[test]
fn one_buff_too_many_is_refused() {
    let mut world = World::new();
    let ann = world.join("ann");
    let bless = Command::Bless { attack: 1, lasts: ShmDuration::from_secs(60) };
    for _ in 0..8 {
        assert_eq!(world.act(ann, bless), Verdict::Applied);
    }
    assert_eq!(world.act(ann, bless), Verdict::Refused(Refusal::Full));
    let forever = Command::Bless { attack: u32::MAX, lasts: ShmDuration::from_nanos(u64::MAX) };
    assert_eq!(world.act(ann, forever), Verdict::Refused(Refusal::Full));
    assert_eq!(world.violations(), [""; 0]);
}

#[test]
fn who_comes_back_is_found_and_a_full_world_says_so() {
    let mut world = World::new();
    let ann = world.join("ann");
    world.die_in(|_| {});
    assert_eq!(world.join("ann"), ann);
    for number in 1..PLAYERS_MAX {
        world.join(&number.to_string());
    }
    let one_more = world.with(|root, _| join::join(root, &Name::try_from("bob").unwrap()));
    assert_eq!(one_more, Err(Refusal::Full));
    assert_eq!(world.violations(), [""; 0]);
}

#[test]
fn the_census_sees_what_is_missing() {
    let mut world = World::new();
    let ann = world.join("ann");
    let spoil: [fn(&mut SceneServer, Handle<Player>); 4] = [
        |root, ann| root.players.get_mut(ann).unwrap().gold -= 1,
        |root, _| root.mint.items[1] += 1,
        |root, ann| root.players.get_mut(ann).unwrap().attributes.attack += 1,
        |root, ann| root.players.get_mut(ann).unwrap().attributes.damage_taken += 1,
    ];
    for (spoiled, spoil) in spoil.into_iter().enumerate() {
        world.with(|root, _| spoil(root, ann));
        assert_eq!(world.violations().len(), spoiled + 1);
    }
}
